"""When lines of `aio hash` come: at once, as soon as what follows may take long."""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.cli.test_tail import read_until


@pytest.mark.parametrize("options", [(), ("--json",), ("-a", "md5,sha256"), ("--backend=thread",)], ids=str)
def test_lines_do_not_wait_for_a_file_that_is_slow(aio, options):
    names = [f"file{number}" for number in range(5)]
    for name in names:
        (aio.cwd / name).write_text(name)
    os.mkfifo(aio.cwd / "fifo")
    with aio.start("hash", *options, *names, "fifo") as process:
        told = b""
        while hashlib.sha256(b"file4").hexdigest().encode() not in told:
            told += process.stdout.read1()
        assert b"file0" in told
        (aio.cwd / "fifo").write_text("late")
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (0, b"")
    assert hashlib.sha256(b"late").hexdigest().encode() in stdout


def test_results_of_a_check_do_not_wait_for_a_file_that_is_slow(aio):
    (aio.cwd / "file").write_text("data")
    os.mkfifo(aio.cwd / "fifo")
    lines = [(hashlib.sha256(data).hexdigest(), name) for data, name in ((b"data", "file"), (b"late", "fifo"))]
    (aio.cwd / "list").write_text("".join(f"{digest}  {name}\n" for digest, name in lines))
    with aio.start("hash", "-c", "list") as process:
        assert read_until(process.stdout.fileno(), b"file: OK\n") == b"file: OK\n"
        (aio.cwd / "fifo").write_text("late")
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout, stderr) == (0, b"fifo: OK\n", b"")
