"""What this process holds open, and waiting until that is as expected."""

import fcntl
import gc
import os
import struct
import termios
import threading
import time
from collections import Counter

WAIT_S = 60.0
"""After which what is waited for is said not to come: no test takes so long, however busy the machine is."""

DEAD_PID = 2**31 - 2
"""A process that cannot be: no kernel counts so far."""


def open_fds(pid="self"):
    """The open descriptors of a process and what they lead to, without the one that lists them."""
    found = {}
    for fd in os.listdir(f"/proc/{pid}/fd"):
        try:
            found[int(fd)] = os.readlink(f"/proc/{pid}/fd/{fd}")
        except FileNotFoundError:
            continue
    return found


def is_asleep(pid):
    """Tell whether a process waits for something that may never come."""
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0] == "S"


def opened_since(before):
    """What is open and was not then, the same file twice if it is, without what garbage holds.

    What an earlier test has left to a thread or to the kernel may be closed meanwhile: counts would change by that.

    Args:
        before: what `open_fds` told then.
    """
    gc.collect()  # multiprocessing's pools are cyclic
    return sorted((Counter(open_fds().values()) - Counter(before.values())).elements())


def is_read_up(pipe):
    """Tell whether nothing is left in a pipe or terminal to be read."""
    count = fcntl.ioctl(pipe, termios.FIONREAD, struct.pack("i", 0))
    return struct.unpack("i", count)[0] == 0


def is_open(fd):
    return fd in open_fds()


def native_threads():
    """Threads of this process, C threads among them."""
    return len(os.listdir("/proc/self/task"))


def wait_until(condition, timeout_s=WAIT_S):
    """Wait for a condition that another thread or the kernel brings about."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain"
        threading.Event().wait(0.001)


async def loop_until(condition, timeout_s=WAIT_S):
    """Let the loop run until a condition holds."""
    import asyncio

    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout_s} s in vain"
        await asyncio.sleep(0.001)
