"""aio hash -c: lists in all forms, each file read once, what cannot be trusted, and any amount of lines."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import resource
import subprocess
import threading
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiocli.commands._check import check
from aiocli.commands.hash import HashOptions
from aiocli.core.loop import drive
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import Report
from tests.support.json_events import events_of
from tests.support.privileges import unprivileged
from tests.support.strace import changed_meanwhile

DATA = b"content\n"


def digest(name, data=DATA):
    return hashlib.new(name, data).hexdigest()


def write(aio, **files):
    for name, content in files.items():
        (aio.cwd / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def test_one_list_may_have_all_forms(aio):
    sha384 = base64.b64encode(bytes.fromhex(digest("sha384"))).decode()
    told = {"v": 1, "event": "file", "path": "a", "size": 8, "digests": {"sha256": digest("sha256")}}
    lines = [
        f"{digest('sha256')}  a",
        f"SHA2-512(a)= {digest('sha512')}",
        f"sha384-{sha384}  a",
        f"a  {digest('md5')}  {digest('sha1')}",
        f"CRC32 (a) = {zlib.crc32(DATA):08X}",
        json.dumps(told),
        "3495242713 8 a",
        "%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename",
        f"8,{digest('md5')},{digest('sha256')},a",
    ]
    write(aio, a=DATA, list="".join(f"{line}\r\n" for line in lines).replace("filename\r", "filename"))
    assert aio("hash", "-cw", "--strict", "list").outcome() == (0, b"a: OK\n" * 8, b"")


def test_a_wrong_size_is_a_wrong_file(aio):
    write(aio, a=DATA, list=f"%%%% size,md5,filename\n9,{digest('md5')},a\n")
    result = aio("hash", "-c", "list")
    assert result.outcome() == (1, b"a: FAILED\n", b"aio hash: WARNING: 1 computed checksum did NOT match\n")


def test_a_list_of_one_digest_is_of_the_file_beside_it(aio):
    (aio.cwd / "folder").mkdir()
    (aio.cwd / "folder" / "a.tar").write_bytes(DATA)
    (aio.cwd / "folder" / "a.tar.sha256").write_text(digest("sha256"))
    assert aio("hash", "-c", "folder/a.tar.sha256").outcome() == (0, b"folder/a.tar: OK\n", b"")
    (aio.cwd / "folder" / "a.tar").write_bytes(b"other")
    assert aio("hash", "-c", "folder/a.tar.sha256").status == 1


def test_the_name_of_the_list_tells_the_algorithm(aio):
    blake2b = hashlib.blake2b(DATA, digest_size=32).hexdigest()
    write(aio, a=DATA, B2SUMS=f"{blake2b}  a\n", list=f"{blake2b}  a\n", **{"x.sfv": f"a {zlib.crc32(DATA):08x}\n"})
    assert aio("hash", "-c", "B2SUMS", "x.sfv").outcome() == (0, b"a: OK\n" * 2, b"")
    assert aio("hash", "-a", "sha256", "-c", "list").status == 1
    assert aio("hash", "-a", "blake2b", "-c", "list").outcome() == (0, b"a: OK\n", b"")


@pytest.mark.parametrize(
    "options", ["blake3", "blake2b -l 256", "sha3-512 --base64", "sm3", "xxh3-128", "xxh64 --base64", "adler32"]
)
def test_own_lists_check_under_any_name(aio, options):
    write(aio, a=DATA, b=b"other")
    made = aio("hash", "-a", *options.split(), "a", "b", "a").stdout
    write(aio, list=made, b=b"changed")
    assert aio("hash", "-c", "list").stdout == b"a: OK\nb: FAILED\na: OK\n"


def test_no_other_algorithm_is_tried_once_a_file_has_told(aio):
    sha256, blake3 = (aio("hash", "-a", name, "-", stdin=DATA).stdout[:64].decode() for name in ("sha256", "blake3"))
    write(aio, a=DATA, list=f"{sha256}  a\n{blake3}  a\n")
    assert aio("hash", "-c", "list").stdout == b"a: OK\na: FAILED\n"


def test_nothing_that_is_easily_forged_passes_for_another_digest(aio):
    xxh3 = aio("hash", "-a", "xxh3-128", "--untagged", "-", stdin=DATA).stdout[:32].decode()
    write(aio, a=DATA, list=f"{xxh3}  a\n")
    assert aio("hash", "-c", "list").outcome()[:2] == (1, b"a: FAILED\n")


def test_only_asked_for_algorithms_are_accepted(aio):
    write(aio, a=DATA, list=f"{digest('md5')}  a\nSHA256 (a) = {digest('sha256')}\n")
    result = aio("hash", "-a", "sha256", "-cw", "list")
    improper = b"aio hash: list: 1: improperly formatted SHA256 checksum line\n"
    counts = b"aio hash: WARNING: 1 line is improperly formatted\n"
    assert result.outcome() == (0, b"a: OK\n", improper + counts)


def test_lines_of_one_file_share_its_reading(aio):
    os.mkfifo(aio.cwd / "fifo")
    bad = "0" * 40
    write(
        aio, list=f"{digest('md5')}  fifo\nSHA1 (fifo) = {bad}\nx\n{digest('sha256')}  fifo\n{digest('md5')}  missing\n"
    )
    writer = threading.Thread(target=(aio.cwd / "fifo").write_bytes, args=(DATA,))
    writer.start()
    result = aio("hash", "-cw", "list")
    writer.join()
    assert result.stdout == b"fifo: OK\nfifo: FAILED\nfifo: OK\nmissing: FAILED open or read\n"
    assert result.stderr.startswith(
        b"aio hash: list: 3: improperly formatted checksum line\naio hash: missing: No such"
    )


def test_results_come_as_the_list_does(aio):
    write(aio, a=DATA)
    line = f"{digest('md5')}  a\n".encode()
    with aio.start("hash", "-c") as process:
        for _ in range(3):
            process.stdin.write(line)
            process.stdin.flush()
            assert process.stdout.readline() == b"a: OK\n"
        assert process.communicate() == (b"", b"")
    assert process.returncode == 0


@pytest.mark.parametrize("count", [300, 5000])
def test_many_files_are_told_in_the_order_of_the_list(aio, count):
    names = [f"file{number * 7 % count}" for number in range(count)]
    lines, expected = [], []
    for number, name in enumerate(names):
        if number % 3:
            (aio.cwd / name).write_text(name)
        value = digest("sha256", name.encode() if number % 5 else b"other")
        lines.append(f"{value}  {name}\n")
        kind = "OK" if number % 5 else "FAILED"
        expected.append(f"{name}: {kind if number % 3 else 'FAILED open or read'}\n")
    write(aio, list="".join(lines))
    result = aio("hash", "-c", "list")
    assert (result.status, result.stdout.decode()) == (1, "".join(expected))
    missing = [name for number, name in enumerate(names) if not number % 3]
    told = result.stderr.decode().splitlines()
    assert told[: len(missing)] == [f"aio hash: {name}: No such file or directory" for name in missing]


@pytest.mark.parametrize("form", ["{digest}  {name}", "SHA256 ({name}) = {digest}"])
@pytest.mark.parametrize("options", [[], ["--quiet"], ["--json"], ["--explain"], ["--jobs", "1"]], ids=str)
def test_lines_that_look_alike_are_told_as_if_they_did_not(aio, form, options):
    """An upper-case digest is enough to have a line read by itself."""
    names = [f"file {number}" for number in range(60)]
    for name in names[:50]:
        (aio.cwd / name).write_bytes(DATA)
    (aio.cwd / names[7]).write_bytes(b"other")
    alike = [form.format(name=name, digest=digest("sha256")) for name in [*names, "file 1", "file 1", *names]]
    alike[70] = "no line"
    one_by_one = [line.replace(digest("sha256"), digest("sha256").upper()) for line in alike]
    outcomes = []
    for lines in (alike, one_by_one):
        write(aio, list="".join(f"{line}\n" for line in lines))
        result = aio("hash", "-cw", *options, "list")
        progress = rb'^\{[^\n]*"event": ?"progress"[^\n]*\n'  # of long work, on a busy machine
        times = rb'(?m)"(time|seconds|bytes_per_second)": ?[^,}]*|[0-9.]+ m?s\b|[0-9.]+ [a-zA-Z]*/s|' + progress
        outcomes.append([result.status, *(re.sub(times, b"", text) for text in (result.stdout, result.stderr))])
    assert outcomes[0] == outcomes[1]
    assert (b"list: 71: improperly formatted" in outcomes[0][2]) == (options != ["--quiet"])


@pytest.mark.parametrize("after", ["{md5}  fifo", "SHA1 (fifo) = {sha1}"])
def test_lines_of_one_file_share_its_reading_among_many_that_look_alike(aio, after):
    os.mkfifo(aio.cwd / "fifo")
    write(aio, a=DATA, b=DATA)
    plain = [f"{digest('md5')}  {'ab'[number % 2]}" for number in range(40)]
    lines = [*plain, f"{digest('md5')}  fifo", after.format(md5=digest("md5"), sha1=digest("sha1")), *plain]
    write(aio, list="".join(f"{line}\n" for line in lines))
    writer = threading.Thread(target=(aio.cwd / "fifo").write_bytes, args=(DATA,))
    writer.start()
    result = aio("hash", "-c", "list")
    writer.join()
    assert result.outcome() == (0, (b"a: OK\nb: OK\n" * 20 + b"fifo: OK\n" * 2 + b"a: OK\nb: OK\n" * 20), b"")


def test_a_digest_that_the_length_does_not_tell_is_found_out_in_a_long_list(aio):
    write(aio, a=DATA, b=DATA, c=b"other")
    blake3 = aio("hash", "-a", "blake3", "-", stdin=DATA).stdout[:64].decode()
    write(aio, list="".join(f"{blake3}  {'abc'[number % 3]}\n" for number in range(60)))
    result = aio("hash", "-c", "list")
    counts = b"aio hash: WARNING: 20 computed checksums did NOT match\n"
    assert result.outcome() == (1, b"a: OK\nb: OK\nc: FAILED\n" * 20, counts)


def test_progress_counts_a_second_reading(aio):
    write(aio, a=bytes(3 << 20))
    blake3 = aio("hash", "-a", "blake3", "a").stdout[:64].decode()
    write(aio, list=f"{blake3}  a\n")
    result = aio("hash", "-c", "--progress=always", "list")
    assert result.stdout == b"a: OK\n"
    assert result.stderr.splitlines()[-1].startswith(b"aio hash: total: 6 MiB")


@pytest.mark.slow
def test_a_list_of_many_lines_takes_no_memory(aio):
    line = f"{digest('sha256')}  missing/{'x' * 40}{{}}\n"
    write(aio, list="".join(line.format(number) for number in range(100_000)))

    def limit():
        resource.setrlimit(resource.RLIMIT_DATA, (100 << 20, 100 << 20))

    result = aio("hash", "-c", "--ignore-missing", "--jobs", "1", "list", preexec_fn=limit)
    assert result.outcome() == (1, b"", b"aio hash: list: no file was verified\n")


def test_lists_without_an_end_are_refused(aio):
    write(aio, a=DATA)
    command = f"{{ head -c 30M /dev/zero; echo; echo '{digest('md5')}  a'; }} | {aio.path} hash -c"
    done = subprocess.run(command, shell=True, cwd=aio.cwd, capture_output=True, check=False, timeout=60)
    assert done.stdout == b"a: OK\n"
    assert done.stderr == b"aio hash: WARNING: 1 line is improperly formatted\n"


def test_lists_and_files_that_may_not_be_read_fail_alone(aio):
    prefix = unprivileged()
    write(aio, a=DATA, secret=DATA, list=f"{digest('md5')}  secret\n{digest('md5')}  a\n")
    (aio.cwd / "secret").chmod(0)
    aio.cwd.chmod(0o755)
    aio.cwd.parent.chmod(0o755)
    result = aio("hash", "-c", "secret", "list", prefix=prefix)
    denied = b"aio hash: secret: Permission denied\n"
    counts = b"aio hash: WARNING: 1 listed file could not be read\n"
    assert result.outcome() == (1, b"secret: FAILED open or read\na: OK\n", 2 * denied + counts)


def test_a_file_that_changes_while_it_is_read_is_not_trusted(aio):
    """Its content stays what was listed. (A small one is read again.)"""
    path, content = aio.cwd / "a", bytes(4 << 20)
    path.write_bytes(content)
    write(aio, list=f"{digest('md5', content)}  a\n")
    result = changed_meanwhile(path, lambda: os.utime(path, (1, 1)), aio.path, "hash", "-c", "list")
    warning = b"aio hash: WARNING: 1 computed checksum did NOT match\n"
    assert result.outcome() == (1, b"a: FAILED (changed while it was read)\n", warning)


@pytest.mark.parametrize("options", [[], ["--audit"]])
def test_what_needs_a_package_that_is_missing_fails_alone(aio, options):
    (aio.cwd / "packages").mkdir()
    (aio.cwd / "packages" / "xxhash.py").write_text("raise ModuleNotFoundError")
    (aio.cwd / "folder").mkdir()
    write(
        aio, list=f"XXH64 (folder/a) = {'0' * 16}\n{digest('md5')}  folder/b\n", **{"folder/a": DATA, "folder/b": DATA}
    )
    result = aio("hash", "-c", *options, "list", env={"PYTHONPATH": str(aio.cwd / "packages")})
    assert (result.status, result.stdout) == (1, b"folder/a: FAILED open or read\nfolder/b: OK\n")
    assert result.stderr.startswith(b"aio hash: folder/a: ")
    assert b"pip install" in result.stderr.splitlines()[0]


def test_results_are_told_as_json(aio):
    write(aio, a=DATA, b=b"other")
    names = ["a", "b", "c", os.fsdecode(b"\xff")]
    write(
        aio,
        list="".join(f"{digest('md5')}  {name}\n" for name in names[:3]).encode()
        + f"{digest('md5')}  ".encode()
        + b"\xff\n",
    )
    result = aio("hash", "--json", "-c", "list")
    events = events_of(result.stdout)
    found = [(event["path"], event["result"]) for event in events if event["event"] == "check"]
    assert found == [("a", "matched"), ("b", "changed"), ("c", "missing"), ("\N{REPLACEMENT CHARACTER}", "missing")]
    assert events[4]["path_b64"] == "/w=="
    assert [event["event"] for event in events if event["event"] != "check"] == ["start", "summary"]
    assert {key: events[-1][key] for key in ("files", "bytes", "errors")} == {"files": 2, "bytes": 13, "errors": 3}
    assert result.status == 1


def test_what_is_wrong_with_lists_is_told_as_json(aio):
    write(aio, a=DATA, empty="\n", list=f"junk\n{digest('md5')}  a\n")
    result = aio("hash", "--json", "-c", "missing", "empty", "list")
    told = [event for event in events_of(result.stdout) if event["event"] in ("error", "warning", "summary")]
    assert [(event["event"], event.get("path"), event.get("errno")) for event in told] == [
        ("error", "missing", "ENOENT"),
        ("error", "empty", None),
        ("warning", "list", None),
        ("summary", None, None),
    ]
    assert (result.status, told[-1]["errors"]) == (1, 2)


def test_what_is_told_as_json_checks(aio):
    write(aio, a=DATA, b=b"")
    write(aio, list=aio("hash", "--json", "--all", "a", "b", "missing").stdout)
    assert aio("hash", "-c", "--strict", "list").outcome() == (0, b"a: OK\nb: OK\n", b"")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=300_000) | st.binary(min_size=1, max_size=40), st.data())
def test_a_flipped_bit_anywhere_is_found(tmp_path, content, data):
    path, sums = tmp_path / "file", tmp_path / "sums"
    name = data.draw(st.sampled_from(["md5", "sha1", "sha256", "sha512"]))
    sums.write_text(f"{digest(name, content)}  {path}\n")
    flipped = bytearray(content)
    flipped[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    statuses = []
    for written in (content, flipped):
        path.write_bytes(written)
        report = Report("aio hash", Quoting(is_utf8=True))
        drive(check(HashOptions((str(sums),), is_check=True, is_status_only=True), report))
        statuses.append(report.status)
    assert statuses == [0, 1]
