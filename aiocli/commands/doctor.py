"""aio doctor: what works here, why the rest does not, and what auto would choose for a file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from aiocli import __version__
from aiocli.ui.body import run_body
from aiocli.ui.command import AioCommand, flag, standard_options
from aiocli.ui.help import Example, Manual

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.core.endpoint import Endpoint
    from aiocli.ui.report import Report


class DoctorOptions(NamedTuple):
    """What was asked for: paths to look at, and whether for a machine."""

    paths: tuple[str, ...] = ()
    is_json: bool = False


class Working(NamedTuple):
    """Whether a backend works; if not, why."""

    works: bool
    why: str | None = None


class Findings(NamedTuple):
    """What was found; the keys of the JSON output.

    Attributes:
        versions: component -> version.
        backends: backend -> whether it works, and if not, why.
        auto: the backend that auto takes where it needs one.
        limits: limit -> value.
        paths: for each path asked about: its facts and what auto would do.
    """

    versions: dict[str, str]
    backends: dict[str, Working]
    auto: str | None
    limits: dict[str, str]
    paths: list[dict[str, str]]


MANUAL = Manual(
    examples=(
        Example(
            "Show all that matters, and what would be done with a file",
            "aio doctor notes.txt",
            "versions\n...\nbackends\n...\nlimits\n...\nnotes.txt\n  kind                      regular file\n...\n",
            files=(("notes.txt", "hello\n"),),
        ),
        Example("The same for a program", "aio doctor --json", '{\n  "v": 1,\n...\n}\n'),
    ),
    exit_status=(("0", "It looked everywhere, whatever it found."), ("1", "A path could not be looked at.")),
)


@click.command("doctor", cls=AioCommand, manual=MANUAL)
@flag("--json", "is_json", help="Print one JSON object.")
@standard_options
@click.argument("operands", metavar="[PATH]...", nargs=-1)
@click.pass_context
def command(ctx: click.Context, /, operands: tuple[str, ...], is_json: bool) -> int:
    """Show versions, which backends work here and why the others do not, and the limits that matter.

    For each PATH: its file system and kind, and what auto would choose for it.
    """
    return run_body(ctx, lambda report: run(DoctorOptions(operands, is_json), report))


async def run(options: DoctorOptions, report: Report) -> None:
    """Look, and print what was found."""
    from aiocli.core.backends import AUTO_ORDER, BACKENDS, unavailable
    from aiocli.ui.output import print_text

    reasons = {name: unavailable(name) for name in BACKENDS}
    findings = Findings(
        versions=_versions(),
        backends={name: Working(reason is None, reason) for name, reason in reasons.items()},
        auto=next((name for name in AUTO_ORDER if reasons[name] is None), None),
        limits=_limits(),
        paths=[],
    )
    for path in options.paths:
        try:
            findings.paths.append(await _look_at(path))
        except OSError as error:
            report.failure(report.quoting.quotef(path), error)
    if options.is_json:
        import json

        backends = {name: working._asdict() for name, working in findings.backends.items()}
        print_text(json.dumps({"v": 1, **findings._asdict(), "backends": backends}, indent=2) + "\n")
    else:
        print_text("".join(f"{line}\n" for line in _lines(findings)))


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    versions = {"aio": __version__, "python": sys.version.split()[0], "kernel": os.uname().release}
    for name in ("caio", "click", "rich", "blake3"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    return versions


def _limits() -> dict[str, str]:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limits = {
        name: _read_setting(name)
        for name in ("fs.aio-max-nr", "fs.aio-nr", "fs.pipe-max-size", "kernel.io_uring_disabled")
    }
    return limits | {"open files": f"{soft} (up to {hard})"}


def _read_setting(name: str) -> str:
    try:
        with open(f"/proc/sys/{name.replace('.', '/')}", encoding="ascii") as setting:
            return setting.read().strip()
    except OSError as error:
        return f"unknown ({os.strerror(error.errno or 0)})"


async def _look_at(path: str) -> dict[str, str]:
    """Tell the facts of a path and what auto does with it, asking the strategies themselves."""
    from aiocli.core.endpoint import Endpoint, Kind
    from aiocli.core.filesystem import filesystem_type
    from aiocli.engines.copy import CopyJob, first_choice

    # A FIFO without a writer would keep an ordinary open waiting.
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK)
    read_fd, write_fd = os.pipe()
    try:
        end = Endpoint.of(fd, path)
        facts = {
            "path": path,
            "kind": end.kind.value,
            "file system": filesystem_type(end.device) or "unknown",
        }
        if end.kind is not Kind.DIRECTORY:
            facts["to a pipe"] = first_choice(CopyJob(end, Endpoint.of(write_fd, "pipe")))
            facts["to a new file beside it"] = await _way_beside(end)
    finally:
        for opened in (fd, read_fd, write_fd):
            os.close(opened)
    return facts


async def _way_beside(end: Endpoint) -> str:
    """Name what copies a file to a new one beside it; that blocks can be shared is tried on a file without a name."""
    from aiocli.core.endpoint import Endpoint
    from aiocli.core.errors import Unsupported
    from aiocli.engines.copy import CopyJob, first_choice
    from aiocli.engines.copy.kernel import Reflink
    from aiocli.engines.copy.rules import Sparse

    twin = end._replace(size=0)
    way = first_choice(CopyJob(end, twin, sparse=Sparse.AUTO))
    if way != Reflink.name:
        return way
    rest = first_choice(CopyJob(end, twin, sparse=Sparse.AUTO, disabled=frozenset({way})))
    try:
        fd = os.open(os.path.dirname(end.name) or ".", os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except OSError:  # nothing can be made there
        return f"{way}, or {rest} where blocks cannot be shared"
    try:
        await Reflink().move(CopyJob(end, Endpoint.of(fd, end.name)))
    except (Unsupported, OSError) as refusal:
        return f"{rest} ({refusal})"
    finally:
        os.close(fd)
    return way


def _lines(findings: Findings) -> Iterator[str]:
    yield "versions"
    yield from (f"  {name:<26}{value}" for name, value in findings.versions.items())
    yield "backends"
    for name, working in findings.backends.items():
        mark = ", taken by auto where a context is needed" if name == findings.auto else ""
        yield f"  {name:<26}{'works' + mark if working.works else f'does not work: {working.why}'}"
    yield "limits"
    yield from (f"  {name:<26}{value}" for name, value in findings.limits.items())
    for facts in findings.paths:
        rest = dict(facts)
        yield rest.pop("path")
        yield from (f"  {name:<26}{value}" for name, value in rest.items())
