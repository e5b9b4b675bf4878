"""The progress bar as a terminal gets it, and as lines elsewhere."""

from __future__ import annotations

import os
import pty
import select
import time

from tests.support.program import Program

WAIT_S = 20.0


def rest_of(terminal: int) -> bytes:
    """What a terminal still holds that its program has left."""
    data = b""
    try:
        while chunk := os.read(terminal, 65536):
            data += chunk
    except OSError:  # EIO: nobody has the other end open any more, and everything is read
        pass
    return data


def test_a_bar_shows_on_a_terminal_while_work_lasts_and_leaves_it_clean(aio: Program) -> None:
    ours, theirs = pty.openpty()
    with aio.start("hash", stderr=theirs, env={"TERM": "xterm", "COLUMNS": "80"}) as process:
        os.close(theirs)
        assert process.stdin is not None
        seen, deadline = b"", time.monotonic() + WAIT_S
        while b"/s" not in seen and time.monotonic() < deadline:
            process.stdin.write(b"x" * 1000)
            process.stdin.flush()
            if select.select([ours], [], [], 0.05)[0]:
                seen += os.read(ours, 65536)
        assert b"/s" in seen
        process.stdin.close()
        assert process.wait(WAIT_S) == 0
        assert process.stdout is not None
        assert process.stdout.read().endswith(b"  -\n")
        seen += rest_of(ours)
    os.close(ours)
    assert seen.rstrip().endswith((b"\x1b[2K", b"\x1b[?25h"))  # the line is cleared, the cursor is back


def test_short_work_shows_nothing(aio: Program) -> None:
    (aio.cwd / "file").write_bytes(b"x" * 100_000)
    ours, theirs = pty.openpty()
    result = aio("cp", "file", "copy", stderr=theirs)
    os.close(theirs)
    assert result.status == 0
    assert rest_of(ours) == b""
    os.close(ours)


def test_without_a_terminal_always_prints_lines_and_never_none(aio: Program) -> None:
    (aio.cwd / "file").write_bytes(b"x" * 100_000)
    result = aio("cp", "--progress=always", "file", "copy")
    assert result.status == 0
    assert result.stderr.startswith(b"aio cp: file: 97.7 KiB of 97.7 KiB, 100%, ")
    assert aio("cp", "--progress=never", "file", "copy").stderr == b""
    assert aio("cp", "file", "copy").stderr == b""
