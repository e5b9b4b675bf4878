"""`aio hash --json`: every line is what the schema says, and says what happened."""

from __future__ import annotations

import base64
import hashlib
import os
import select
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.json_events import events_of

if TYPE_CHECKING:
    from tests.support.program import Program, Result

DATA = b"data\n"


def told(output: bytes, *kinds: str) -> list[dict[str, Any]]:
    """Parse output, checking each line against the schema; return the events of some kinds, of all if none is named."""
    events = events_of(output, with_progress="progress" in kinds)
    for event in events:
        assert event.pop("v") == 1
    return [event for event in events if not kinds or event["event"] in kinds]


def file(path: str, data: bytes, *algorithms: str) -> dict[str, Any]:
    digests = {name: hashlib.new(name, data).hexdigest() for name in algorithms or ("sha256",)}
    return {"event": "file", "path": path, "size": len(data), "digests": digests}


def hashed(aio: Program, *args: str, **run: Any) -> Result:
    (aio.cwd / "src").write_bytes(DATA)
    return aio("hash", "--json", *args, **run)


def test_files_come_between_start_and_summary(aio: Program) -> None:
    result = hashed(aio, "-a", "md5,sha1", "src", "-", stdin=b"in")
    assert (result.status, result.stderr) == (0, b"")
    start, *files, summary = told(result.stdout)
    assert start == {
        "event": "start",
        "path": "total",
        "total_bytes": None,
        "total_files": None,
        "is_dry_run": False,
    }
    assert files == [file("src", DATA, "md5", "sha1"), file("-", b"in", "md5", "sha1")]
    assert summary.pop("seconds") >= 0
    assert summary == {"event": "summary", "files": 2, "bytes": 7, "errors": 0}


def test_totals_of_files_are_known_beforehand(aio: Program) -> None:
    start = told(hashed(aio, "src", "src").stdout, "start")[0]
    assert (start["total_bytes"], start["total_files"]) == (2 * len(DATA), 2)


def test_failures_are_told_here_and_on_standard_error(aio: Program) -> None:
    (aio.cwd / "folder").mkdir()
    result = hashed(aio, "missing", "src", "folder")
    errors = told(result.stdout, "error")
    assert result.status == 1
    assert [(event["path"], event["errno"]) for event in errors] == [("missing", "ENOENT"), ("folder", "EISDIR")]
    assert result.stderr.decode() == "".join(f"aio hash: {event['message']}\n" for event in errors)
    assert told(result.stdout, "file") == [file("src", DATA)]
    assert told(result.stdout, "summary")[0]["errors"] == 2


def test_what_a_tree_holds_is_told_with_what_is_passed_over(aio: Program) -> None:
    (aio.cwd / "tree/deep").mkdir(parents=True)
    (aio.cwd / "tree/a").write_bytes(DATA)
    (aio.cwd / "tree/deep/b").write_bytes(b"")
    os.mkfifo(aio.cwd / "tree/fifo")
    result = hashed(aio, "-r", "tree")
    assert told(result.stdout, "file") == [file("tree/a", DATA), file("tree/deep/b", b"")]
    (warning,) = told(result.stdout, "warning")
    assert (warning["path"], result.status) == ("tree/fifo", 0)
    assert result.stderr.decode() == f"aio hash: {warning['message']}\n"


def test_names_that_are_no_utf8_come_as_bytes_too(aio: Program) -> None:
    name = os.fsdecode(b"caf\xe9\n")
    (aio.cwd / name).write_bytes(b"x")
    (event,) = told(hashed(aio, name).stdout, "file")
    assert event["path"] == "caf\ufffd\n"
    assert base64.b64decode(event["path_b64"]) == b"caf\xe9\n"


@pytest.mark.parametrize("options", ["--base64", "--tag", "-z", "--untagged", "-b", "--plain"])
def test_forms_of_lines_change_nothing(aio: Program, options: str) -> None:
    assert told(hashed(aio, options, "src").stdout, "file") == [file("src", DATA)]


def test_it_goes_to_a_file_where_one_is_named(aio: Program) -> None:
    assert hashed(aio, "-o", "list", "src").outcome() == (0, b"", b"")
    assert [event["event"] for event in told((aio.cwd / "list").read_bytes())] == ["start", "file", "summary"]


def test_names_of_algorithms_are_the_tables(aio: Program) -> None:
    (event,) = told(hashed(aio, "-a", "SHA-1,crc32,blake2b-128,b3sum", "src").stdout, "file")
    assert [*event["digests"]] == ["sha1", "crc32b", "blake2b-128", "blake3"]


def test_progress_is_told_while_data_come(aio: Program) -> None:
    with aio.start("hash", "--json") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while b'"progress"' not in lines[-1]:
            process.stdin.write(bytes(65536))
            process.stdin.flush()
            if select.select([process.stdout], [], [], 0.01)[0]:
                lines.append(process.stdout.readline())
        process.stdin.close()
        lines += process.stdout.readlines()
    progress = next(iter(told(b"".join(lines), "progress")))
    assert progress["bytes"] > 0
    assert (progress["total_bytes"], progress["unwritten_bytes"]) == (None, 0)


def test_a_full_standard_output_stops_the_command(aio: Program) -> None:
    with open("/dev/full", "wb") as full:
        result = hashed(aio, "src", stdout=full)
    assert (result.status, result.stderr) == (1, b"aio hash: write error: No space left on device\n")


def test_nobody_who_reads_ends_the_command_by_a_broken_pipe(aio: Program) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    result = hashed(aio, "src", stdout=theirs)
    os.close(theirs)
    assert (result.status, result.stderr) == (-signal.SIGPIPE, b"")
