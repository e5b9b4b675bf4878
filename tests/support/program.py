"""Runs the installed `aio` as a process and keeps everything needed to understand a failure."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

AIO = Path(sysconfig.get_path("scripts")) / "aio"
TIMEOUT_S = 100
"""Longer than any program takes on the busiest machine: what hangs is told, and nothing else."""


class Started(subprocess.Popen[bytes]):
    """A process that does not outlive what starts it: a test that fails, or is given up, waits for nothing."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.kill()
        super().__exit__(kind, error, trace)


@dataclass(frozen=True)
class Result:
    """What a process did; its repr tells all, so that a failed assertion can be read from the log alone."""

    command: tuple[str, ...]
    cwd: Path
    status: int
    stdout: bytes
    stderr: bytes

    def __repr__(self) -> str:
        listing = "\n".join(sorted(os.listdir(self.cwd))[:50])
        text = (
            f"{' '.join(self.command)}\n--- in {self.cwd}:\n{listing}\n--- status {self.status}\n"
            f"--- stdout\n{self.stdout[:4000]!r}\n--- stderr\n{self.stderr.decode(errors='replace')}"
        )
        return text.encode(errors="backslashreplace").decode()  # surrogates would break the workers' channel

    def outcome(self) -> tuple[int, bytes, bytes]:
        """Status, standard output and standard error, for one comparison of all."""
        return self.status, self.stdout, self.stderr


def environment(**extra: str) -> dict[str, str]:
    """A scrubbed environment: C locale, no colours, development mode with warnings as errors."""
    return {
        "PATH": os.environ["PATH"],
        "LC_ALL": "C",
        "COLUMNS": "80",
        "TERM": "dumb",
        "PYTHONDEVMODE": "1",
        "PYTHONWARNINGS": "error",
        "PYTHONDONTWRITEBYTECODE": "1",
        **extra,
    }


class Program:
    """An executable in a directory of its own.

    Attributes:
        path: the executable.
        cwd: where it runs.
        name: argv[0]; another name than its own is a link to it, made in cwd's parent.
    """

    def __init__(self, cwd: Path, path: Path = AIO) -> None:
        self.cwd = cwd
        self.path = path

    def __call__(
        self,
        *args: str | bytes,
        stdin: bytes | int | None = b"",
        timeout: float = TIMEOUT_S,
        env: dict[str, str] | None = None,
        prefix: tuple[str, ...] = (),
        **popen: object,
    ) -> Result:
        """Run to the end; stdin is bytes to feed, or a descriptor."""
        command = (*prefix, os.fspath(self.path), *args)
        feed = {"stdin": stdin} if isinstance(stdin, int) or stdin is None else {"input": stdin}
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("stderr", subprocess.PIPE)
        done = subprocess.run(  # type: ignore[call-overload]
            command, cwd=self.cwd, env=environment(**(env or {})), timeout=timeout, check=False, **feed, **popen
        )
        shown = tuple(os.fsdecode(word) for word in command)
        return Result(shown, self.cwd, done.returncode, done.stdout or b"", done.stderr or b"")

    def start(
        self, *args: str | bytes, env: dict[str, str] | None = None, prefix: tuple[str, ...] = (), **popen: object
    ) -> Started:
        """Start and return the process; the caller ends it."""
        for name in ("stdin", "stdout", "stderr"):
            popen.setdefault(name, subprocess.PIPE)
        command = (*prefix, os.fspath(self.path), *args)
        return Started(command, cwd=self.cwd, env=environment(**(env or {})), **popen)

    def link(self, name: str) -> Program:
        """Return the same program under another name."""
        folder = self.cwd.parent / f"{self.cwd.name}-links"
        folder.mkdir(exist_ok=True)
        link = folder / name
        if not link.exists():
            link.symlink_to(self.path)
        return Program(self.cwd, link)
