"""What `aio tail --state` does where a file that was rotated away cannot be read."""

from __future__ import annotations

import os

from tests.support.strace import injecting


def test_a_rotated_file_that_cannot_be_read_is_told_and_the_rest_goes_on(aio):
    log = aio.cwd / "log"
    log.write_bytes(b"one\n")
    assert aio("tail", "--state=seen", "log").outcome() == (0, b"one\n", b"")
    with log.open("ab") as file:
        file.write(b"two\n")
    log.rename(aio.cwd / "log.2")
    (aio.cwd / "log.1").write_bytes(b"three\n")
    log.write_bytes(b"four\n")
    for age, name in enumerate(("log", "log.1", "log.2")):
        os.utime(aio.cwd / name, (1_000_000 - age, 1_000_000 - age))
    result = aio("tail", "--state=seen", "log", prefix=injecting("openat:error=EACCES", aio.cwd / "log.1"))
    lost = b"aio tail: log: some of it may be missing here: log.1: Permission denied\n"
    assert result.outcome() == (1, b"two\nfour\n", lost)
    assert aio("tail", "--state=seen", "log").outcome() == (0, b"", b"")


def test_a_rotated_file_that_cannot_be_read_matters_no_less_without_the_log(aio):
    log = aio.cwd / "log"
    log.write_bytes(b"one\n")
    assert aio("tail", "--state=seen", "log").status == 0
    log.rename(aio.cwd / "log.1")
    result = aio("tail", "--state=seen", "log", prefix=injecting("pread64:error=EIO", aio.cwd / "log.1"))
    assert (result.status, result.stdout) == (1, b"")
    assert b"bug" not in result.stderr
    assert result.stderr.startswith(b"aio tail: cannot open 'log' for reading: No such file or directory\n")
