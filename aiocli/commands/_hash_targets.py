"""Which files `aio hash` reads: operands, what is in their trees, names from lists.

Patterns mean what they mean for `aio cp`, lists of names what they mean for GNU wc --files0-from.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.commands._patterns import PATTERN_KINDS, engine_patterns, patterns_of
from aiocli.ui.command import Fatal, OwnOption, UsageError, flag, option
from aiocli.ui.options import together
from aiocli.ui.report import STDIN, STDIN_FD, STDOUT_FD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence

    from aiocli.core.events import Event, Expected, Failure, Note
    from aiocli.engines.hash.walk import WalkRules
    from aiocli.ui.getopt import OptionEvent
    from aiocli.ui.quoting import Quoting
    from aiocli.ui.report import Report

    OnProblem = Callable[[Failure | Note, str], None]
    """Takes what failed or was passed over, and what was said of it."""

LIST_BLOCK_BYTES = 64 * 1024

NAMES_STEP = "names"
"""The step of what fails with a list of names."""

PASSED = {
    "special": "is no regular file, passed over",
    "link": "is a symbolic link, passed over",
    "loop": "warning: recursive directory loop",
    "output": "is the output, passed over",
}
"""Kind of a walk's note -> what is said of it."""


class Links(Enum):
    """Which symbolic links count as what they lead to."""

    NEVER = "never"
    OPERANDS = "operands"
    ALWAYS = "always"


class TargetOptions(NamedTuple):
    """What was asked for.

    Attributes:
        is_recursive: files in directories are read.
        patterns: (pattern, whether what it matches is read), in their order.
        obeys_gitignore: what .gitignore files leave out is not read.
        files_from: a file with names, one a line, "-" is standard input; None if operands name files.
        files0_from: the same with a NUL byte behind each name.
        links: which ones are followed, by -r.
        stays_on_filesystem: directories on other file systems are not looked into.
    """

    is_recursive: bool = False
    patterns: tuple[tuple[str, bool], ...] = ()
    obeys_gitignore: bool = False
    files_from: str | None = None
    files0_from: str | None = None
    links: Links = Links.OPERANDS
    stays_on_filesystem: bool = False

    @property
    def list_file(self) -> str | None:
        """The file that names the files, "-" is standard input; None if operands do."""
        return self.files_from if self.files_from is not None else self.files0_from

    @property
    def may_be_many(self) -> bool:
        """Whether there may be more files than operands."""
        return self.is_recursive or self.list_file is not None


_TREES = "Trees, and lists of names"
_LINKS = {"follow_operands": Links.OPERANDS, "follow_all": Links.ALWAYS, "follow_none": Links.NEVER}

_OPTIONS = (
    flag(
        "-r",
        "--recursive",
        "is_recursive",
        group=_TREES,
        help="Read the files in directories and in all below them, in the order of their names; without FILE, in the "
        "current directory. What is neither file nor directory is passed over.",
    ),
    option(
        "--exclude",
        cls=OwnOption,
        group=_TREES,
        multiple=True,
        metavar="PATTERN",
        help="Leave out what matches PATTERN below the FILEs, directories with all in them. Patterns are those of "
        ".gitignore: *.o at any depth, /tmp at the top, build/ for directories. The last that matches decides.",
    ),
    option(
        "--include",
        cls=OwnOption,
        group=_TREES,
        multiple=True,
        metavar="PATTERN",
        help="Read what matches PATTERN after all, where an earlier --exclude or a .gitignore leaves it out.",
    ),
    flag(
        "--gitignore",
        "obeys_gitignore",
        cls=OwnOption,
        group=_TREES,
        help="Leave out what the .gitignore files in the FILEs and below them leave out, and .git itself.",
    ),
    option(
        "--files-from",
        cls=OwnOption,
        group=_TREES,
        metavar="FILE",
        help="Read the files whose names FILE holds, one a line; - is standard input.",
    ),
    option(
        "--files0-from",
        cls=OwnOption,
        group=_TREES,
        metavar="FILE",
        help="Read the files whose names FILE holds, each with a NUL byte behind it; - is standard input.",
    ),
    flag(
        "-H", "follow_operands", group=_TREES, help="Follow symbolic links in FILEs, and none below them (the default)."
    ),
    flag("-L", "--dereference", "follow_all", group=_TREES, help="Follow all symbolic links, with -r."),
    flag("-P", "--no-dereference", "follow_none", group=_TREES, help="Follow no symbolic links, with -r."),
    flag("-x", "--one-file-system", "stays_on_filesystem", group=_TREES, help="Leave other file systems out, with -r."),
)


