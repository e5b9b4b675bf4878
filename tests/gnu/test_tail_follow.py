"""Scenes: `aio tail` and GNU tail follow files to which the same happens, and say the same of it in the same order."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from typing import NamedTuple

import pytest

from tests.support.gnu import both
from tests.support.resources import DEAD_PID, WAIT_S, is_asleep, wait_until


class Scene(NamedTuple):
    """Something that happens while tail runs.

    Attributes:
        args: of tail.
        steps: (a shell's command, what both programs say then); the first one happens before they start.
        status: their exit status; None if they go on and have to be ended.
    """

    args: str
    steps: tuple[tuple[str, str], ...]
    status: int | None = None


APPENDED = (("echo 1 > f", "1\n"), ("echo 2 >> f", "2\n"), ("printf 3 >> f", "3"), ("echo 4 >> f", "4\n"))
TWO = (
    ("echo 1 > f; echo 2 > g", "2\n"),
    ("echo 3 >> g", "3\n"),
    ("echo 4 >> f", "4\n"),
    ("echo 5 >> f", "5\n"),
    ("echo 6 >> g", "6\n"),
)
TRUNCATED = (("echo 12345 > f", "12345\n"), (": > f", "truncated\n"), ("echo 6 >> f", "6\n"), ("echo 78 >> f", "78\n"))
ROTATED = (
    ("echo 1 > f", "1\n"),
    ("mv f f.1", "inaccessible: No such file or directory\n"),
    ("echo 2 > f", "following new file\n2\n"),
    ("echo 3 >> f", "3\n"),
)
REPLACED = (
    ("echo 1 > f", "1\n"),
    ("echo 2 > new; mv new f", "replaced;  following new file\n2\n"),
    ("echo 3 >> f", "3\n"),
)
REMOVED = (("echo 1 > f", "1\n"), ("rm f", "no files remaining\n"))
REMOVED_ONE = (
    ("echo 1 > f; echo 2 > g", "2\n"),
    ("rm f", "inaccessible: No such file or directory\n"),
    ("echo 3 >> g", "3\n"),
    ("rm g", "no files remaining\n"),
)
APPEARING = (
    ("true", "No such file or directory\n"),
    ("echo 1 > f", "following new file\n1\n"),
    ("echo 2 >> f", "2\n"),
)
DIRECTORY = (
    ("echo 1 > f", "1\n"),
    ("rm f", "inaccessible: No such file or directory\n"),
    ("mkdir f", "replaced with an untailable file\n"),
)
UNLINKED = (("echo 1 > f; exec 3>>f", "1\n"), ("mv f g; echo 2 >> g", "2\n"), ("echo 3 >> g", "3\n"))
TO_FIFO = (
    ("echo 1 > f", "1\n"),
    ("rm f", "inaccessible: No such file or directory\n"),
    ("mkfifo f", "following new file\n"),
    ("echo 2 > f", "2\n"),
    ("echo 3 > f", "3\n"),
)
LINKED = (("echo 1 > g; ln -s g f", "1\n"), ("echo 2 >> g", "2\n"))

SCENES = [
    *(
        Scene(args, APPENDED)
        for args in ("-f f", "-F f", "-f --retry f", "-s.05 -f ---disable-inotify f", "-vf f", "-zf f")
    ),
    Scene("-c 1 -f f", (("printf abc > f", "c"), ("printf d >> f", "d"))),
    Scene("-n +1 -f f", APPENDED),
    Scene("--debug -n 0 -f f", (("echo 1 > f", "notification mode\n"), ("echo 2 >> f", "2\n"))),
    *(Scene(args, TWO) for args in ("-f f g", "-qf f g", "-F f g", "-n1 -s.05 ---disable-inotify -f f g")),
    *(Scene(args, TRUNCATED) for args in ("-f f", "-F f", "-s.05 -f ---disable-inotify f")),
    *(Scene(args, ROTATED) for args in ("-F f", "-vF f", "-s.05 -F ---disable-inotify f")),
    *(Scene(args, REPLACED) for args in ("-F f", "--follow=name f", "-s.05 -F --max=1 ---disable-inotify f")),
    *(Scene(args, REMOVED, 1) for args in ("--follow=name f", "-s.05 --follow=name --max=1 ---disable-inotify f")),
    Scene("--follow=name f g", REMOVED_ONE, 1),
    *(Scene(args, APPEARING) for args in ("-s.05 -F f", "-s.05 --retry -f f", "-s.05 -F ---disable-inotify f")),
    *(Scene(args, DIRECTORY) for args in ("-F f", "--follow=name --retry f")),
    *(Scene(args, UNLINKED) for args in ("-f f", "-s.05 -f ---disable-inotify f")),
    *(Scene(args, TO_FIFO) for args in ("-F f", "-s.05 -F ---disable-inotify f")),
    *(Scene(args, LINKED) for args in ("-f f", "-F f")),
    *(
        Scene(
            f"{option} {' '.join(names)}",
            (
                ("echo 1 > f; ln -f f h", "\n".join(f"==> {name} <==\n1\n" for name in names)),
                ("echo 2 >> f", "2\n"),
                ("echo 3 >> f", "3\n"),
            ),
        )
        for option, names in (("-f", "ff"), ("-F", "ff"), ("-f", "fff"), ("-f", "fh"), ("-f", "hfh"))
    ),
    Scene("-f f g f", TWO),
    Scene("-s.05 -F f missing", (("echo 1 > f", "1\n"), ("echo 2 >> f", "2\n"), ("echo 3 > missing", "3\n"))),
    Scene("-f f missing", (("echo 1 > f", "1\n"), ("echo 2 >> f", "2\n"))),
    Scene("-f missing f", (("echo 1 > f", "1\n"), ("echo 2 >> f", "2\n"))),
    Scene("--debug -F f", (("echo 1 > f", "notification mode\n"), ("echo 2 >> f", "2\n"))),
    Scene("-s.05 --debug -f ---disable-inotify f", (("echo 1 > f", "polling mode\n"), ("echo 2 >> f", "2\n"))),
    Scene(
        "-f p f",
        (
            ("mkfifo p; echo 1 > f", "1\n"),
            ("echo 2 > p", "2\n"),
            ("echo 3 >> f", "3\n"),
            ("echo 4 > p", "4\n"),
        ),
    ),
    Scene(
        "-F f g",
        (
            ("echo 1 > f; echo 2 > g", "2\n"),
            ("rm f", "inaccessible: No such file or directory\n"),
            ("mv g f", "following new file\n\n==> f <==\n2\n"),
            ("echo 3 >> f", "3\n"),
            ("echo 4 > g", "4\n"),
        ),
    ),
    *(
        Scene(f"{args} --pid={DEAD_PID}", (("echo 1 > f; ln -s f l", ""),), status)
        for args, status in (("-F none", 1), ("-F f none", 0), ("-F l none", 1), ("-F none /dev/null", 1))
    ),
    Scene("-f 'a b' \"it's\"", (("echo 1 > 'a b'; echo 2 > \"it's\"", "2\n"), (": > 'a b'", "truncated\n"))),
]


class Running:
    """A tail that runs, and all that it has said so far; diagnostics and data share a pipe, so that order shows."""

    def __init__(self, program, args, **popen):
        command = ["/bin/sh", "-c", f'exec "$0" {args}', os.fspath(program.path)]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONDONTWRITEBYTECODE": "1"}
        popen = {"stdin": subprocess.DEVNULL, **popen}
        self.process = subprocess.Popen(
            command, cwd=program.cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **popen
        )
        self.said = ""

    @property
    def text(self):
        return re.sub(r"(?m)^\S*/tail: ", "tail: ", self.said)

    def read_until(self, awaited, deadline):
        """Read on until something has been said that was not there before."""
        known = len(self.said)
        while awaited not in self.said[known:] and (left := deadline - time.monotonic()) > 0:
            if not self.read(left):
                break
        assert awaited in self.said[known:], f"waited for {awaited!r} in vain: {self.said!r}"

    def read(self, left):
        if not select.select([self.process.stdout], [], [], max(0, left))[0]:
            return True
        chunk = os.read(self.process.stdout.fileno(), 65536)
        self.said += chunk.decode()
        return bool(chunk)

    def end(self, status):
        if status is None:
            self.process.terminate()
        self.process.wait(WAIT_S)
        while self.read(0) and select.select([self.process.stdout], [], [], 0)[0]:
            pass
        self.process.stdout.close()
        return self.process.returncode


def step_in(program, command):
    subprocess.run(["/bin/sh", "-c", command], cwd=program.cwd, check=True)


@pytest.mark.parametrize(
    "scene", SCENES, ids=lambda scene: f"{scene.args}: {'; '.join(step for step, _ in scene.steps)}"
)
def test_what_happens_is_told_as_gnu_tells_it(aio, scene):
    programs = both(aio, "tail", since=(9, 10))
    (first, awaited), *rest = scene.steps
    for program in programs:
        step_in(program, first)
    running = [Running(program, scene.args) for program in programs]
    try:
        deadline = time.monotonic() + WAIT_S
        for each in running:
            each.read_until(awaited, deadline)
        for command, awaited in rest:
            for each in running:  # what is renamed between its end and GNU's watch of it is told in another way
                wait_until(lambda pid=each.process.pid: is_asleep(pid))
            for program, each in zip(programs, running, strict=True):
                step_in(program, command)
                each.read_until(awaited, time.monotonic() + WAIT_S)
        statuses = [each.end(scene.status) for each in running]
    finally:
        for each in running:
            each.process.kill()
            each.process.wait()
    assert running[0].text == running[1].text
    assert statuses == [-signal.SIGTERM if scene.status is None else scene.status] * 2


@pytest.mark.parametrize("args", ["-f f", "-F f", "-s.05 -f ---disable-inotify f"])
def test_tail_dies_with_the_reader_of_its_output_although_nothing_is_written(aio, args):
    programs = both(aio, "tail", since=(9, 10))
    for program in programs:
        step_in(program, "echo 1 > f")
        running = Running(program, args)
        running.read_until("1\n", time.monotonic() + WAIT_S)
        running.process.stdout.close()
        assert running.process.wait(WAIT_S) == -signal.SIGPIPE


@pytest.mark.parametrize("args", ["-f f", "-F f", "-s.05 -f ---disable-inotify f"])
def test_tail_ends_with_the_last_of_the_processes(aio, args):
    for program in both(aio, "tail", since=(9, 10)):
        step_in(program, "echo 1 > f")
        one, two = (subprocess.Popen(["sleep", "1000"]) for _ in range(2))
        running = Running(program, f"--pid={one.pid} --pid={two.pid} -s.05 {args}")
        running.read_until("1\n", time.monotonic() + WAIT_S)
        one.kill()
        one.wait()
        step_in(program, "echo 2 >> f")
        running.read_until("2\n", time.monotonic() + WAIT_S)
        assert running.process.poll() is None
        two.kill()
        two.wait()
        assert running.end(0) == 0
        assert running.text == "1\n2\n"


@pytest.mark.parametrize("args", ["-f", "-f -", "-f - missing", "-fn1 - f"])
def test_standard_input_that_is_a_pipe_is_not_followed(aio, args):
    said = []
    for program in both(aio, "tail", since=(9, 10)):
        step_in(program, "echo 1 > f")
        reading, writing = os.pipe()
        os.write(writing, b"a\nb\n")
        running = Running(program, args, stdin=reading)
        os.close(reading)
        os.close(writing)
        if " f" in args:
            running.read_until("1\n", time.monotonic() + WAIT_S)
            step_in(program, "echo 2 >> f")
            running.read_until("2\n", time.monotonic() + WAIT_S)
        said.append((running.end(None if " f" in args else 0), running.text))
    assert said[0] == said[1]


def test_standard_input_that_is_a_file_is_followed(aio):
    for program in both(aio, "tail", since=(9, 10)):
        step_in(program, "echo 1 > f")
        running = Running(program, "-s.05 -f <f")
        running.read_until("1\n", time.monotonic() + WAIT_S)
        step_in(program, "echo 2 >> f")
        running.read_until("2\n", time.monotonic() + WAIT_S)
        assert (running.end(None), running.text) == (-signal.SIGTERM, "1\n2\n")
