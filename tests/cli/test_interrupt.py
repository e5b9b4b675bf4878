"""Ctrl-C on a real terminal: the first stops cleanly, the second at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from tests.support.program import Started, environment
from tests.support.resources import WAIT_S, is_asleep, open_fds, wait_until
from tests.support.terminal import Terminal
from tests.support.trees import is_copied_by_two, make_endless_tree

CTRL_C = b"\x03"
ECHO = b"^C"
"""What a terminal shows of it, unless the program has closed it by then: the signal goes first."""

# A command whose cleaning up lasts until it is told to end: real ones are too quick for a second Ctrl-C.
SLOW = """
import os, sys, types
import click
from aiocli.__main__ import main
from aiocli.commands import COMMANDS
from aiocli.ui.body import run_body
from aiocli.ui.command import GnuCommand

async def run():
    try:
        print("working", flush=True)
        os.read(0, 1)
    finally:
        print("cleaning", flush=True)
        os.read(0, 1)
        print("clean", flush=True)

@click.command("slow", cls=GnuCommand)
@click.pass_context
def command(ctx):
    return run_body(ctx, lambda report: run())

COMMANDS["slow"] = "Waits."
sys.modules["aiocli.commands.slow"] = types.ModuleType("slow")
sys.modules["aiocli.commands.slow"].command = command
sys.argv = ["aio", "slow"]
main()
"""


def slow(cwd):
    return Started(
        [sys.executable, "-c", SLOW],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def wait_until_it_works(process):
    assert process.stdout.readline() == b"working\n"
    wait_until(lambda: is_asleep(process.pid))  # a signal just before a call that blocks does not end it


@pytest.mark.parametrize("line", [("cat",), ("cat", "-n"), ("hash",), ("tail",), ("tail", "-f", "src")], ids=" ".join)
def test_ctrl_c_ends_the_foreground_program_in_silence(aio, line):
    (aio.cwd / "src").write_bytes(b"data\n")
    with Terminal([str(aio.path), *line], aio.cwd) as terminal:
        pid = terminal.process.pid
        if "src" in line:
            terminal.read_until(b"data\r\n")
            wait_until(lambda: any("inotify" in link for link in open_fds(pid).values()))
        else:
            terminal.type(b"line\n")
            while terminal.shown.count(b"line\r\n") < (2 if "cat" in line else 1):  # one is the echo
                terminal.read_until(b"\n")
            wait_until(terminal.has_taken_all)
        wait_until(lambda: is_asleep(pid))
        before = terminal.shown
        terminal.type(CTRL_C)
        assert terminal.read_all().removesuffix(ECHO) == before
        assert terminal.process.wait() == -signal.SIGINT


def test_first_ctrl_c_lets_the_command_clean_up(tmp_path):
    with slow(tmp_path) as process:
        wait_until_it_works(process)
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline() == b"cleaning\n"
        process.stdin.write(b".")
        process.stdin.close()
        assert process.stdout.read() == b"clean\n"
        assert process.stderr.read() == b""
    assert process.returncode == -signal.SIGINT


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_second_signal_ends_it_at_once(tmp_path, first, second):
    with slow(tmp_path) as process:
        wait_until_it_works(process)
        os.killpg(process.pid, first)
        assert process.stdout.readline() == b"cleaning\n"
        os.killpg(process.pid, second)
        assert process.stdout.read() == b""
        assert process.stderr.read() == b""
    assert process.returncode == -second


def test_terminal_that_hangs_up_twice_does_not_cut_cleaning_short(tmp_path):
    with slow(tmp_path) as process:
        wait_until_it_works(process)
        os.killpg(process.pid, signal.SIGHUP)
        assert process.stdout.readline() == b"cleaning\n"
        os.killpg(process.pid, signal.SIGHUP)
        process.stdin.write(b".")
        process.stdin.close()
        assert process.stdout.read() == b"clean\n"
    assert process.returncode == -signal.SIGHUP


@pytest.mark.slow
def test_ctrl_c_reaches_a_tree_and_all_its_workers(aio):
    make_endless_tree(aio.cwd / "src")
    command = [str(aio.path), "cp", "-r", "--copy-contents", "--jobs=2", "--progress=never", "src", "dst"]
    with Terminal(command, aio.cwd) as terminal:
        wait_until(lambda: is_copied_by_two(terminal.process.pid, aio.cwd / "dst"))
        terminal.type(CTRL_C)
        shown = terminal.read_all()  # ends when the last worker has closed the terminal, too
        assert terminal.process.wait() == -signal.SIGINT
    assert shown in (b"", ECHO)


EARLY = """
import os, signal, sys
from aiocli.__main__ import main

class Interrupting:
    def find_spec(name, path, target=None):
        if name == "asyncio":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting)
sys.argv = ["aio", "cat", "-n", "--backend=python", "-"]
main()
"""


def test_ctrl_c_while_a_loop_is_made_ends_it_in_silence(tmp_path):
    with Started(
        [sys.executable, "-c", EARLY],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.PIPE,  # which never ends
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout.read() == b""
        assert process.wait(WAIT_S) == -signal.SIGINT
        assert process.stderr.read() == b""


def test_ctrl_c_ends_a_copy_whose_reader_does_not_read(aio):
    with (aio.cwd / "data").open("wb") as file:
        file.truncate(40_000_000)
    command = [str(aio.path), "cat", "--no-cache", "data"]
    with Started(command, cwd=aio.cwd, env=environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == -signal.SIGINT


BETWEEN_STEPS = """
import asyncio.events, os, sys
from aiocli.__main__ import main

number = int(sys.argv.pop())
run = asyncio.events.Handle._run

def interrupt_then_run(handle):
    if "wakeup" in repr(handle).lower():  # the loop has taken up a task's turn
        asyncio.events.Handle._run = run
        os.kill(os.getpid(), number)
    run(handle)

asyncio.events.Handle._run = interrupt_then_run
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_between_two_steps_of_tasks_loses_no_turn(aio, number):
    (aio.cwd / "log").write_bytes(b"one\n")
    command = [sys.executable, "-c", BETWEEN_STEPS, "tail", "-f", "log", str(int(number))]
    with Started(command, cwd=aio.cwd, env=environment(), stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"one\n"
        with (aio.cwd / "log").open("ab") as log:
            log.write(b"two\n")
        try:
            assert process.wait(WAIT_S) == -number
        finally:
            process.kill()
