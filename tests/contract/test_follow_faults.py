"""What may go wrong while files are followed: each has its event, and the rest goes on."""

from __future__ import annotations

import os
import subprocess
import sys

from aiocli.engines.follow.events import Appeared, Replaced
from tests.support.following import Following, append
from tests.support.privileges import unprivileged
from tests.support.program import TIMEOUT_S
from tests.support.strace import strace

SCRIPT = """
import asyncio, os, sys
from contextlib import aclosing
from aiocli import follow, follow_events as told

async def main():
    steps = iter(sys.argv[2:])
    async with aclosing(follow(sys.argv[1].split(","), from_start=True, interval_s=0.01)) as events:
        async for event in events:
            if isinstance(event, told.Data):
                print(event.data.decode(), end="")
            elif not isinstance(event, told.Using):
                what = [getattr(event, name) for name in ('why', 'errno') if hasattr(event, name)]
                print(*what, type(event).__name__, flush=True)
            if (step := next(steps, None)) is None:
                break
            exec(step)

os.umask(0)
asyncio.run(main())
"""


def told(cwd, names, *steps, prefix=()):
    """Follow in a process; after each event the next step is taken, and what was told comes back."""
    command = [*prefix, sys.executable, "-c", SCRIPT, names, *steps]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_file_that_becomes_unreadable_is_told_and_told_again_when_it_can_be_read(tmp_path):
    tmp_path.chmod(0o777)
    place = tmp_path / "place"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    lines = told(
        place,
        "log",
        "open('log', 'w').write('one\\n')",
        "",
        "os.chmod('log', 0)",
        "os.chmod('log', 0o600)",
        "open('log', 'a').write('two\\n')",
        prefix=unprivileged(),
    )
    assert lines == ["Appeared", "one", "13 Inaccessible", "Accessible", "two"]


def test_directory_that_cannot_be_watched_is_looked_at(tmp_path):
    tmp_path.chmod(0o777)
    place = tmp_path / "place"
    place.mkdir()
    (place / "log").write_bytes(b"one\n")
    (place / "log").chmod(0o666)
    place.chmod(0o711)
    lines = told(place, "log", "", "", "open('log', 'a').write('two\\n')", prefix=unprivileged())
    assert lines == ["it cannot be watched 13 Polling", "one", "two"]


def test_read_that_fails_is_told_and_the_next_file_is_followed(tmp_path):
    (tmp_path / "log").write_bytes(b"one\n")
    inject = strace(
        "-o",
        "/dev/null",
        "-P",
        os.fspath(tmp_path / "log"),
        "-e",
        "trace=pread64",
        "-e",
        "inject=pread64:error=EIO:when=1",
    )
    lines = told(tmp_path, "log", "", "os.rename('log', 'old'); open('log', 'w').write('two\\n')", "", prefix=inject)
    assert lines == ["5 Unreadable", "Accessible", "two"]


async def test_socket_in_place_of_the_file_is_none_to_follow(tmp_path):
    import socket

    log = tmp_path / "log"
    log.write_bytes(b"one\n")
    async with Following(log, by_name=True, retries=True) as following:
        await following.until_data(b"one\n")
        log.unlink()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.fspath(log))
            await following.until(lambda: following.kinds()[-1:] and "Untailable" in following.kinds()[-1].__name__)
        log.unlink()
        log.write_bytes(b"two\n")
        await following.until_data(b"one\ntwo\n")


async def test_names_that_are_no_text_are_followed(tmp_path):
    log = os.path.join(tmp_path, os.fsdecode(b"\xff"))
    async with Following(log, by_name=True, retries=True) as following:
        append(log, b"one\n")
        await following.until_data(b"one\n")
        os.rename(log, log + ".1")
        append(log, b"two\n")
        await following.until_data(b"one\ntwo\n")
        assert set(following.kinds()) <= {Appeared, Replaced} | set(following.kinds()[1:2])