target_options = together(_OPTIONS)
"""Adds these options; `targets_of` takes their values."""


def targets_of(
    given: MutableMapping[str, Any], events: Sequence[OptionEvent], operands: Sequence[str], quoting: Quoting
) -> TargetOptions:
    """Make sense of the options.

    Args:
        given: values of options by name; those of `target_options` are taken out.
        events: as met on the command line: the order of patterns counts.
        operands: of the command line.
        quoting: for messages.

    Raises:
        Fatal: two of them exclude each other, or something is no pattern.
        UsageError: there are operands beside a list of names.
    """
    links = [_LINKS[event.key] for event in events if event.key in _LINKS]
    for key in (*PATTERN_KINDS, *_LINKS):
        del given[key]
    targets = TargetOptions(
        patterns=patterns_of(events, quoting),
        links=links[-1] if links else Links.OPERANDS,
        **{key: given.pop(key) for key in TargetOptions._fields if key not in ("patterns", "links")},
    )
    if targets.files_from is not None and targets.files0_from is not None:
        raise Fatal("cannot combine --files-from and --files0-from")
    if targets.list_file is not None and operands:
        name = "files-from" if targets.files_from is not None else "files0-from"
        raise UsageError(f"extra operand {quoting.quote(operands[0])}\nfile operands cannot be combined with --{name}")
    return targets


def names(
    operands: Sequence[str],
    targets: TargetOptions,
    report: Report,
    *,
    output: str | None = None,
    on_problem: OnProblem | None = None,
) -> Iterator[str]:
    """Yield the names of the files to read, "-" is standard input.

    An operand is yielded whatever it is, so that the reader says why it cannot be read; only directories are replaced
    by the files below them, with -r.

    Args:
        operands: of the command line; none are standard input, or with -r the current directory.
        targets: what is asked for.
        report: takes what fails and what is passed over.
        output: the file that the digests go to, None is standard output; it is left out of trees.
        on_problem: told the same.
    """
    return _names(operands, targets, _Problems(report, on_problem), _identity_of(output))


def expected(operands: Sequence[str], targets: TargetOptions) -> Iterator[Expected]:
    """Yield what there is to read, as far as it is counted: for a thread that counts beside the work.

    Nothing more is yielded where that cannot be known: if there is a pipe, or the names come from one.
    """
    from aiocli.engines.hash.walk import count

    if targets.list_file is not None and not _is_regular(targets.list_file):
        return iter(())  # what is read here would be missed there
    return count(_names(operands, targets, _Problems()))


def rules_of(targets: TargetOptions, left_out: tuple[int, int] | None = None) -> WalkRules:
    """Return the engine's rules for trees.

    Args:
        targets: what is asked for.
        left_out: device and inode of a file that is not to be read.
    """
    from aiocli.engines.hash.walk import WalkRules

    return WalkRules(
        patterns=engine_patterns(targets.patterns),
        obeys_ignore_files=targets.obeys_gitignore,
        follows_links=targets.links is Links.ALWAYS,
        stays_on_filesystem=targets.stays_on_filesystem,
        left_out=left_out,
    )


def _names(
    operands: Sequence[str],
    targets: TargetOptions,
    problems: _Problems,
    left_out: tuple[int, int] | None = None,
) -> Iterator[str]:
    named: Iterable[str]
    if targets.list_file is not None:
        named = _listed(targets.list_file, b"\n" if targets.files_from is not None else b"\0", problems)
    else:
        named = operands or ((os.curdir,) if targets.is_recursive else (STDIN,))
    return chain.from_iterable(_files(named, targets, problems, left_out)) if targets.is_recursive else iter(named)


