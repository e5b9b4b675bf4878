"""aio cp: copy files and directories.

Follows GNU cp 9.10 in the options that are here.
Deviations from GNU: special files in a tree are made again only with -r, as there; there is no prompt yet.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import nullcontext
from typing import TYPE_CHECKING, NamedTuple

import click

from aiocli.ui.body import run_body
from aiocli.ui.command import GnuCommand, UsageError, flag, standard_options
from aiocli.ui.options import backend_of, backend_option, chunk_size_option, progress_option
from aiocli.ui.quoting import Quoting

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from aiocli.core.events import Failure, Start
    from aiocli.engines.copy.files import CopySettings
    from aiocli.engines.executor import ForkPool
    from aiocli.ui.progress import ProgressBar
    from aiocli.ui.report import Report


class CpOptions(NamedTuple):
    """What was asked for.

    Attributes:
        sources: at least one.
        destination: a file, or the directory to copy into.
        is_recursive: copy directories too, and links as links.
        is_verbose: print a line for each file.
        chunk_size: bytes of one read and write; None leaves it to the strategy.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
        progress: when to show a bar.
    """

    sources: tuple[str, ...]
    destination: str
    is_recursive: bool = False
    is_verbose: bool = False
    chunk_size: int | None = None
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    progress: str = "never"


@click.command("cp", cls=GnuCommand)
@flag("-R", "-r", "--recursive", "is_recursive", help="Copy directories and all in them.")
@flag("-v", "--verbose", "is_verbose", help="Print a line for each file that is copied.")
@chunk_size_option
@progress_option
@backend_option
@standard_options
@click.argument("operands", metavar="SOURCE... DESTINATION", nargs=-1)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    operands: tuple[str, ...],
    is_recursive: bool,
    is_verbose: bool,
    chunk_size: int | None,
    progress: str | None,
    backend: str | None,
) -> int:
    """Copy SOURCE to DESTINATION, or several SOURCEs into the directory DESTINATION."""
    if not operands:
        raise UsageError("missing file operand")
    if len(operands) == 1:
        quoted = Quoting(ctx.obj.is_utf8).quoteaf(operands[0])
        raise UsageError(f"missing destination file operand after {quoted}")
    options = CpOptions(
        sources=operands[:-1],
        destination=operands[-1],
        is_recursive=is_recursive,
        is_verbose=is_verbose,
        chunk_size=chunk_size,
        backend=backend_of(ctx.obj, backend),
        disabled=ctx.obj.disabled,
        progress=progress or ("never" if ctx.obj.is_multi_call else "auto"),
    )
    return run_body(ctx, lambda report: run(options, report))


async def run(options: CpOptions, report: Report) -> None:
    """Copy each source to the destination or into it."""
    from aiocli.engines.copy.files import CopySettings
    from aiocli.ui.progress import ProgressBar

    is_directory = os.path.isdir(options.destination)
    if len(options.sources) > 1 and not is_directory:
        return _report_no_directory(options.destination, report)
    if options.backend is not None:
        await _require_backend(options.backend)
    settings = CopySettings(options.backend, options.chunk_size, options.disabled)
    with _pool_for(options) as pool, ProgressBar(report, options.progress) as progress:
        progress(_expected(options))
        copier = _Copier(options, report, settings, pool, progress)
        for src in options.sources:
            dst = _destination_in(options.destination, src) if is_directory else options.destination
            await copier.copy(src, dst)


async def _require_backend(name: str) -> None:
    """Make the backend's context before any target is emptied.

    Raises:
        BackendUnavailable: it does not work here.
    """
    from aiocli.core.context import get_default_context
    from aiocli.core.loop import wait_for_loop

    await wait_for_loop()
    get_default_context(name)


def _report_no_directory(destination: str, report: Report) -> None:
    subject = f"target {report.quoting.quoteaf(destination)}"
    try:
        os.stat(destination)
    except OSError as error:
        report.failure(subject, error)
    else:
        report.error(f"{subject}: {os.strerror(errno.ENOTDIR)}")


def _destination_in(directory: str, src: str) -> str:
    """Name the copy of src in a directory; that of `..` is the directory itself."""
    name = os.path.basename(src.rstrip("/")) or "/"
    return os.path.join(directory.rstrip("/") or "/", "" if name in ("..", "/") else name)


def _expected(options: CpOptions) -> Start:
    """Say what the work is, and how many bytes it will be if that is known without a walk."""
    from aiocli.core.events import Start

    total = 0
    for src in options.sources:
        try:
            facts = os.stat(src)
        except OSError:
            continue
        if not stat.S_ISREG(facts.st_mode):
            return Start(options.destination)
        total += facts.st_size
    return Start(options.sources[0] if len(options.sources) == 1 else options.destination, total)


def _pool_for(options: CpOptions) -> AbstractContextManager[ForkPool | None]:
    """Start workers where a tree will need them, before any thread or loop exists."""
    workers = len(os.sched_getaffinity(0))
    if not options.is_recursive or options.backend is not None or workers < 2:
        return nullcontext()
    if not any(os.path.isdir(src) for src in options.sources):
        return nullcontext()
    from aiocli.engines.executor import ForkPool

    return ForkPool(workers)


class _Copier:
    """Copies the sources of one command line, one after the other."""

    def __init__(
        self,
        options: CpOptions,
        report: Report,
        settings: CopySettings,
        pool: ForkPool | None,
        progress: ProgressBar,
    ) -> None:
        self.options = options
        self.report = report
        self.settings = settings
        self.progress = progress
        if options.is_recursive:
            from aiocli.engines.copy.tree import TreeCopy

            self.trees = TreeCopy(settings, pool, progress.advance)
        self.made: set[tuple[int, int]] = set()
        self.seen: dict[tuple[int, int], set[str]] = {}

    async def copy(self, src: str, dst: str) -> None:
        """Copy one source to one name."""
        from aiocli.core.events import Failure
        from aiocli.engines.copy.files import copy_file

        quoteaf = self.report.quoting.quoteaf
        is_tree = self.options.is_recursive
        try:
            facts = os.lstat(src) if is_tree else os.stat(src)
        except OSError as error:
            self.report.failure(f"cannot stat {quoteaf(src)}", error)
            return
        if stat.S_ISDIR(facts.st_mode) and not is_tree:
            self.report.error(f"-r not specified; omitting directory {quoteaf(src)}")
            return
        if self._is_repeated(dst, facts):
            kind = "directory" if stat.S_ISDIR(facts.st_mode) else "file"
            self.report.note(f"warning: source {kind} {quoteaf(src)} specified more than once")
            return
        if not self._may_write(src, dst, facts):
            return
        if is_tree and not stat.S_ISREG(facts.st_mode):
            async for event in self.trees.copy(src, dst):
                if isinstance(event, Failure):
                    self._report_failure(event)
                else:
                    self._say(event.src, event.dst)
            return
        self._say(src, dst)
        failure = await copy_file(src, dst, self.settings, on_bytes=self.progress.advance)
        if failure is not None:
            self._report_failure(failure, src)
        elif len(self.options.sources) > 1:
            self.made.add(_identity(os.stat(dst)))

    def _is_repeated(self, dst: str, facts: os.stat_result) -> bool:
        """Tell whether this source has been copied to this name already."""
        names = self.seen.setdefault(_identity(facts), set())
        is_repeated = dst in names
        names.add(dst)
        return is_repeated

    def _may_write(self, src: str, dst: str, facts: os.stat_result) -> bool:
        """Refuse to copy a file onto itself, onto a copy just made, or over a directory."""
        quoteaf = self.report.quoting.quoteaf
        is_link = stat.S_ISLNK(facts.st_mode)
        try:
            existing = os.lstat(dst) if is_link else os.stat(dst)
        except FileNotFoundError:
            return True
        except OSError as error:
            self.report.failure(f"cannot stat {quoteaf(dst)}", error)
            return False
        if stat.S_ISDIR(facts.st_mode):
            return True
        if _identity(existing) == _identity(facts):
            self.report.error(f"{quoteaf(src)} and {quoteaf(dst)} are the same file")
        elif stat.S_ISDIR(existing.st_mode):
            self.report.error(f"cannot overwrite directory {quoteaf(dst)} with non-directory {quoteaf(src)}")
        elif _identity(existing) in self.made:
            self.report.error(f"will not overwrite just-created {quoteaf(dst)} with {quoteaf(src)}")
        else:
            return True
        return False

    def _say(self, src: str, dst: str) -> None:
        if self.options.is_verbose:
            from aiocli.ui.output import print_text

            quoteaf = self.report.quoting.quoteaf
            print_text(f"{quoteaf(src)} -> {quoteaf(dst)}\n")

    def _report_failure(self, failure: Failure, src: str = "") -> None:
        quoteaf = self.report.quoting.quoteaf
        other = failure.other or src
        text = _MESSAGES[failure.step](quoteaf(failure.path), f" {quoteaf(other)}" if other else "")
        self.report.error(text if failure.step in _COMPLETE else f"{text}: {os.strerror(failure.errno)}")


def _identity(facts: os.stat_result) -> tuple[int, int]:
    return facts.st_dev, facts.st_ino


_MESSAGES: dict[str, Callable[[str, str], str]] = {
    "open source": lambda name, _: f"cannot open {name} for reading",
    "create": lambda name, _: f"cannot create regular file {name}",
    "write through a dangling link": lambda name, _: f"not writing through dangling symlink {name}",
    "overwrite a directory": lambda name, other: f"cannot overwrite directory {name} with non-directory{other}",
    "overwrite with a directory": lambda name, other: f"cannot overwrite non-directory {name} with directory{other}",
    "copy into itself": lambda name, other: f"cannot copy a directory, {name}, into itself,{other}",
    "read": lambda name, _: f"error reading {name}",
    "write": lambda name, _: f"error writing {name}",
    "close": lambda name, _: f"failed to close {name}",
    "stat": lambda name, _: f"cannot stat {name}",
    "list": lambda name, _: f"cannot access {name}",
    "make directory": lambda name, _: f"cannot create directory {name}",
    "set mode": lambda name, _: f"preserving permissions for {name}",
    "same file": lambda name, other: f"{name} and{other} are the same file",
    "remove": lambda name, _: f"cannot remove {name}",
    "read link": lambda name, _: f"cannot read symbolic link {name}",
    "make link": lambda name, _: f"cannot create symbolic link {name}",
    "make special file": lambda name, _: f"cannot create special file {name}",
}
"""The engine's steps -> messages, of the quoted name and the other file's."""

_COMPLETE = frozenset(
    {
        "write through a dangling link",
        "overwrite a directory",
        "overwrite with a directory",
        "copy into itself",
        "same file",
    }
)
"""Steps whose message needs no system's word for why."""
