"""Where the GNU tools are that the differential tests compare with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.program import TIMEOUT_S, Program, Result
from tests.support.trees import Tree, tree_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A dumb terminal: newer versions put hyperlinks into their help.
_ENVIRONMENT = {"LC_ALL": "C", "TERM": "dumb", "PATH": os.defpath}


@cache
def gnu(name: str) -> str:
    """Find a GNU tool: in the folder named by AIO_GNU_BIN, else the installed one; skip if there is none."""
    path = shutil.which(name, path=os.environ.get("AIO_GNU_BIN") or None)
    if path is None or _version_of(path) is None:
        pytest.skip(f"no GNU {name} here")
    return os.path.abspath(path)


@cache
def gnu_version() -> tuple[int, int]:
    """Tell the version of GNU coreutils that `gnu` finds, such as (9, 10)."""
    version = _version_of(gnu("cat"))
    assert version is not None
    return version


def run_gnu(
    name: str,
    *args: str | bytes,
    locale: str = "C",
    cwd: str | os.PathLike[str] | None = None,
    is_posixly_correct: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """Run a GNU tool with nothing on standard input; its messages begin with `name: `."""
    environment = _ENVIRONMENT | {"LC_ALL": locale}
    if is_posixly_correct:
        environment["POSIXLY_CORRECT"] = "1"
    return subprocess.run(
        [name, *args],
        executable=gnu(name),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=cwd,
        env=environment,
        timeout=TIMEOUT_S,
        check=False,
    )


def _version_of(path: str) -> tuple[int, int] | None:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, env=_ENVIRONMENT, check=False)
    found = re.search(r"GNU coreutils\) (\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else None


@dataclass(frozen=True)
class Outcome:
    """What a command line did: the same under both programs, or the test fails."""

    status: int
    stdout: bytes
    stderr: str
    tree: Tree


def compare(
    aio: Program,
    name: str,
    *args: str | bytes,
    prepare: Callable[[Path], object] | None = None,
    as_link: bool = False,
    since: tuple[int, int] = (0, 0),
    tree: bool = False,
    **run: Any,
) -> Outcome:
    """Assert that a command line does the same under GNU's program and under ours, in equal directories.

    Args:
        aio: our program; it runs in its directory, GNU's in `gnu` beside it.
        name: the tool; ours is `aio NAME`.
        args: its arguments.
        prepare: fills each of the two directories.
        as_link: run ours through a link of this name instead.
        since: version of GNU that first behaves so; with an older one the test is skipped.
        tree: compare the directories afterwards, too.
        run: stdin, env, prefix and so on of `Program.__call__`, for both.

    Returns:
        What both did.
    """
    ours, theirs = both(aio, name, prepare=prepare, since=since)
    expected = _outcome(theirs(*args, **run), name, with_tree=tree)
    result = ours(*args, **run) if as_link else aio(name, *args, **run)
    _expect(_outcome(result, name, with_tree=tree), expected, result)
    return expected


def compare_script(
    aio: Program,
    name: str,
    script: str,
    *,
    prepare: Callable[[Path], object] | None = None,
    since: tuple[int, int] = (0, 0),
    tree: bool = False,
    **run: Any,
) -> Outcome:
    """Assert that a shell's script does the same whichever of the two it finds under the tool's name.

    The arguments are those of `compare`.
    """
    ours, theirs = both(aio, name, prepare=prepare, since=since)
    results = [run_script(program, script, **run) for program in (ours, theirs)]
    result, expected = (_outcome(result, name, with_tree=tree) for result in results)
    _expect(result, expected, results[0])
    return expected


def run_script(program: Program, script: str, env: dict[str, str] | None = None, **run: Any) -> Result:
    """Run a shell's script that finds the program under its name."""
    folder = (program.cwd / program.path).parent
    env = {"PATH": f"{folder}:{os.environ['PATH']}", **(env or {})}
    return Program(program.cwd, Path("/bin/sh"))("-c", script, env=env, **run)


def both(
    aio: Program,
    name: str,
    *,
    prepare: Callable[[Path], object] | None = None,
    since: tuple[int, int] = (0, 0),
) -> tuple[Program, Program]:
    """Return our program and GNU's, each a link of the tool's name, in prepared directories of their own."""
    if gnu_version() < since:
        pytest.skip(f"GNU {_dotted(gnu_version())} is here; {_dotted(since)} is the first known to do this")
    folder = aio.cwd.parent / "gnu"
    folder.mkdir(exist_ok=True)
    aio.cwd.parent.chmod(0o755)
    for cwd in (aio.cwd, folder):
        cwd.chmod(0o777)  # whoever runs in it
        if prepare is not None:
            prepare(cwd)
    return _linked(aio, name), _linked(Program(folder, Path(gnu(name))), name)


def _linked(program: Program, name: str) -> Program:
    """Link the program by a relative name: others than the user may not pass the directories above."""
    link = program.link(name)
    return Program(link.cwd, Path(os.path.relpath(link.path, link.cwd)))


def _outcome(result: Result, name: str, *, with_tree: bool) -> Outcome:
    # Messages begin with the name, as it was called, and the last one may tell where help is.
    called = rf"(?:\S*/|aio ){re.escape(name)}"
    stderr = re.sub(rf"(?m)^{called}: |(?<=^Try '){called}(?= --help)", _shorten(name), os.fsdecode(result.stderr))
    return Outcome(result.status, result.stdout, stderr, tree_of(result.cwd) if with_tree else {})


def _expect(outcome: Outcome, expected: Outcome, result: Result) -> None:
    if outcome != expected:
        text = "\n".join([" ".join(result.command), *_differences(outcome, expected)])
        # Reports travel between processes as UTF-8, which has no surrogates.
        pytest.fail(text.encode(errors="backslashreplace").decode(), pytrace=False)


def _differences(ours: Outcome, theirs: Outcome) -> Iterator[str]:
    pairs: list[tuple[str, object, object]] = [
        ("status", ours.status, theirs.status),
        ("stdout", ours.stdout[:4000], theirs.stdout[:4000]),
        ("stderr", ours.stderr, theirs.stderr),
    ]
    pairs += [(name, ours.tree.get(name), theirs.tree.get(name)) for name in sorted({*ours.tree, *theirs.tree})]
    for name, mine, gnus in pairs:
        if mine != gnus:
            yield f"--- {name}\naio: {mine!r}\nGNU: {gnus!r}"
    if ours.stdout[:4000] == theirs.stdout[:4000] and ours.stdout != theirs.stdout:
        yield "--- stdout differs behind byte 4000"


def _shorten(name: str) -> Callable[[re.Match[str]], str]:
    return lambda match: f"{name}: " if match[0].endswith(": ") else name


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
