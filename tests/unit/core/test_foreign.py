"""Contexts that callers bring, and file objects whose bytes are not a descriptor's."""

import asyncio
import errno
import gzip
import io
import lzma
import os
import socket
import tempfile
import zipfile

import caio
import pytest

from aiocli import AIOFile, async_open
from aiocli.core.foreign import has_descriptor, mode_of


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    return path


async def caio_contexts():
    import caio.python_aio_asyncio
    import caio.thread_aio_asyncio

    kinds = [caio.python_aio_asyncio.AsyncioContext, caio.thread_aio_asyncio.AsyncioContext]
    for name in ("linux_aio_asyncio", "linux_uring_asyncio"):
        try:
            module = __import__(f"caio.{name}", fromlist=["AsyncioContext"])
            kinds.append(module.AsyncioContext)
        except ImportError:
            continue
    return kinds


async def test_caios_own_contexts_serve_files_and_fail_with_os_errors(path):
    for kind in await caio_contexts():
        context = kind(loop=asyncio.get_running_loop())
        try:
            async with AIOFile(path, "rb+", context=context) as file:
                assert await file.read(3, 2) == b"234"
                assert await file.write(b"x" * 2_000_000, 10) == 2_000_000
                await file.fsync()
            assert path.stat().st_size == 2_000_010
            async with AIOFile(path, "rb+", context=context, sync=False) as file:
                with pytest.raises(OSError, match=r".") as caught:
                    await file.write(b"x", (1 << 63) - 2)
                assert caught.value.errno in {errno.EFBIG, errno.EINVAL}, kind
                assert caught.value.filename == str(path)
        finally:
            closing = context.close()
            if closing is not None:
                await closing
        path.write_bytes(b"0123456789")


async def test_error_of_a_context_that_is_no_errno_passes_through(path):
    class Broken(caio.AbstractContext):
        loop = None

        async def read(self, nbytes, fd, offset):
            raise ValueError("something else")

    async with AIOFile(path, "rb", context=Broken()) as file:
        with pytest.raises(ValueError, match="something else"):
            await file.read(1)


def test_objects_with_a_descriptor_of_their_own_are_told(path, tmp_path):
    with (
        path.open("r") as text,
        path.open("rb") as binary,
        path.open("rb", buffering=0) as raw,
        tempfile.NamedTemporaryFile() as named,
        gzip.open(tmp_path / "x.gz", "wb") as packed,
        lzma.open(tmp_path / "x.xz", "wb") as packed_too,
    ):
        assert all(map(has_descriptor, (text, binary, raw, named)))
        assert not any(map(has_descriptor, (packed, packed_too, io.BytesIO(), io.StringIO(), object())))
        assert [mode_of(fp) for fp in (text, binary, raw, io.BytesIO(), packed)] == ["r", "rb", "rb", "rb+", "wb"]


async def test_packed_file_is_written_through_its_object(tmp_path):
    with gzip.open(tmp_path / "new.gz", "wb") as packed:
        async with async_open(packed) as file:
            await file.write(b"one\n")
            await file.write(b"two\n")
    assert gzip.decompress((tmp_path / "new.gz").read_bytes()) == b"one\ntwo\n"


async def test_socket_file_is_read_as_it_comes():
    one, other = socket.socketpair()
    with one, other, other.makefile("rb") as stream:
        one.sendall(b"line\nrest")
        one.shutdown(socket.SHUT_WR)
        async with async_open(stream) as file:
            assert await file.readline() == b"line\n"
            assert await file.read() == b"rest"


async def test_memory_can_be_cut_extended_and_flushed():
    memory = io.BytesIO(b"0123456789")
    async with async_open(memory) as file:
        await file.truncate(3)
        await file.truncate(5)
        await file.flush()
        assert await file.read() == b"012\0\0"
    assert not memory.closed


async def test_end_of_memory_is_known():
    memory = io.BytesIO(b"0123456789")
    async with async_open(memory) as file:
        assert file.seek(-3, os.SEEK_END) == 7
        assert await file.read() == b"789"
        assert file.seek(0, os.SEEK_END) == 10
        await file.write(b"x")
    assert memory.getvalue() == b"0123456789x"


async def test_end_of_what_would_have_to_be_unpacked_is_unsupported(tmp_path):
    with gzip.open(tmp_path / "new.gz", "wb") as packed:
        packed.write(b"0123456789")
    with gzip.open(tmp_path / "new.gz") as packed:
        async with async_open(packed) as file:
            with pytest.raises(io.UnsupportedOperation):
                file.seek(0, os.SEEK_END)
            assert await file.read() == b"0123456789"


async def test_member_of_an_archive_is_binary_whatever_its_mode_says(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("member", b"\xff\r\n")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive, archive.open("member") as member:
        async with async_open(member) as file:
            assert await file.read() == b"\xff\r\n"


async def test_operations_on_an_object_do_not_mix(tmp_path):
    with gzip.open(tmp_path / "big.gz", "wb") as packed:
        packed.write(b"".join(b"%07d\n" % number for number in range(20_000)))
    with gzip.open(tmp_path / "big.gz") as packed:
        file = AIOFile.from_fp(packed)
        pieces = await asyncio.gather(*[file.read(8, 8 * number) for number in range(0, 20_000, 500)])
        await file.close()
    assert pieces == [b"%07d\n" % number for number in range(0, 20_000, 500)]


async def test_text_keeps_its_encoding_and_errors(path):
    path.write_bytes(b"caf\xe9 \xff\n")
    with open(path, encoding="ascii", errors="replace") as plain:
        async with async_open(plain) as file:
            assert (file.encoding, file.errors) == ("ascii", "replace")
            assert await file.read() == "caf\ufffd \ufffd\n"
