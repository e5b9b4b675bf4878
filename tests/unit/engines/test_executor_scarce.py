"""The pool of forked processes where processes and threads are scarce, or vanish: each time in a new process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from aiocli.engines.executor import SWITCH_S, BrokenPool, ForkPool, fork_pool
from tests.support.resources import open_fds, wait_until
from tests.support.scarcity import limited
from tests.unit.engines.test_executor import is_gone, pid_of_worker

ROOT = Path(__file__).parents[3]


def output_of(name, prefix=(), *arguments):
    """What a function of this file prints in an interpreter of its own, with warnings as errors."""
    module = "tests.unit.engines.test_executor_scarce"
    command = [*prefix, sys.executable, "-X", "dev", "-B", "-W", "error", "-m", module, name, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def make_a_pool():
    before = open_fds()
    pool = fork_pool(2)
    if pool is not None:
        with pool:
            assert set(pool.map(pid_of_worker, range(20))) <= set(pool.pids)
    print(0 if pool is None else len(pool.pids))
    assert open_fds() == before
    assert threading.active_count() == 1
    try:
        os.waitpid(-1, 0)
    except ChildProcessError:  # no worker is left behind
        return
    raise AssertionError("a worker is left")


@pytest.mark.parametrize(
    ("nproc", "nworkers"),
    [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2)],  # each worker takes a process and a thread that feeds it
)
def test_a_pool_has_as_many_workers_as_can_be_had(nproc, nworkers):
    if os.geteuid() != 0:
        pytest.skip("only root can be a user without other processes")
    assert output_of("make_a_pool", limited(nproc)) == f"{nworkers}\n"


def lose_idle_workers():
    with ForkPool(3) as pool:
        alive, *others = pool.pids
        for pid in others:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: is_gone(pid))
        print(set(pool.map(pid_of_worker, range(50))) == {alive})


def test_what_a_worker_never_got_is_done_by_another():
    assert output_of("lose_idle_workers") == "True\n"


def lose_all_idle_workers():
    with ForkPool(2) as pool:
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda pid=pid: is_gone(pid))
        try:
            print(pool.submit(pid_of_worker).exception())
        except BrokenPool as error:
            print(error)


def test_when_all_workers_have_vanished_the_unit_fails():
    assert output_of("lose_all_idle_workers") == "no worker is left\n"


def change_the_switch_interval():
    usual = sys.getswitchinterval()
    with ForkPool(1):
        assert sys.getswitchinterval() == SWITCH_S
    assert sys.getswitchinterval() == usual
    sys.setswitchinterval(SWITCH_S / 2)
    with ForkPool(1):
        assert sys.getswitchinterval() == SWITCH_S / 2
    assert sys.getswitchinterval() == SWITCH_S / 2


def test_the_switch_interval_is_as_before_when_the_pool_has_ended():
    assert output_of("change_the_switch_interval") == ""


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
