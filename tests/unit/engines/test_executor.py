"""The pool of forked processes. A pool needs a process without threads, so each test runs in one of its own."""

from __future__ import annotations

import errno
import functools
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from aiocli.engines.executor import BrokenPool, ForkPool
from tests.support.program import Started
from tests.support.resources import open_fds, wait_until

ROOT = Path(__file__).parents[3]


def alone(test):
    """Run a test in an interpreter of its own, with warnings as errors."""
    if __name__ == "__main__":
        return test

    @functools.wraps(test)
    def in_a_new_process():
        done = run(test.__name__, timeout=60)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    return in_a_new_process


def run(name, **options):
    """Run a function of this file in an interpreter of its own."""
    command = [sys.executable, "-X", "dev", "-W", "error", "-m", "tests.unit.engines.test_executor", name]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def add(left, right=0):
    return left + right


def pid_of_worker(_=None):
    return os.getpid()


def fail_with(error):
    raise error


def wait_for_byte(fd):
    return os.read(fd, 1)


def tell_and_wait(told_fd, fd):
    os.write(told_fd, b"!")
    return os.read(fd, 1)


def error_of(function, *args):
    """What a call raises; pytest.raises would make the interpreter of each test load pytest."""
    try:
        function(*args)
    except BaseException as error:
        return error
    return None


def fail_with_picky():
    raise Picky("this", "that")


def fail_with_lock():
    raise ValueError(threading.Lock())


def is_gone(pid):
    """Whether a process has ended; a zombie has, its parent only has not asked yet."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # gone before it is opened, or between that and the read
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


class Picky(Exception):
    """Can be pickled, but not made again from its args."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


@alone
def test_results_come_in_the_order_of_the_units():
    with ForkPool(3) as pool:
        assert list(pool.map(add, range(500), range(500))) == [2 * number for number in range(500)]
        assert pool.submit(add, 1, right=2).result() == 3


@alone
def test_units_run_in_the_workers():
    with ForkPool(2) as pool:
        assert len(set(pool.pids)) == 2
        assert os.getpid() not in pool.pids
        assert pool.submit(pid_of_worker).result() in pool.pids


@alone
def test_units_run_at_the_same_time():
    read, write = os.pipe()
    with ForkPool(2) as pool:
        waiting = pool.submit(wait_for_byte, read)
        pool.submit(os.write, write, b"x").result()
        assert waiting.result() == b"x"


@alone
def test_large_arguments_and_results_pass():
    text = b"x" * (8 << 20)
    with ForkPool(1) as pool:
        assert pool.submit(add, text, b"y").result() == text + b"y"


@alone
def test_an_exception_of_a_unit_comes_back_and_the_worker_goes_on():
    with ForkPool(1) as pool:
        error = pool.submit(fail_with, FileNotFoundError(2, "No such file", "name")).exception()
        assert (type(error), error.errno, error.filename) == (FileNotFoundError, 2, "name")
        assert "in fail_with" in error.__notes__[0]
        assert isinstance(pool.submit(sys.exit, 3).exception(), SystemExit)
        assert pool.submit(add, 1).result() == 1


@alone
def test_an_exception_that_cannot_travel_comes_back_as_its_text():
    with ForkPool(1) as pool:
        picky = pool.submit(fail_with_picky).exception()
        assert (type(picky), str(picky)) == (RuntimeError, "Picky: this and that")
        unpicklable = pool.submit(fail_with_lock).exception()
        assert type(unpicklable) is RuntimeError
        assert str(unpicklable).startswith("ValueError: <unlocked")
        assert pool.submit(add, 1).result() == 1


@alone
def test_a_result_that_cannot_be_pickled_is_an_exception_of_its_unit():
    with ForkPool(1) as pool:
        assert "pickle" in str(pool.submit(threading.Lock).exception())
        assert pool.submit(add, 1).result() == 1


@alone
def test_a_result_that_cannot_be_unpickled_is_an_exception_of_its_unit():
    with ForkPool(1) as pool:
        assert isinstance(pool.submit(Unloadable).exception(), ValueError)
        assert pool.submit(add, 1).result() == 1


class Unloadable:
    def __reduce__(self):
        return int, ("no number",)


@alone
def test_an_argument_that_cannot_be_pickled_is_refused_at_once():
    with ForkPool(1) as pool:
        assert isinstance(error_of(pool.submit, add, lambda: None), (pickle.PicklingError, AttributeError))


@alone
def test_a_killed_worker_fails_its_unit_and_the_others_go_on():
    read, _write = os.pipe()
    told, tell = os.pipe()
    with ForkPool(2) as pool:
        waiting = pool.submit(tell_and_wait, tell, read)
        os.read(told, 1)
        alive = pool.submit(pid_of_worker).result()
        (busy,) = set(pool.pids) - {alive}
        os.kill(busy, signal.SIGKILL)
        error = waiting.exception()
        assert isinstance(error, BrokenPool)
        assert str(busy) in str(error)
        assert set(pool.map(pid_of_worker, range(50))) == {alive}


@alone
def test_when_all_workers_are_dead_pending_units_fail_and_new_ones_are_refused():
    read, _write = os.pipe()
    with ForkPool(2) as pool:
        futures = [pool.submit(wait_for_byte, read) for _ in range(10)]
        for pid in pool.pids:
            os.kill(pid, signal.SIGKILL)
        assert all(isinstance(future.exception(), BrokenPool) for future in futures)
        wait_until(lambda: threading.active_count() == 1)
        assert isinstance(error_of(pool.submit, add, 1), BrokenPool)


