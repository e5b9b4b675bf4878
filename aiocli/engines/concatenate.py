"""Writes one file or stream behind what was written before: as it is, or in part, decompressed and transformed.

Bytes that pass as they are take the copy engine's fast paths, parts of files too. Everything else goes block by block:
read, decompressed, cut, transformed, written; each block at once, so that nothing of a slow writer is held back.
"""

from __future__ import annotations

import os
from contextlib import aclosing
from typing import TYPE_CHECKING, NamedTuple

from aiocli.core.endpoint import Kind
from aiocli.engines.copy import FAST_PATHS, CopyJob, move
from aiocli.engines.copy.job import CHUNK_BYTES
from aiocli.engines.copy.kernel import enlarge_pipe

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from aiocli.core.endpoint import Endpoint
    from aiocli.core.events import OnBytes
    from aiocli.engines.decompress import Decompression, Format
    from aiocli.engines.ranges import Span
    from aiocli.engines.transform import Transformer

COMPRESSED_CHUNK_BYTES = 64 * 1024
"""Bytes decompressed at once: zlib takes 1.4 times as long with 256 KiB, as it gives back what it cannot take yet."""

DROPPED_BYTES = 8 * 1024 * 1024
"""Bytes written between two times that the page cache is asked to give them up."""


class CatJob(NamedTuple):
    """What is written, and how.

    Attributes:
        src: open for reading, borrowed; its offset counts as the beginning.
        dst: open for writing, borrowed.
        span: which part of src, decompressed; None is all of it.
        decompresses: compressed data are recognised and decompressed, others pass.
        transformer: changes the bytes, and remembers what it must from one file to the next; None leaves them.
        backend: named backend that a regular file's data must move through; None is auto.
        disabled: names of fast paths to leave out.
        leaves_cache: the page cache is to keep what it held of regular files, and nothing else.
        on_bytes: told of bytes that are read.
        bytes_behind: of other files that are written behind this one, at least.
    """

    src: Endpoint
    dst: Endpoint
    span: Span | None = None
    decompresses: bool = False
    transformer: Transformer | None = None
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    leaves_cache: bool = False
    on_bytes: OnBytes | None = None
    bytes_behind: int = 0

    @property
    def rereads_output(self) -> bool:
        """Whether src is the file that is written.

        Both may share one file offset, as after `exec 3<>file`: reading and writing by turns there does what GNU does.
        """
        return self.src.is_regular and self.src.is_same_file(self.dst)


class Outcome(NamedTuple):
    """How it went.

    Attributes:
        attempts: (strategy, why it gave up, or "" if it did it) in order.
        nbytes: written.
        remark: what else is to be known; may be empty.
        warning: something that is no failure, but was hardly meant so; may be empty.
    """

    attempts: tuple[tuple[str, str], ...]
    nbytes: int
    remark: str = ""
    warning: str = ""


async def concatenate(job: CatJob) -> Outcome:
    """Write what is asked for of one file.

    Raises:
        OutputError: the destination failed.
        OSError: the source failed; what could be read was written. A DataError, with a text and no errno, tells of
            compressed data that are no good.
        BackendUnavailable: the named backend does not work here; nothing was written.

    Leaves:
        The file offset of a regular source behind what was taken of it.
    """
    kind, head = await _recognise(job) if job.decompresses else (None, b"")
    src, end, span = job.src, None, job.span
    if span is not None and kind is None and not head:
        src, end, span = await _seek(job, span)
    if kind is not None or job.transformer is not None or span is not None or job.rereads_output:
        return await _Blocks(job, src, end, span, kind, head).send()
    if head:
        job.dst.write_all(head)
    copy = CopyJob(
        src,
        job.dst,
        end=end,
        backend=job.backend,
        disabled=job.disabled,
        leaves_cache=job.leaves_cache and (src.is_regular or job.dst.is_regular),
        on_bytes=job.on_bytes,
        bytes_behind=job.bytes_behind,
    )
    await move(copy)
    attempts = tuple((attempt.strategy, attempt.refusal) for attempt in copy.attempts)
    return Outcome(attempts, len(head) + copy.moved)


async def _recognise(job: CatJob) -> tuple[Format | None, bytes]:
    """Find out how a source is compressed, None if it is not; with what had to be taken out of it for that."""
    from aiocli.engines.decompress import HEAD_BYTES, may_become_known, recognise

    src = job.src
    if src.is_regular:
        from aiocli.engines.source import reader_at

        read_at = await reader_at(src, backend=job.backend, leaves_cache=job.leaves_cache)
        head = await read_at(HEAD_BYTES, src.offset or 0)
        return recognise(head, is_all=len(head) < HEAD_BYTES), b""
    head = b""
    while not head or may_become_known(head):
        data = src.read(HEAD_BYTES - len(head))
        if not data:
            return recognise(head, is_all=True), head
        head += data
    return recognise(head), head


async def _seek(job: CatJob, span: Span) -> tuple[Endpoint, int | None, Span | None]:
    """Go to the beginning of a span, if that is possible without giving anything out.

    Returns:
        The source, the offset in it where the span ends, and what is left to be cut out of what it gives.
    """
    from aiocli.engines.ranges import can_locate, locate

    src = job.src
    if can_locate(span, src):
        from aiocli.engines.source import reader_at

        read = await reader_at(src, backend=job.backend, leaves_cache=job.leaves_cache)
        start, end = await locate(span, src, read)
        return src.at(start), end, None
    if src.is_regular or span.is_lines or span.counts_from_end or job.transformer is not None:
        return src, None, span
    left = span.start if span.end is None else min(span.start, span.end)
    while left and (data := src.read(min(left, CHUNK_BYTES))):
        left -= len(data)
        if job.on_bytes is not None:
            job.on_bytes(len(data))
    # The facts about what is no regular file still tell the offset where it began.
    length = None if span.end is None else max(0, span.end - span.start)
    return src, None if length is None else (src.offset or 0) + length, None


