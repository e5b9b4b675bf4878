"""Memory that is not cleared: nobody sees what was in it."""

import asyncio

import pytest

from aiocli.core import blank
from aiocli.core.blank import blank_bytes
from aiocli.core.file import AIOFile
from tests.support.noise import noise

SIZES = [0, 1, 100, (1 << 16) - 1, 1 << 16, 300_000]


@pytest.mark.parametrize("size", SIZES)
def test_there_are_as_many_bytes_as_asked_for(size):
    data = blank_bytes(size)
    assert (type(data), len(data)) == (bytes, size)


def test_too_many_bytes_are_a_memory_error():
    with pytest.raises(MemoryError):
        blank_bytes(1 << 60)


@pytest.mark.parametrize("has_allocator", [True, False])
@pytest.mark.parametrize("size", SIZES)
async def test_reads_give_what_is_in_the_file_and_no_more(tmp_path, monkeypatch, size, has_allocator):
    if not has_allocator:
        monkeypatch.setattr(blank, "_allocator", lambda: bytes)
    path = tmp_path / "data"
    data = noise(size)
    path.write_bytes(data)
    async with AIOFile(path, "rb") as file:
        assert await file.read(size + 70_000) == data
        assert await file.read(1 << 20, size // 2) == data[size // 2 :]
        assert (
            await asyncio.gather(*(file.read(1 << 17, size // 3) for _ in range(5)))
            == [data[size // 3 : size // 3 + (1 << 17)]] * 5
        )
