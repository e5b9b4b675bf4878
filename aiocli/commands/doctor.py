"""aio doctor: what works here, why the rest does not, and what auto would choose for a file."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from aiocli import __version__
from aiocli.ui import status
from aiocli.ui.body import run_body
from aiocli.ui.command import GnuCommand, OwnOption, flag, standard_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiocli.ui.report import Report


class DoctorOptions(NamedTuple):
    """What was asked for: paths to look at, and whether for a machine."""

    paths: tuple[str, ...] = ()
    is_json: bool = False


class Findings(NamedTuple):
    """What was found; the keys of the JSON output.

    Attributes:
        versions: component -> version.
        backends: backend -> None if it works, else why not.
        auto: the backend that auto takes where it needs one.
        limits: limit -> value.
        paths: for each path asked about: its facts and what auto would do.
    """

    versions: dict[str, str]
    backends: dict[str, str | None]
    auto: str | None
    limits: dict[str, str]
    paths: list[dict[str, str]]


class _DoctorCommand(GnuCommand):
    usage_status = status.USAGE


@click.command("doctor", cls=_DoctorCommand)
@flag("--json", "is_json", cls=OwnOption, help="Print one JSON object.")
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

    backends = {name: unavailable(name) for name in BACKENDS}
    findings = Findings(
        versions=_versions(),
        backends=backends,
        auto=next((name for name in AUTO_ORDER if backends[name] is None), None),
        limits=_limits(),
        paths=[],
    )
    for path in options.paths:
        try:
            findings.paths.append(_look_at(path))
        except OSError as error:
            report.failure(report.quoting.quotef(path), error)
    if options.is_json:
        import json

        print_text(json.dumps({"v": 1, **findings._asdict()}, indent=2) + "\n")
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


def _look_at(path: str) -> dict[str, str]:
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
            twin = end._replace(size=0)
            facts["to a new file beside it"] = first_choice(CopyJob(end, twin, keep_holes=True))
    finally:
        for opened in (fd, read_fd, write_fd):
            os.close(opened)
    return facts


def _lines(findings: Findings) -> Iterator[str]:
    yield "versions"
    yield from (f"  {name:<26}{value}" for name, value in findings.versions.items())
    yield "backends"
    for name, reason in findings.backends.items():
        mark = ", taken by auto where a context is needed" if name == findings.auto else ""
        yield f"  {name:<26}{'works' + mark if reason is None else f'does not work: {reason}'}"
    yield "limits"
    yield from (f"  {name:<26}{value}" for name, value in findings.limits.items())
    for facts in findings.paths:
        rest = dict(facts)
        yield rest.pop("path")
        yield from (f"  {name:<26}{value}" for name, value in rest.items())
