"""The table of backends and the reasons why one does not work."""

import errno
import os
import subprocess
import sys

import pytest

from aiocli.core import backends


def test_table_names_four_backends():
    assert list(backends.BACKENDS) == ["uring", "linux", "thread", "python"]
    assert set(backends.AUTO_ORDER) == set(backends.BACKENDS)
    assert backends.AUTO_ORDER[-1] == "linux"


@pytest.mark.parametrize("function", [backends.unavailable, backends.load, backends.find])
def test_unknown_name_lists_the_known_ones(function):
    with pytest.raises(ValueError, match="no backend 'nonsense'; there are uring, linux, thread, python"):
        function("nonsense")


def test_python_backend_always_works():
    assert backends.unavailable("python") is None
    assert "python" in backends.working()


def test_loading_a_backend_gives_its_classes():
    module = backends.load("python")
    assert module.Context
    assert module.Operation


@pytest.mark.parametrize(
    ("value", "name"), [("thread", "thread"), ("uring", "uring"), ("", None), ("nonsense", None), (None, None)]
)
def test_caio_impl_counts_if_it_names_a_backend(monkeypatch, value, name):
    monkeypatch.delenv("CAIO_IMPL", raising=False)
    if value is not None:
        monkeypatch.setenv("CAIO_IMPL", value)
    assert backends.preferred_name() == name


def test_reason_has_the_call_and_the_errno():
    assert backends.explain("uring", errno.EPERM).startswith("io_uring_setup: Operation not permitted (EPERM): ")
    assert backends.explain("uring", errno.ENOSYS).startswith("io_uring_setup: Function not implemented (ENOSYS)")
    assert "of fs.aio-max-nr" in backends.explain("linux", errno.EAGAIN)
    assert backends.explain("uring", errno.EMFILE) == f"io_uring_setup: {os.strerror(errno.EMFILE)} (EMFILE)"


def test_setting_that_forbids_io_uring_is_named(monkeypatch):
    texts = {"/proc/sys/kernel/io_uring_disabled": "2"}
    monkeypatch.setattr(backends, "_read_text", lambda path: texts.get(path, ""))
    assert "kernel.io_uring_disabled = 2" in backends.explain("uring", errno.EPERM)


def test_seccomp_filter_is_named(monkeypatch):
    texts = {"/proc/sys/kernel/io_uring_disabled": "0", "/proc/self/status": "Name:\tx\nSeccomp:\t2\n"}
    monkeypatch.setattr(backends, "_read_text", lambda path: texts.get(path, ""))
    assert "seccomp" in backends.explain("uring", errno.EPERM)
    assert "seccomp" in backends.explain("linux", errno.ENOSYS)


def test_probe_that_fails_is_the_reason(monkeypatch):
    monkeypatch.setattr(backends, "_system_call", lambda *_: -errno.ENOSYS)
    assert "ENOSYS" in backends.unavailable("uring")
    assert "ENOSYS" in backends.unavailable("linux")
    assert backends.working() == ["thread", "python"]
    refusal = str(backends.refusal("uring", "because"))
    assert refusal == "backend uring does not work here: because; these do: thread, python"


def test_missing_extension_is_the_reason(monkeypatch):
    monkeypatch.setitem(backends.BACKENDS, "thread", backends.Backend("thread", "no_such_module", ""))
    assert backends.unavailable("thread") == "caio was built without no_such_module"
    with pytest.raises(backends.BackendUnavailable, match=r"built without no_such_module; these do: .*python"):
        backends.load("thread")


def test_importing_the_table_imports_nothing_heavy():
    script = (
        "import sys, aiocli.core.backends\n"
        "print([name for name in ('asyncio', 'caio', 'ctypes', 'threading') if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, env=_path_env())
    assert ended.stdout == "[]\n", ended.stderr


def _path_env():
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
