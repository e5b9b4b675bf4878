"""A process that has imported aio already and forks for each command line: a start costs 3 ms instead of 70.

Not for what concerns the start itself: a handful of tests run the installed program and guard that both do the same.
The process is a child of the tests', so that no thread of theirs is copied by its forks.
"""

from __future__ import annotations

import ast
import gc
import importlib
import os
import pickle
import pkgutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple, NoReturn

TIMEOUT_S = 100
"""After which a command line is killed by SIGALRM; that is its status then."""

ROOT = Path(__file__).parents[2]


class Request(NamedTuple):
    """One command line.

    Attributes:
        argv: the program's name and arguments.
        executable: what to execute; None is aio under the name argv[0].
        cwd: where.
        env: the whole environment.
        stdin: what can be read there.
        umask: of the process.
        user: number of the user and the group to run as; None stays.
    """

    argv: tuple[str, ...]
    executable: str | None
    cwd: str
    env: dict[str, str]
    stdin: bytes = b""
    umask: int = 0o022
    user: int | None = None


class Answer(NamedTuple):
    """What it did; a negative status is a signal's number."""

    status: int
    stdout: bytes
    stderr: bytes


class WarmPrograms:
    """The client: starts the process and has command lines run there, one after the other."""

    def __init__(self, env: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"from {__name__} import serve; serve()"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(self, request: Request) -> Answer:
        """Run a command line to its end."""
        if request.executable is not None:
            return _execute(request, request.executable)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pickle.dump(request, self._process.stdin)
        self._process.stdin.flush()
        answer: Answer = pickle.load(self._process.stdout)
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _execute(request: Request, executable: str) -> Answer:
    is_other = {} if request.user is None else {"user": request.user, "group": request.user, "extra_groups": []}
    try:
        done = subprocess.run(
            request.argv,
            executable=executable,
            cwd=request.cwd,
            env=request.env,
            input=request.stdin,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
            umask=request.umask,
            **is_other,
        )
    except subprocess.TimeoutExpired as late:
        return Answer(-signal.SIGALRM, late.stdout or b"", late.stderr or b"")
    return Answer(done.returncode, done.stdout, done.stderr)


def serve() -> None:
    """Answer requests from standard input until its end: the body of the process."""
    _import_all()
    # The streams are moved away, so that a program finds nothing but its own.
    with os.fdopen(os.dup(0), "rb") as requests, os.fdopen(os.dup(1), "wb") as answers:
        gc.freeze()
        while (request := _next(requests)) is not None:
            pickle.dump(_answer(request), answers)
            answers.flush()


def _next(requests: IO[bytes]) -> Request | None:
    try:
        request: Request = pickle.load(requests)
    except EOFError:
        return None
    return request


def _answer(request: Request) -> Answer:
    stdin, stdout, stderr = files = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr")]
    os.write(stdin, request.stdin)
    os.lseek(stdin, 0, os.SEEK_SET)
    pid = os.fork()
    if pid == 0:
        _become(request, files)
    _, status = os.waitpid(pid, 0)
    answer = Answer(os.waitstatus_to_exitcode(status), _content_of(stdout), _content_of(stderr))
    for fd in files:
        os.close(fd)
    return answer


def _content_of(fd: int) -> bytes:
    return os.pread(fd, os.fstat(fd).st_size, 0)


def _become(request: Request, files: list[int]) -> NoReturn:
    """Turn this process into the program."""
    try:
        for number, fd in enumerate(files):
            os.dup2(fd, number)
        os.closerange(3, max(files) + 1)
        os.chdir(request.cwd)
        os.umask(request.umask)
        if request.user is not None:
            os.setgroups([])
            os.setresgid(request.user, request.user, request.user)
            os.setresuid(request.user, request.user, request.user)
        signal.alarm(TIMEOUT_S)
        os.environ.clear()
        os.environ.update(request.env)
        sys.argv = list(request.argv)
        from aiocli.cli import main

        main()
    except SystemExit as end:  # in development mode the program returns, to let the interpreter complain
        gc.collect()
        os._exit(end.code if isinstance(end.code, int) else 0)
    finally:
        os._exit(71)  # a bug here: nothing of the server's may go on


def _import_all() -> None:
    """Import what the commands import when they run, also within functions.

    Another user may not be permitted to read the files of this user's Python.
    """
    from aiocli import cli, commands, core, engines, ui

    names = [cli.__name__]
    for package in (core, engines, ui, commands):
        names += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for name in names:
        module = importlib.import_module(name)
        for imported, attribute in _imports_in(Path(module.__file__ or "")):
            if imported.split(".")[0] in sys.stdlib_module_names:
                getattr(importlib.import_module(imported), attribute, None)


def _imports_in(path: Path) -> Iterator[tuple[str, str]]:
    """List the modules that are imported anywhere in a file, each with a name out of it."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "__name__") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