class _Blocks:
    """What goes block by block.

    Args:
        job: what is wanted.
        src: where to read, at its beginning.
        end: offset in it to stop at; None is its end.
        span: what to cut out of what comes; None is all.
        kind: how it is compressed; None if it is not.
        head: what comes in front of what is read.
    """

    def __init__(
        self, job: CatJob, src: Endpoint, end: int | None, span: Span | None, kind: Format | None, head: bytes
    ) -> None:
        self._job = job
        self._src = src
        self._end = end
        self._span = span
        self._kind = kind
        self._head = head
        self._decompression: Decompression | None = None
        self._nread = self._written = self._undropped = 0

    async def send(self) -> Outcome:
        """Send everything."""
        if self._job.dst.kind is Kind.PIPE:
            enlarge_pipe(self._job.dst.fd)  # its reader works while the next block is made
        is_paired = self._send_in_pair()
        async with aclosing(self._blocks()) as blocks:
            await (self._send_all(blocks) if self._span is None else self._send_part(blocks, self._span))
        is_bound = self._job.backend is not None and self._src.is_regular
        if self._src.is_regular and (is_bound or self._job.leaves_cache):  # was read at offsets of our own
            os.lseek(self._src.fd, (self._src.offset or 0) + self._nread, os.SEEK_SET)
        attempts = (*((name, self._reason()) for name in FAST_PATHS), ("context" if is_bound else "blocks", ""))
        if self._decompression is None:
            return Outcome(attempts, self._written, "by two processes" if is_paired else "")
        remark = f"decompressed from {self._decompression.kind.name}"
        return Outcome(attempts, self._written, remark, self._decompression.warning)

    def _send_in_pair(self) -> bool:
        """Send what two processes can, up to an offset from which the rest goes on; return whether they could."""
        job, src, transformer = self._job, self._src, self._job.transformer
        is_plain = self._kind is None and self._span is None and not self._head
        if transformer is None or not is_plain or job.backend is not None or job.leaves_cache:
            return False
        from aiocli.engines import pair

        if pair.NAME in job.disabled or pair.refuses(src, transformer.transformation):
            return False
        end = src.size if self._end is None else min(self._end, src.size)
        self._src = src.at(pair.transform(src, end, transformer, self._pass_on))
        return self._src.offset != src.offset

    def _pass_on(self, data: bytes | memoryview, nread: int) -> None:
        """Write what was transformed, made of so many bytes."""
        self._write(data)
        if self._job.on_bytes is not None:
            self._job.on_bytes(nread)

    async def _send_all(self, blocks: AsyncIterator[bytes]) -> None:
        async for block in blocks:
            self._change(block)

    async def _send_part(self, blocks: AsyncIterator[bytes], span: Span) -> None:
        from aiocli.engines.decompress import DataError
        from aiocli.engines.ranges import cut

        part = cut(span)
        problem: DataError | None = None
        try:
            while not part.is_done and (block := await anext(blocks, b"")):
                for piece in part.feed(block):
                    self._change(bytes(piece))
        except DataError as error:
            problem = error
        for piece in part.finish():
            self._change(bytes(piece))
        if problem is not None:
            raise problem

    async def _blocks(self) -> AsyncGenerator[bytes]:
        """Yield what is read, decompressed if it is compressed."""
        async with aclosing(self._chunks()) as chunks:
            if self._kind is None:
                async for chunk in chunks:
                    yield chunk
                return
            from aiocli.engines.decompress import Decompression

            self._decompression = Decompression(self._kind, chunks)
            async with aclosing(self._decompression.blocks()) as blocks:
                async for block in blocks:
                    yield block

    async def _chunks(self) -> AsyncGenerator[bytes]:
        from aiocli.engines.source import chunks

        job = self._job
        source = chunks(
            self._src,
            backend=job.backend,
            chunk_size=self._chunk_size(),
            end=self._end,
            leaves_cache=job.leaves_cache,
        )
        if self._head:
            yield self._head
        async with aclosing(source):
            async for chunk in source:
                self._nread += len(chunk)
                if job.on_bytes is not None:
                    job.on_bytes(len(chunk))
                yield chunk

    def _chunk_size(self) -> int | None:
        """Return the bytes of one read; None leaves it to the way of reading."""
        if self._kind is not None:
            return COMPRESSED_CHUNK_BYTES
        if self._job.transformer is None:
            return None
        from aiocli.engines.transform import BLOCK_BYTES

        return BLOCK_BYTES

    def _change(self, data: bytes) -> None:
        """Write a block, transformed if that is wanted."""
        transformer = self._job.transformer
        self._write(data if transformer is None else transformer.feed(data))

    def _write(self, data: bytes | memoryview) -> None:
        job = self._job
        if not data:  # a full device refuses even that
            return
        job.dst.write_all(data)
        self._written += len(data)
        if job.leaves_cache and job.dst.is_regular:
            self._undropped += len(data)
            if self._undropped >= DROPPED_BYTES:
                from aiocli.core.dontcache import drop

                drop(job.dst.fd, os.lseek(job.dst.fd, 0, os.SEEK_CUR) - self._undropped, self._undropped)
                self._undropped = 0

    def _reason(self) -> str:
        """Say why no fast path was taken."""
        if self._kind is not None:
            return "the bytes are decompressed"
        if self._job.transformer is not None:
            return "the bytes are changed"
        if self._job.rereads_output:
            return "the file is read and written"
        return "only some of the bytes of a stream are wanted"
