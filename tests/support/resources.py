"""What this process holds open, and waiting until that is as expected."""

import gc
import os
import threading
import time


def open_fds():
    """The open descriptors and what they lead to, without the one that lists them."""
    found = {}
    for fd in os.listdir("/proc/self/fd"):
        try:
            found[int(fd)] = os.readlink(f"/proc/self/fd/{fd}")
        except FileNotFoundError:
            continue
    return found


def count_fds():
    """Count the open descriptors that no garbage holds (multiprocessing's pools are cyclic)."""
    gc.collect()
    return len(open_fds())


def is_open(fd):
    return fd in open_fds()


def native_threads():
    """Threads of this process, C threads among them."""
    return len(os.listdir("/proc/self/task"))


def wait_until(condition, timeout_s=10.0):
    """Wait for a condition that another thread or the kernel brings about."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain"
        threading.Event().wait(0.001)


async def loop_until(condition, timeout_s=10.0):
    """Let the loop run until a condition holds."""
    import asyncio

    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain"
        await asyncio.sleep(0.001)
