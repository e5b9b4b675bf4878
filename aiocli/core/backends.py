"""The caio backends: what each needs, whether it works here, and if not why.

Not for contexts: `core.context` makes those. This file alone reads CAIO_IMPL from the environment.
"""

from __future__ import annotations

import errno
import os
import sys
from dataclasses import dataclass
from typing import Any

from aiocli.core.errors import BackendUnavailable


@dataclass(frozen=True, slots=True)
class Backend:
    """One way in which caio moves data.

    Attributes:
        name: as users write it.
        module: caio's submodule.
        needs: what it takes, for people.
    """

    name: str
    module: str
    needs: str


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend("uring", "linux_uring", "Linux 5.6 or newer with io_uring allowed"),
        Backend("linux", "linux_aio", "Linux 4.18 or newer with room below fs.aio-max-nr"),
        Backend("thread", "thread_aio", "caio built with its C extensions"),
        Backend("python", "python_aio", "nothing"),
    )
}

AUTO_ORDER = ("uring", "thread", "python", "linux")
"""What auto tries. linux is last: it does buffered reads and writes inside io_submit, which stalls the loop."""

# The numbers are the kernel's: 425 is common to all architectures but alpha; the older calls are not.
_IO_URING_SETUP = 425
_IO_SETUP = {
    "x86_64": (206, 207),
    "aarch64": (0, 1),
    "riscv64": (0, 1),
    "loongarch64": (0, 1),
    "i686": (245, 246),
    "armv7l": (243, 244),
    "ppc64le": (227, 228),
    "s390x": (243, 244),
}


def find(name: str) -> Backend:
    """Look a backend up.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in BACKENDS:
        raise ValueError(f"no backend {name!r}; there are {', '.join(BACKENDS)}")
    return BACKENDS[name]


def preferred_name() -> str | None:
    """Name the backend that CAIO_IMPL asks for; None if it is unset or names none."""
    name = os.environ.get("CAIO_IMPL")
    return name if name in BACKENDS else None


def working() -> list[str]:
    """List the backends that work here, in the table's order."""
    return [name for name in BACKENDS if unavailable(name) is None]


def unavailable(name: str) -> str | None:
    """Say why a backend does not work here; None if it does. Imports no backend.

    Raises:
        ValueError: there is no such backend.
    """
    from importlib.util import find_spec

    backend = find(name)
    if find_spec("caio") is None:
        return "the package caio is not installed"
    if find_spec(f"aiocli.core._caio.{backend.module}") is None:
        return f"caio was built without {backend.module}"
    probe = {"uring": _probe_uring, "linux": _probe_linux}.get(name)
    error = probe() if probe is not None else 0
    return explain(name, error) if error else None


def load(name: str) -> Any:
    """Import a backend's caio module, and no other.

    Raises:
        ValueError: there is no such backend.
        BackendUnavailable: it does not work here.
    """
    from importlib import import_module

    backend = find(name)
    try:
        return import_module(f"aiocli.core._caio.{backend.module}")
    except ImportError as error:
        raise refusal(name, unavailable(name) or str(error)) from error


def refusal(name: str, reason: str) -> BackendUnavailable:
    """Make the error for a named backend that does not work: why, and which ones do."""
    others = ", ".join(other for other in working() if other != name) or "none"
    return BackendUnavailable(f"backend {name} does not work here: {reason}; these do: {others}")


def explain(name: str, error: int) -> str:
    """Say what an errno of a backend's set-up call means on this machine."""
    call = "io_uring_setup" if name == "uring" else "io_setup" if name == "linux" else "start"
    text = f"{call}: {os.strerror(error)} ({errno.errorcode.get(error, error)})"
    cause = _cause(name, error)
    return f"{text}: {cause}" if cause else text


def _cause(name: str, error: int) -> str:
    is_filtered = _has_seccomp_filter()
    if error == errno.ENOSYS:
        return "blocked by a seccomp filter, or a kernel without it" if is_filtered else "a kernel without it"
    if error in (errno.EPERM, errno.EACCES):
        setting = _read_text("/proc/sys/kernel/io_uring_disabled") if name == "uring" else ""
        if setting not in ("", "0"):
            return f"blocked by kernel.io_uring_disabled = {setting}"
        return "blocked by a seccomp filter (docker, kubernetes)" if is_filtered else "a security policy blocks it"
    if error == errno.EAGAIN and name == "linux":
        used, limit = _read_text("/proc/sys/fs/aio-nr"), _read_text("/proc/sys/fs/aio-max-nr")
        return f"{used} of {limit} slots (fs.aio-nr of fs.aio-max-nr) are in use"
    return ""


def _has_seccomp_filter() -> bool:
    return any(line.split() == ["Seccomp:", "2"] for line in _read_text("/proc/self/status").splitlines())


def _read_text(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def _probe_uring() -> int:
    """Set up a ring of one entry and close it; the errno, or 0."""
    if not sys.platform.startswith("linux"):
        return errno.ENOSYS
    import ctypes

    fd = _system_call(_IO_URING_SETUP, 1, ctypes.create_string_buffer(120))  # struct io_uring_params, zeroed
    if fd < 0:
        return -fd
    os.close(fd)
    return 0


def _probe_linux() -> int:
    """Set up a libaio context of one slot and destroy it; the errno, or 0."""
    if not sys.platform.startswith("linux"):
        return errno.ENOSYS
    numbers = _IO_SETUP.get(os.uname().machine)
    if numbers is None:
        return 0  # unknown numbers: loading the module tells
    import ctypes

    context = ctypes.c_ulong(0)
    result = _system_call(numbers[0], 1, ctypes.byref(context))
    if result < 0:
        return -result
    _system_call(numbers[1], context)
    return 0


def _system_call(*arguments: Any) -> int:
    """Make a raw system call; its result, or minus the errno."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    result = int(libc.syscall(*arguments))
    return -ctypes.get_errno() if result < 0 else result
