"""Moves one file's data under the rules: goes on where an earlier copy stopped, and proves what was written."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Endpoint
from aiocli.core.errors import BackendUnavailable, OutputError
from aiocli.core.events import Digested, Explained, Note
from aiocli.engines.copy.destination import sync
from aiocli.engines.copy.job import DEPTH, CloneError, CopyJob
from aiocli.engines.copy.steps import CopyFailed, Step, Warn, failing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiocli.core.events import Event, OnBytes
    from aiocli.engines.copy.compare import Proof
    from aiocli.engines.copy.node import Node
    from aiocli.engines.copy.rules import CopyRules
    from aiocli.engines.copy.tap import BlockDigests, FileDigest, Tap


class DataCopy:
    """The data of one file on their way.

    Args:
        source: what is read.
        target: what is written.
        rules: how.
        on_event: told what was asked for.
        on_bytes: told of every move.
        mover: moves the bytes of a job.
    """

    def __init__(
        self,
        source: Node,
        target: Node,
        rules: CopyRules,
        *,
        on_event: Callable[[Event], None],
        on_bytes: OnBytes | None,
        mover: Callable[[CopyJob], Awaitable[object]],
    ) -> None:
        self.source = source
        self.target = target
        self.rules = rules
        self._on_event = on_event
        self._on_bytes = on_bytes
        self._mover = mover
        self._job: CopyJob | None = None
        self._start = time.monotonic()
        self._remarks: list[str] = []
        self._tap: Tap | None = None
        self._digests: list[FileDigest] = []
        self._blocks: BlockDigests | None = None

    async def copy(self, src_fd: int, dst_fd: int) -> None:
        """Move everything, and verify it if the rules have it so.

        Args:
            src_fd: open for reading, at its beginning.
            dst_fd: open for writing, and for reading if it is verified or holds what may be kept.

        Raises:
            CopyFailed: the data are not all there, or not what they should be.
            BackendUnavailable: the named backend does not work here.
        """
        src, dst = Endpoint.of(src_fd, self.source.path), Endpoint.of(dst_fd, self.target.path)
        has_all = False
        if self.rules.sees_data:
            self._listen()
        if self.rules.resumes and src.is_regular and dst.is_regular and dst.size:
            proof = self._keep_what_is_there(src, dst)
            has_all = proof.is_at_end
            src, dst = src.at(proof.offset), Endpoint.of(dst_fd, self.target.path).at(proof.offset)
        self._job = self._make_job(src, dst)
        if not has_all:
            await self._move(self._job)
        if self.rules.verifies:
            self._verify(src, dst_fd)

    def tell(self) -> None:
        """Tell what was asked for of a copy that went well."""
        names = self.source.path, self.target.path
        if self._digests:
            self._on_event(Digested(*names, tuple((taker.algorithm.name, taker.digest()) for taker in self._digests)))
        if self.rules.explains and self._job is not None:
            job = self._job
            seconds = time.monotonic() - self._start
            remark = ", ".join(self._remarks)
            attempts = tuple((attempt.strategy, attempt.refusal) for attempt in job.attempts)
            self._on_event(Explained(*names, attempts, job.backend, job.moved, seconds, remark))

    def tell_details(self) -> None:
        """Tell in GNU's words how the data went, if they did and that was asked for."""
        if self.rules.tells_details and self._job is not None:
            from aiocli.engines.copy.details import details

            self._on_event(details(self._job))

    def _listen(self) -> None:
        """Make what is to be shown the data."""
        from aiocli.engines.copy.tap import BlockDigests, FileDigest, Tap
        from aiocli.engines.hash.algorithms import find

        self._digests = [FileDigest(find(name)) for name in self.rules.digests]
        self._blocks = BlockDigests() if self.rules.verifies else None
        self._tap = Tap([*self._digests, *([self._blocks] if self._blocks is not None else [])])

    def _make_job(self, src: Endpoint, dst: Endpoint) -> CopyJob:
        rules = self.rules
        return CopyJob(
            src,
            dst,
            backend=rules.backend,
            chunk_size=rules.chunk_size,
            depth=rules.depth or DEPTH,
            jobs=rules.jobs,
            sparse=rules.sparse,
            clone=rules.clone,
            disabled=rules.disabled,
            tap=self._tap,
            leaves_cache=rules.leaves_cache,
            on_bytes=self._on_bytes,
        )

    async def _move(self, job: CopyJob) -> None:
        try:
            await self._mover(job)
        except CloneError as error:
            raise CopyFailed(Step.CLONE, self.target.path, error, self.source.path) from None
        except OutputError as error:
            raise CopyFailed(Step.WRITE, self.target.path, error) from None
        except BackendUnavailable:
            raise
        except OSError as error:
            raise CopyFailed(Step.READ, self.source.path, error) from None

    def _keep_what_is_there(self, src: Endpoint, dst: Endpoint) -> Proof:
        """Compare what the target holds with the source, and cut off what is different."""
        from aiocli.engines.copy.compare import prove

        with failing(Step.COMPARE, self.target.path, self.source.path):
            proof = prove(src.fd, dst.fd, tap=self._tap, leaves_cache=self.rules.leaves_cache, on_bytes=self._on_bytes)
        if proof.is_complete:
            self._remarks.append("complete already")
        else:
            self._remarks.append(f"resumed at {proof.offset}")
            with failing(Step.WRITE, self.target.path):
                os.ftruncate(dst.fd, proof.offset)
        return proof

    def _verify(self, src: Endpoint, dst_fd: int) -> None:
        """Compare what the device has with what was read.

        Raises:
            CopyFailed: it is something else, or nobody can tell.
        """
        from aiocli.engines.copy.compare import ReadBack

        assert self._blocks is not None  # as rules.verifies
        sync(dst_fd, self.target.path)
        with failing(Step.READ_BACK, self.target.path):
            back = ReadBack(dst_fd)
            try:
                bad = back.first_difference(self._blocks, src.fd if src.is_regular else None)
            finally:
                back.close()
        if bad is not None:
            raise CopyFailed(Step.DIFFERS, self.target.path, None, self.source.path, bad)
        if back.is_from_cache:
            self._on_event(Note(Warn.READ_FROM_CACHE, self.target.path))
        self._remarks.append("verified")
