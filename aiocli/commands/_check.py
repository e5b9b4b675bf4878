"""Checking lists of digests (aio hash -c, md5sum -c): GNU's lines, counts and plurals."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from aiocli.core.endpoint import Endpoint, Kind, directory_error
from aiocli.core.errors import BackendUnavailable
from aiocli.engines.hash import ALGORITHMS, Algorithm, HashJob, digest
from aiocli.engines.hash.checkfile import Listed, escape, parse_line
from aiocli.engines.source import chunks
from aiocli.ui.operands import STDIN, for_each_operand, open_operand, report_closed_stdin
from aiocli.ui.output import print_text
from aiocli.ui.report import STDIN_FD

if TYPE_CHECKING:
    from aiocli.commands.hash import HashOptions
    from aiocli.ui.report import Report

STDIN_NAME = "standard input"


async def check(options: HashOptions, report: Report) -> None:
    """Check every list among the operands."""
    quotef = report.quoting.quotef
    algorithms = [ALGORITHMS[name] for name in options.algorithms]
    algorithm = algorithms[0] if len(algorithms) == 1 else None

    async def check_list(src: Endpoint) -> None:
        await _List(options, report, src, algorithm).check()

    await for_each_operand(options.operands, report, check_list, cannot_open=quotef, failed=quotef)
    report_closed_stdin(options.operands, report, STDIN_NAME)


class _List:
    """One list of digests and the counts of what was found."""

    def __init__(self, options: HashOptions, report: Report, src: Endpoint, algorithm: Algorithm | None) -> None:
        self.options = options
        self.report = report
        self.src = src
        self.shown = STDIN_NAME if src.name == STDIN else src.name
        self.algorithm = algorithm
        self.kind = f"{algorithm.tag} " if algorithm else ""
        self.formatted = self.misformatted = self.unreadable = self.mismatched = self.matched = 0

    async def check(self) -> None:
        """Check each line, then tell the counts."""
        try:
            data = b"".join([chunk async for chunk in chunks(self.src, backend=self.options.backend)])
        except BackendUnavailable:
            raise
        except OSError:
            self.report.error(f"{self.report.quoting.quotef(self.shown)}: read error")
            return
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, 1):
            text = os.fsdecode(line.removesuffix(b"\r"))
            if text and not text.startswith("#"):
                await self._check_line(number, text)
        self._tell_counts()

    async def _check_line(self, number: int, text: str) -> None:
        listed = parse_line(text, self.algorithm)
        if listed is None or (listed.name == STDIN and self.src.fd == STDIN_FD):
            self.misformatted += 1
            if self.options.warns:
                self.report.note(
                    f"{self.report.quoting.quotef(self.shown)}: {number}: improperly formatted {self.kind}checksum line"
                )
            return
        self.formatted += 1
        try:
            hexdigest = await self._hexdigest(listed)
        except BackendUnavailable:
            raise
        except OSError as error:
            if error.errno == errno.ENOENT and self.options.ignore_missing:
                return
            self.unreadable += 1
            self.report.failure(self.report.quoting.quotef(listed.name), error)
            self._say(listed.name, "FAILED open or read")
            return
        if hexdigest == listed.hexdigest:
            self.matched += 1
            if not self.options.is_quiet:
                self._say(listed.name, "OK")
        else:
            self.mismatched += 1
            self._say(listed.name, "FAILED")

    async def _hexdigest(self, listed: Listed) -> str:
        fd = open_operand(listed.name)
        try:
            src = Endpoint.of(fd, listed.name)
            if src.kind is Kind.DIRECTORY:
                raise directory_error(src.name)
            job = HashJob(src, [listed.algorithm], backend=self.options.backend, disabled=self.options.disabled)
            return (await digest(job))[0].hex()
        finally:
            if fd != STDIN_FD:
                os.close(fd)

    def _say(self, name: str, verdict: str) -> None:
        if not self.options.is_status_only:
            mark, shown = escape(name)
            print_text(f"{mark}{shown}: {verdict}\n")

    def _tell_counts(self) -> None:
        subject = self.report.quoting.quotef(self.shown)
        if not self.formatted:
            self.report.error(f"{subject}: no properly formatted checksum lines found")
            return
        if not self.options.is_status_only:
            for count, one, many in (
                (self.misformatted, "line is improperly formatted", "lines are improperly formatted"),
                (self.unreadable, "listed file could not be read", "listed files could not be read"),
                (self.mismatched, "computed checksum did NOT match", "computed checksums did NOT match"),
            ):
                if count:
                    self.report.note(f"WARNING: {count} {one if count == 1 else many}")
            if self.options.ignore_missing and not self.matched:
                self.report.error(f"{subject}: no file was verified")
        if not self.matched or self.mismatched or (self.options.is_strict and self.misformatted):
            self.report.fail()
