"""`aio cp --json`: every line is what the schema says, and says what happened."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.support.json_events import SCHEMA, VALIDATOR, events_of
from tests.support.program import Program, Result
from tests.support.resources import WAIT_S

if TYPE_CHECKING:
    from collections.abc import Callable

ODD = os.fsdecode(b"caf\xe9\n")


def told(result: Result, *kinds: str) -> list[dict[str, Any]]:
    """Return the events, those of some kinds if any are named, without what is the same in all."""
    events = events_of(result.stdout)
    assert events[0]["event"] == "start"
    assert events[-1]["event"] == "summary"
    return [
        {key: value for key, value in event.items() if key != "v"}
        for event in events
        if not kinds or event["event"] in kinds
    ]


def file(path: str, target: str, nbytes: int, **more: Any) -> dict[str, Any]:
    return {"event": "file", "path": path, "target": target, "bytes": nbytes, "is_data": True, **more}


def made(path: str, target: str) -> dict[str, Any]:
    return file(path, target, 0, is_data=False)


def write(aio: Program, **files: str) -> None:
    for name, text in files.items():
        path = aio.cwd / name.replace("__", "/")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


def test_the_schema_is_one() -> None:
    VALIDATOR.check_schema(SCHEMA)
    for wrong in ({"v": 1}, {"v": 1, "event": "nonsense"}, {"v": 2, "event": "skipped", "path": "x"}):
        with pytest.raises(jsonschema.ValidationError):
            VALIDATOR.validate(wrong)


def test_one_file(aio: Program) -> None:
    write(aio, src="hello")
    result = aio("cp", "-v", "--json", "src", "dst")
    assert (result.status, result.stderr) == (0, b"")
    start, copied, summary = told(result)
    assert start == {"event": "start", "path": "src", "total_bytes": 5, "total_files": 1, "is_dry_run": False}
    assert copied == file("src", "dst", 5)
    assert summary.pop("seconds") >= 0
    assert summary == {"event": "summary", "files": 1, "bytes": 5, "errors": 0}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_tree_is_told_in_order_with_and_without_workers(aio: Program, jobs: str) -> None:
    write(aio, tree__a="1", tree__b="22")
    (aio.cwd / "tree/link").symlink_to("a")
    result = aio("cp", "-r", "--json", f"--jobs={jobs}", "tree", "copy")
    first, *others = told(result, "file")
    assert first == made("tree", "copy")
    assert sorted(others, key=lambda event: event["path"]) == [
        file("tree/a", "copy/a", 1),
        file("tree/b", "copy/b", 2),
        made("tree/link", "copy/link"),
    ]
    assert told(result, "summary")[0]["bytes"] == 3
    verbose = aio("cp", "-rv", f"--jobs={jobs}", "tree", "again")
    assert verbose.stdout.decode().splitlines() == [
        f"'{event['path']}' -> '{event['target'].replace('copy', 'again')}'" for event in told(result, "file")
    ]


def test_names_that_are_no_utf8_come_as_bytes_too(aio: Program) -> None:
    (aio.cwd / ODD).write_text("x")
    (copied,) = told(aio("cp", "--json", ODD, "dst"), "file")
    assert copied["path"] == "caf\ufffd\n"
    assert base64.b64decode(copied["path_b64"]) == b"caf\xe9\n"
    assert "target_b64" not in copied


@pytest.mark.parametrize("name", ["schön", "日本 語", 'a"b\\c\x01\n\t', "-"])
def test_any_other_name_comes_as_it_is(aio: Program, name: str) -> None:
    write(aio, src="x")
    result = aio("cp", "--json", "--", "src", name)
    assert told(result, "file") == [file("src", name, 1)]


def test_failures_are_told_here_and_on_standard_error(aio: Program) -> None:
    write(aio, src="x")
    (aio.cwd / "dst").mkdir()
    (aio.cwd / "dst/src").mkdir()
    result = aio("cp", "--json", "missing", "src", "dst")
    assert result.status == 1
    assert told(result, "error") == [
        {
            "event": "error",
            "step": "stat",
            "path": "missing",
            "errno": "ENOENT",
            "message": "cannot stat 'missing': No such file or directory",
        },
        {
            "event": "error",
            "step": "overwrite a directory",
            "path": "dst/src",
            "other": "src",
            "message": "cannot overwrite directory 'dst/src' with non-directory 'src'",
        },
    ]
    assert told(result, "file") == []
    assert told(result, "summary")[0]["errors"] == 2
    assert result.stderr == b"".join(f"aio cp: {e['message']}\n".encode() for e in told(result, "error"))


def test_a_file_that_fails_in_the_middle_is_not_told_as_copied(aio: Program) -> None:
    write(aio, src="x", other="yy")
    os.symlink("/dev/full", aio.cwd / "full")
    result = aio("cp", "--json", "src", "full")
    assert told(result, "file") == []
    assert told(result, "error")[0]["errno"] == "ENOSPC"
    assert told(result, "summary")[0]["bytes"] == 0


def test_what_was_in_the_way_is_told(aio: Program) -> None:
    write(aio, src="x", dst="old")
    assert told(aio("cp", "-n", "--json", "src", "dst"), "skipped", "file") == [{"event": "skipped", "path": "dst"}]
    assert told(aio("cp", "--json", "--remove-destination", "src", "dst"), "removed", "file") == [
        {"event": "removed", "path": "dst"},
        file("src", "dst", 1),
    ]
    assert told(aio("cp", "-b", "--json", "src", "dst"), "file") == [file("src", "dst", 1, backup="dst~")]


def test_an_answer_that_is_no_is_an_error_with_a_text(aio: Program) -> None:
    write(aio, src="x", dst="old")
    result = aio("cp", "-i", "--json", "src", "dst", stdin=b"n\n")
    assert result.status == 1
    assert [event["event"] for event in told(result)] == ["start", "skipped", "error", "summary"]
    assert told(result, "error")[0]["message"] == "declined"


def test_warnings_are_no_errors(aio: Program) -> None:
    write(aio, src="x")
    (aio.cwd / "dst").mkdir()
    result = aio("cp", "--json", "src", "src", "dst")
    assert result.status == 0
    assert told(result, "warning", "error") == [
        {
            "event": "warning",
            "step": "source file twice",
            "path": "src",
            "message": "warning: source file 'src' specified more than once",
        }
    ]


def test_digests_come_with_the_file(aio: Program) -> None:
    write(aio, src="hello")
    result = aio("cp", "--json", "--hash=sha256,md5", "--manifest=SUMS", "src", "dst")
    (copied,) = told(result, "file")
    assert copied["digests"] == {name: hashlib.new(name, b"hello").hexdigest() for name in ("sha256", "md5")}
    assert (aio.cwd / "SUMS").read_bytes().count(b"dst") == 2


def test_digests_come_with_each_name_of_a_hard_link(aio: Program) -> None:
    write(aio, src__one="hello")
    os.link(aio.cwd / "src/one", aio.cwd / "src/two")
    result = aio("cp", "-aT", "--json", "--manifest=SUMS", "src", "dst")
    copied = [event for event in told(result, "file") if event["is_data"]]
    assert sorted(event["target"] for event in copied) == ["dst/one", "dst/two"]
    assert [event["digests"] for event in copied] == 2 * [{"sha256": hashlib.sha256(b"hello").hexdigest()}]


def test_a_manifest_on_standard_output_is_refused(aio: Program) -> None:
    write(aio, src="hello")
    result = aio("cp", "--json", "--manifest=-", "src", "dst")
    assert result.outcome() == (1, b"", b"aio cp: cannot combine --json and --manifest=-\n")
    assert not (aio.cwd / "dst").exists()


def test_a_dry_run_says_so(aio: Program) -> None:
    write(aio, src="hello")
    result = aio("cp", "--json", "--dry-run", "src", "dst")
    assert told(result, "start")[0]["is_dry_run"] is True
    assert told(result, "file") == [file("src", "dst", 5)]


def test_directories_above_are_told(aio: Program) -> None:
    write(aio, a__src="x")
    (aio.cwd / "dst").mkdir()
    result = aio("cp", "--json", "--parents", "a/src", "dst")
    assert told(result, "file") == [made("a", "dst/a"), file("a/src", "dst/a/src", 1)]


def test_several_targets_tell_of_each_copy(aio: Program) -> None:
    write(aio, src="x", src2="yy")
    (aio.cwd / "one").mkdir()
    (aio.cwd / "two").mkdir()
    (aio.cwd / "two/src").mkdir()
    result = aio("cp", "--json", "--to=one", "--to=two", "src", "src2")
    assert sorted(event["target"] for event in told(result, "file")) == ["one/src", "one/src2", "two/src2"]
    assert [event["path"] for event in told(result, "error")] == ["two/src"]
    assert told(result, "summary")[0]["bytes"] == 5


@pytest.mark.slow
def test_progress_is_told_while_data_move(aio: Program) -> None:
    write(aio, src="x" * 4 * 1024 * 1024)
    os.mkfifo(aio.cwd / "fifo")
    with aio.start("cp", "--json", "src", "fifo") as process, open(aio.cwd / "fifo", "rb", buffering=0) as pipe:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        pieces = iter(range(700))  # some are left when it is told, however late that is
        while b'"progress"' not in lines[-1]:
            assert lines[-1]
            lines += until_readable(
                process.stdout.fileno(), lambda: [pipe.read(4096) for _ in islice(pieces, 1)], process.stdout.readline
            )
        while pipe.read(65536):
            pass
        lines += process.stdout.readlines()
        assert process.wait(WAIT_S) == 0
    progress = next(event for event in events_of(b"".join(lines), with_progress=True) if event["event"] == "progress")
    assert progress["total_bytes"] == 4 * 1024 * 1024
    assert 0 < progress["bytes"] < 4 * 1024 * 1024
    assert progress["bytes_per_second"] > 0
    assert progress["seconds_left"] > 0


def until_readable(fd: int, work: Callable[[], object], read: Callable[[], bytes]) -> list[bytes]:
    """Work on until a descriptor has something to read; then read once."""
    import select

    while not select.select([fd], [], [], 0.01)[0]:
        work()
    return [read()]


def test_a_full_standard_output_stops_the_command(aio: Program) -> None:
    write(aio, src="hello")
    with open("/dev/full", "wb") as full:
        result = aio("cp", "--json", "src", "dst", stdout=full)
    assert (result.status, result.stderr) == (1, b"aio cp: write error: No space left on device\n")


def test_nobody_who_reads_ends_the_command_by_a_broken_pipe(aio: Program) -> None:
    write(aio, src="hello")
    ours, theirs = os.pipe()
    os.close(ours)
    result = aio("cp", "--json", "src", "dst", stdout=theirs)
    os.close(theirs)
    assert (result.status, result.stderr) == (-signal.SIGPIPE, b"")


def test_without_a_destination_nothing_is_told(aio: Program) -> None:
    write(aio, src="hello", other="x")
    result = aio("cp", "--json", "src", "other", "missing")
    assert result.outcome() == (1, b"", b"aio cp: target 'missing': No such file or directory\n")