@alone
def test_workers_ignore_ctrl_c_and_end_by_sigterm():
    with ForkPool(1) as pool:
        (pid,) = pool.pids
        pool.submit(add, 1).result()
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGUSR1)
        assert pool.submit(pid_of_worker).result() == pid
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: is_gone(pid))


@alone
def test_handlers_of_the_parent_do_not_run_in_workers():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, lambda *_: print("handled"))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with ForkPool(1) as pool:
        ignored, default = signal.SIG_IGN, signal.SIG_DFL
        numbers = (signal.SIGINT, signal.SIGUSR1, signal.SIGHUP, signal.SIGPIPE, signal.SIGTERM)
        assert list(pool.map(signal.getsignal, numbers)) == [ignored, ignored, ignored, ignored, default]
        assert pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result() == set()
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


@alone
def test_nothing_stays_open_and_no_worker_is_left():
    before = open_fds()
    with ForkPool(3) as pool:
        list(pool.map(add, range(10)))
    assert open_fds() == before
    assert threading.active_count() == 1
    assert all(not Path(f"/proc/{pid}").exists() for pid in pool.pids)


@alone
def test_a_worker_has_no_sockets_but_its_own():
    with ForkPool(3) as pool:
        held = [pool.submit(open_fds).result() for _ in range(20)]
    for fds in held:
        assert sum(target.startswith("socket:") for target in fds.values()) == 1


@alone
def test_shutdown_without_waiting_still_does_what_was_asked():
    read, write = os.pipe()
    pool = ForkPool(1)
    waiting, pending = pool.submit(wait_for_byte, read), pool.submit(add, 1)
    pool.shutdown(wait=False)
    assert not waiting.done()
    os.write(write, b"x")
    assert (waiting.result(), pending.result()) == (b"x", 1)
    wait_until(lambda: is_gone(pool.pids[0]))
    pool.shutdown()
    assert type(error_of(pool.submit, add, 1)) is RuntimeError


@alone
def test_shutdown_can_cancel_what_has_not_begun():
    read, write = os.pipe()
    told, tell = os.pipe()
    pool = ForkPool(1)
    waiting = pool.submit(tell_and_wait, tell, read)
    os.read(told, 1)
    pending = [pool.submit(add, 1) for _ in range(5)]
    pool.shutdown(wait=False, cancel_futures=True)
    os.write(write, b"x")
    pool.shutdown()
    assert waiting.result() == b"x"
    assert all(future.cancelled() for future in pending)


@alone
def test_leaving_by_an_exception_cancels_what_has_not_begun():
    read, write = os.pipe()
    told, tell = os.pipe()
    with suppress(KeyboardInterrupt), ForkPool(1) as pool:
        waiting = pool.submit(tell_and_wait, tell, read)
        os.read(told, 1)
        pending = pool.submit(add, 1)
        pending.add_done_callback(lambda _: os.write(write, b"x"))
        raise KeyboardInterrupt
    assert waiting.result() == b"x"
    assert pending.cancelled()


@alone
def test_a_cancelled_unit_is_not_done():
    read, write = os.pipe()
    with ForkPool(1) as pool:
        pool.submit(wait_for_byte, read)
        pending = [pool.submit(add, number) for number in range(3)]
        assert pending[1].cancel()
        os.write(write, b"x")
        assert [future.result() for future in pending if not future.cancelled()] == [0, 2]


@alone
def test_a_pool_is_refused_once_there_are_threads():
    release = threading.Event()
    other = threading.Thread(target=release.wait)
    other.start()
    error = error_of(ForkPool, 1)
    release.set()
    other.join()
    assert type(error) is RuntimeError
    assert "threads" in str(error)


@alone
def test_a_pool_is_refused_while_a_loop_runs():
    import asyncio

    async def make():
        ForkPool(1)

    error = error_of(asyncio.run, make())
    assert type(error) is RuntimeError
    assert "loop" in str(error)


@alone
def test_without_descriptors_no_worker_is_left_behind():
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = open_fds()
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(before) + 5, hard))
    assert error_of(ForkPool, 20).errno == errno.EMFILE
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    assert open_fds() == before
    assert isinstance(error_of(os.waitpid, -1, 0), ChildProcessError)


def parent_that_exits_without_shutdown():
    import atexit

    atexit.register(print, "atexit")
    print("buffered", end=" ")
    try:
        pool = ForkPool(2)
        print(pool.submit(add, 1).result(), end=" ")
    finally:
        print("finally", end=" ")


def test_workers_run_nothing_of_the_parents_end():
    done = run("parent_that_exits_without_shutdown", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "buffered 1 finally atexit\n"


def parent_with_busy_and_idle_workers():
    read, _write = os.pipe()
    told, tell = os.pipe()
    pool = ForkPool(3)
    pool.submit(tell_and_wait, tell, read)
    os.read(told, 1)
    print(*pool.pids, flush=True)
    pool.submit(time.sleep, 1000).result()


def test_no_worker_outlives_a_killed_parent():
    command = [sys.executable, "-m", "tests.unit.engines.test_executor", "parent_with_busy_and_idle_workers"]
    with Started(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3
        assert not any(map(is_gone, pids))
        parent.kill()
        wait_until(lambda: all(map(is_gone, pids)))


if __name__ == "__main__":
    globals()[sys.argv[1]]()