def _files(
    named: Iterable[str], targets: TargetOptions, problems: _Problems, left_out: tuple[int, int] | None
) -> Iterator[Iterable[str]]:
    """Yield names of files, one of each, or those of a tree in place of its directory."""
    from aiocli.core.events import Note
    from aiocli.engines.hash.walk import Passed, walk

    rules = rules_of(targets, left_out)
    for name in named:
        mode = _mode_of(name, follow=targets.links is not Links.NEVER)
        if stat.S_ISDIR(mode):
            yield walk(name, rules, problems.tell)
        elif stat.S_ISLNK(mode):
            problems.tell(Note(Passed.LINK, name))
        else:
            yield (name,)


def _mode_of(name: str, *, follow: bool) -> int:
    """Return what kind of file it is; 0 for standard input, and for what cannot be looked at."""
    if name != STDIN:
        with suppress(OSError, ValueError):  # a line of a list may hold a NUL
            return os.stat(name, follow_symlinks=follow).st_mode
    return 0


def _is_regular(path: str) -> bool:
    """Tell whether a list of names can be read twice."""
    return stat.S_ISREG(_mode_of(path, follow=True))


def _identity_of(output: str | None) -> tuple[int, int] | None:
    """Return device and inode of a file that is written to; None if that is no regular one."""
    with suppress(OSError):
        facts = os.fstat(STDOUT_FD) if output is None else os.stat(output)
        if stat.S_ISREG(facts.st_mode):
            return facts.st_dev, facts.st_ino
    return None


def _listed(path: str, separator: bytes, problems: _Problems) -> Iterator[str]:
    """Yield the names that a list holds, each as soon as it is there."""
    try:
        fd = STDIN_FD if path == STDIN else os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        problems.tell_of_list(path, "cannot open {quoted} for reading", error)
        return
    try:
        for number, name in enumerate(_split(fd, separator), 1):
            if not name:
                problems.tell_of_list(path, f"{{plain}}:{number}: invalid zero-length file name")
            elif name == path == STDIN:
                problems.tell_of_list(path, "when reading file names from standard input, no file name of '-' allowed")
            else:
                yield name
    except OSError as error:
        problems.tell_of_list(path, "{plain}: read error", error)
    finally:
        if fd != STDIN_FD:
            os.close(fd)


def _split(fd: int, separator: bytes) -> Iterator[str]:
    """Yield what is between separators; the last one may be missing.

    Raises:
        OSError: of read(2).
    """
    rest = b""
    while block := os.read(fd, LIST_BLOCK_BYTES):
        *whole, rest = (rest + block).split(separator)
        yield from map(os.fsdecode, whole)
    if rest:
        yield os.fsdecode(rest)


class _Problems:
    """Says what fails and what is passed over.

    Args:
        report: takes messages; None says nothing.
        on_problem: told the same.
    """

    def __init__(self, report: Report | None = None, on_problem: OnProblem | None = None) -> None:
        self._report = report
        self._on_problem = on_problem

    def tell(self, event: Event) -> None:
        """Say what a walk tells."""
        from aiocli.core.events import Failure, Note

        if isinstance(event, Failure):
            self._say(event, "{plain}", event.errno)
        elif isinstance(event, Note):
            self._say(event, f"{{plain}}: {PASSED[event.kind]}")

    def tell_of_list(self, path: str, message: str, error: OSError | None = None) -> None:
        """Say what is wrong with a list of names.

        Args:
            path: of the list.
            message: what is wrong; {plain} is the path quoted where it needs that, {quoted} quoted always.
            error: why.
        """
        from aiocli.core.events import Failure

        errno = (error.errno or 0) if error is not None else 0
        self._say(Failure(NAMES_STEP, path, errno), message, errno)

    def _say(self, event: Failure | Note, template: str, errno: int | None = None) -> None:
        report = self._report
        if report is None:
            return
        plain, quoted = report.quoting.quotef(event.path), report.quoting.quoteaf(event.path)
        message = template.format(plain=plain, quoted=quoted)
        if errno:
            message = f"{message}: {os.strerror(errno)}"
        if errno is not None:
            report.fail()
        report.note(message)
        if self._on_problem is not None:
            self._on_problem(event, message)
