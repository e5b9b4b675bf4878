"""What `aio cat` has beyond GNU's: decompression, parts, the page cache, progress, and what it says of its ways."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import re
import signal
import subprocess
import time
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest

from aiocli.engines.copy import FAST_PATHS
from aiocli.ui.progress_drawing import DELAY_S
from tests.support.backends import BACKEND_PARAMS
from tests.support.pagecache import cached_pages, drop, in_quiet
from tests.support.program import AIO
from tests.support.resources import WAIT_S, is_asleep, wait_until
from tests.support.terminal import Terminal

BACKENDS = [pytest.param("auto", id="auto"), *BACKEND_PARAMS]
LINES = b"".join(b"line %d\n" % number for number in range(1, 100_001))


@cache
def contents():
    return {
        "plain": LINES,
        "gz": gzip.compress(LINES),
        "bz2": bz2.compress(LINES),
        "xz": lzma.compress(LINES, preset=0),
    }


@pytest.fixture
def files(aio):
    """Make a text, plain and compressed."""
    for name, content in contents().items():
        (aio.cwd / name).write_bytes(content)
    return aio.cwd


@pytest.mark.parametrize("backend", BACKENDS)
def test_compressed_and_plain_operands_may_mix(aio, files, backend):
    result = aio("cat", f"--backend={backend}", "--decompress", "gz", "plain", "bz2", "-", "xz", stdin=b"stdin\n")
    assert result.outcome() == (0, LINES * 3 + b"stdin\n" + LINES, b"")


def test_what_is_compressed_passes_as_it_is_unless_asked(aio, files):
    assert aio("cat", "gz").stdout == (files / "gz").read_bytes()


def test_compressed_standard_input_is_decompressed(aio):
    assert aio("cat", "--decompress", stdin=gzip.compress(b"one\n") * 2).outcome() == (0, b"one\none\n", b"")


@pytest.mark.parametrize("name", ["gz", "bz2", "xz"])
def test_truncated_data_are_an_error_after_what_could_be_read(aio, files, name):
    data = (files / name).read_bytes()
    (files / name).write_bytes(data[: len(data) - 20])
    result = aio("cat", "--decompress", name, "plain")
    kind = {"gz": b"gzip", "bz2": b"bzip2", "xz": b"xz"}[name]
    assert (result.status, result.stderr) == (1, b"aio cat: %b: unexpected end of %b data\n" % (name.encode(), kind))
    assert result.stdout.endswith(LINES)
    assert LINES.startswith(result.stdout.removesuffix(LINES))


@pytest.mark.parametrize("name", ["gz", "bz2", "xz"])
def test_parts_are_those_of_what_could_be_read(aio, files, name):
    data = (files / name).read_bytes()
    (files / name).write_bytes(data[: len(data) - 20])
    whole = aio("cat", "--decompress", name).stdout
    result = aio("cat", "--decompress", "--lines=-2:", name)
    assert result.status == 1
    assert result.stdout == b"".join(whole.splitlines(keepends=True)[-2:])


@pytest.mark.parametrize("name", ["gz", "xz"])
def test_something_else_behind_compressed_data_is_an_error(aio, files, name):
    with (files / name).open("ab") as file:
        file.write(b"something else")
    kind = {"gz": b"gzip", "xz": b"xz"}[name]
    error = b"aio cat: %b: something else follows the %b data\n" % (name.encode(), kind)
    assert aio("cat", "--decompress", name).outcome() == (1, LINES, error)


def test_something_else_behind_bzip2_data_is_a_warning_as_bzip2_gives_it(aio, files):
    with (files / "bz2").open("ab") as file:
        file.write(b"something else")
    warning = b"aio cat: bz2: something else follows the bzip2 data, and was ignored\n"
    assert aio("cat", "--decompress", "bz2").outcome() == (0, LINES, warning)


def test_missing_package_is_named_and_the_rest_goes_on(aio, files):
    (files / "zst").write_bytes(b"\x28\xb5\x2f\xfd some data")
    (files / "lz4").write_bytes(b"\x04\x22\x4d\x18 some data")
    packages = files / "packages"
    for name in ("backports", "compression", "lz4"):
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").write_text("raise ImportError('as if it were not there')")
    result = aio("cat", "--decompress", "zst", "lz4", "gz", env={"PYTHONPATH": str(packages)})
    errors = (
        b"aio cat: zst: zstd data, for which a package is missing: install backports.zstd\n"
        b"aio cat: lz4: lz4 data, for which a package is missing: install lz4\n"
    )
    assert result.outcome() == (1, LINES, errors)


def test_data_that_take_more_memory_than_there_is_are_an_error(aio):
    whole = lzma.compress(b"data")
    header = bytearray(whole[12:24])  # of the first block: size, flags, filter, dictionary, padding, checksum
    header[4] = 40  # a dictionary of 4 GiB
    header[8:] = zlib.crc32(header[:8]).to_bytes(4, "little")
    (aio.cwd / "greedy").write_bytes(whole[:12] + header + whole[24:])
    result = aio("cat", "--decompress", "greedy", prefix=("prlimit", f"--as={3 << 30}"))
    assert result.outcome() == (1, b"", b"aio cat: greedy: xz data that take more memory than there is\n")


def test_plain_operands_keep_their_fast_paths(aio, files):
    lines = explained(aio("cat", "--explain", "--decompress", "plain", "-", stdin=LINES))
    assert [line.split(",")[0] for line in lines] == ["plain: splice", "-: splice"]


@pytest.mark.parametrize("name", ["gz", "plain"])
def test_compressed_or_not_a_slow_writer_is_not_waited_for(aio, name):
    compressor = zlib.compressobj(wbits=31) if name == "gz" else None
    with aio.start("cat", "--decompress") as process:
        for line in (b"x", b"two\n", b"\x1f\x8bthree\n"):
            data = line if compressor is None else compressor.compress(line) + compressor.flush(zlib.Z_SYNC_FLUSH)
            process.stdin.write(data)
            process.stdin.flush()
            assert os.read(process.stdout.fileno(), 100) == line
        if compressor is not None:
            process.stdin.write(compressor.flush())
        process.stdin.close()
        assert process.wait(WAIT_S) == 0


def test_plain_text_appears_at_once_though_it_might_have_been_compressed(aio):
    with aio.start("cat", "--decompress") as process:
        process.stdin.write(b"BZhello")
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 100) == b"BZhello"
        process.stdin.close()
        assert process.wait(WAIT_S) == 0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("option", "part"),
    [
        ("--range=10:100", slice(10, 100)),
        ("--range=-100:", slice(-100, None)),
        ("--range=1K:-1K", slice(1024, -1024)),
        ("--range=:7", slice(7)),
        ("--range=100:10", slice(0)),
        ("--range=5M:", slice(5 << 20, None)),
        ("--range=99999999999999999999:", slice(0)),
        ("--range=:-0", slice(None)),
        ("--range=-0:", slice(0)),
    ],
)
def test_ranges_are_taken_of_each_operand(aio, files, backend, option, part):
    assert aio("cat", f"--backend={backend}", option, "plain", "plain").outcome() == (0, LINES[part] * 2, b"")
    assert aio("cat", f"--backend={backend}", option, stdin=LINES).outcome() == (0, LINES[part], b"")


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    ("option", "part"),
    [
        ("--lines=3:5", slice(2, 5)),
        ("--lines=-2:", slice(-2, None)),
        ("--lines=99999:-1", slice(99_998, None)),
        ("--lines=:-99999", slice(0, 2)),
        ("--lines=7:3", slice(0)),
    ],
)
def test_lines_are_taken_of_each_operand(aio, files, backend, option, part):
    expected = b"".join(LINES.splitlines(keepends=True)[part])
    assert aio("cat", f"--backend={backend}", option, "plain", "plain").outcome() == (0, expected * 2, b"")
    assert aio("cat", f"--backend={backend}", option, stdin=LINES).outcome() == (0, expected, b"")


def test_parts_are_those_of_the_decompressed_data_and_are_transformed_last(aio, files):
    result = aio("cat", "--decompress", "--lines=3:4", "-nE", "gz", "plain")
    expected = b"     1\tline 3$\n     2\tline 4$\n     3\tline 3$\n     4\tline 4$\n"
    assert result.outcome() == (0, expected, b"")


def test_file_without_a_size_is_cut_as_a_stream(aio):
    version = Path("/proc/version").read_bytes()
    assert aio("cat", "--range=2:9", "/proc/version").stdout == version[2:9]


def test_file_that_says_it_is_longer_than_it_is_is_cut_as_a_stream(aio):
    name = "/sys/kernel/mm/transparent_hugepage/enabled"
    if not os.path.exists(name):
        pytest.skip("there is no such file")
    content = Path(name).read_bytes()
    assert os.stat(name).st_size > len(content)
    assert aio("cat", "--range=-5:", name).stdout == content[-5:]
    assert aio("cat", "--lines=-1:", name).stdout == content


@pytest.mark.parametrize(
    "options",
    [
        ("--range=:7",),
        ("--lines=:1",),
        ("--range=:7", "-E"),
        ("--range=:7", "--no-cache"),
        ("--range=:7", "--no-cache", "-E"),
        ("--range=:7", "--backend=thread"),
        ("--range=:7", "--backend=thread", "-E"),
    ],
)
def test_file_that_is_standard_input_is_left_behind_the_part(aio, files, options):
    with (files / "plain").open("rb", buffering=0) as file:
        assert aio("cat", *options, stdin=file.fileno()).stdout.rstrip(b"$\n") == b"line 1"
        assert file.tell() == 7


def test_pipe_gives_up_no_byte_behind_a_range(aio):
    reader, writer = os.pipe()
    os.write(writer, b"0123456789")
    os.close(writer)
    with open(reader, "rb", buffering=0) as pipe:
        assert aio("cat", "--range=2:5", stdin=reader).stdout == b"234"
        assert pipe.read() == b"56789"


@pytest.mark.parametrize("range_of", ["--range=1000:", "--range=1000:2000000", "--range=-2000000:"])
def test_ranges_keep_the_fast_paths(aio, files, range_of):
    [line] = explained(aio("cat", "--explain", range_of, "plain"))
    assert line.startswith("plain: splice, ")
    if "-2" not in range_of:
        [line] = explained(aio("cat", "--explain", range_of, stdin=LINES))
        assert line.startswith("-: splice, ")


def test_endless_input_is_read_no_further_than_its_part(aio):
    assert aio("cat", "--range=:5", "/dev/zero").outcome() == (0, bytes(5), b"")


def test_last_line_is_held_back_only_as_long_as_it_may_be_the_last(aio):
    with aio.start("cat", "--lines=:-2") as process:
        for sent, shown in ((b"1\n2", b"1\n"), (b" and\n3", b"2 and\n"), (b"\n4\n", b"3\n")):
            process.stdin.write(sent)
            process.stdin.flush()
            assert os.read(process.stdout.fileno(), 100) == shown
        process.stdin.close()
        assert process.stdout.read() == b""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--range=5",), "invalid range of bytes: '5'"),
        (("--range=a:",), "invalid range of bytes: 'a:'"),
        (("--lines=0:3",), "invalid range of lines: '0:3'"),
        (("--range=1:", "--lines=1:"), "cannot combine --range and --lines"),
        (("--no-cache", "--backend=thread"), "cannot combine --no-cache and --backend=thread"),
    ],
)
def test_what_makes_no_sense_is_refused(aio, options, message):
    assert aio("cat", *options).outcome() == (1, b"", f"aio cat: {message}\n".encode())


def explained(result):
    """Return what was said of each operand, without the figures that vary."""
    text = re.sub(r" in [0-9.]+ s( \([^)]*/s\))?", "", result.stderr.decode())
    return [line.removeprefix("aio cat: ") for line in text.splitlines()]


def test_each_operand_is_explained(aio, files):
    (files / "none").touch()
    lines = explained(aio("cat", "--explain", "plain", "-", stdin=b"in"))
    assert lines[0].startswith("plain: splice, 1.04 MiB; not reflink, overlapped, copy_range: ")
    assert lines[1].startswith("-: splice, 2 B; not ")
    [line] = explained(aio("cat", "--explain", "plain", env={"AIO_DISABLE": "splice,sendfile"}))
    assert re.fullmatch(r"plain: plain, 1\.04 MiB; not .*; not splice, sendfile: switched off; not .*", line)


def test_explanation_names_the_backend_and_the_format(aio, files):
    [line] = explained(aio("cat", "--explain", "--backend=thread", "plain"))
    assert line.startswith("plain: context by thread, 1.04 MiB; not ")
    [line] = explained(aio("cat", "--explain", "--decompress", "xz"))
    ways = ", ".join(FAST_PATHS)
    assert line == f"xz: blocks, 1.04 MiB, decompressed from xz; not {ways}: the bytes are decompressed"


def test_progress_is_told_if_asked_also_of_what_has_no_size(aio, files):
    result = aio("cat", "--progress=always", "plain")
    assert result.stdout == LINES
    assert re.fullmatch(rb"aio cat: plain: 1\.04 MiB of 1\.04 MiB, 100%, .*\n", last_line(result))
    result = aio("cat", "--progress=always", stdin=LINES)
    assert re.fullmatch(rb"aio cat: -: 1\.04 MiB, .*/s.*\n", last_line(result))


def last_line(result):
    """Return the last line on standard error: where a work takes long, others are in front of it."""
    return result.stderr.splitlines(keepends=True)[-1]


def test_progress_is_of_all_operands_and_of_their_parts(aio, files):
    result = aio("cat", "--progress=always", "--range=:-1000", "plain", "missing", "plain")
    assert b"aio cat: missing: No such file or directory\n" in result.stderr
    assert re.fullmatch(rb"aio cat: total: 2\.07 MiB of 2\.07 MiB, 100%, .*\n", last_line(result))
    result = aio("cat", "--progress=always", "--lines=:3", "plain")
    assert re.fullmatch(rb"aio cat: plain: 21 B, .*/s.*\n", last_line(result))
    result = aio("cat", "--progress=always", "--decompress", "gz")
    assert re.fullmatch(rb"aio cat: gz: 2\d\d KiB of 2\d\d KiB, 100%, .*\n", last_line(result))


def test_progress_keeps_off_a_terminal_that_shows_the_data(aio, files):
    with Terminal([os.fspath(AIO), "cat", "--lines=1:2", "plain"], aio.cwd) as terminal:
        terminal.read_all()
    assert terminal.shown == b"line 1\r\nline 2\r\n"


SLOW = "until [ -e stop ]; do printf 123; sleep 0.05; done |"
"""A writer that ends when it is told to."""


def test_progress_shows_by_itself_when_output_is_a_file(aio):
    with Terminal(["sh", "-c", f"{SLOW} {AIO} cat >file"], aio.cwd) as terminal:
        terminal.read_until(b"/s")
        (aio.cwd / "stop").touch()
        terminal.read_all()


@pytest.mark.parametrize(
    ("command", "rest"), [(f"{AIO} cat", "| cat >file"), (f"{AIO} cat --progress=never", ">file"), ("LINK", ">file")]
)
def test_progress_does_not_show_by_itself_elsewhere(aio, command, rest):
    command = command.replace("LINK", os.fspath(aio.link("cat").path))
    with Terminal(["sh", "-c", f"{SLOW} {command} {rest}"], aio.cwd) as terminal:
        file = aio.cwd / "file"
        wait_until(lambda: file.exists() and file.stat().st_size > 0)
        shown_from = time.monotonic() + 2 * DELAY_S
        wait_until(lambda: time.monotonic() > shown_from)
        (aio.cwd / "stop").touch()
        assert terminal.read_all() == b""


def test_signal_asks_for_a_line_of_progress(aio):
    with aio.start("cat") as process:
        process.stdin.write(b"some bytes")
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 100) == b"some bytes"
        process.stdin.write(b"more")
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 100) == b"more"
        wait_until(lambda: is_asleep(process.pid))
        process.send_signal(signal.SIGUSR1)
        # What is on its way counts a little later.
        assert process.stderr.readline().startswith((b"aio cat: -: 10 B, ", b"aio cat: -: 14 B, "))
        process.stdin.close()
        assert process.wait(WAIT_S) == 0


def test_signal_kills_under_gnus_name_as_gnu_cat(aio):
    with aio.link("cat").start() as process:
        process.stdin.write(b"some bytes")
        process.stdin.flush()
        assert os.read(process.stdout.fileno(), 100) == b"some bytes"
        process.send_signal(signal.SIGUSR1)
        assert process.wait(WAIT_S) == -signal.SIGUSR1


@pytest.mark.parametrize("options", [(), ("-n",), ("--range=1:",), ("--lines=-70000:-3",), ("--decompress",)])
def test_page_cache_is_left_as_it_was_found(aio, files, options):
    plain = files / "plain"
    drop(plain)
    if cached_pages(plain):
        pytest.skip("this file system keeps its files in memory")

    def leaves_nothing():
        drop(plain)
        assert aio("cat", "--no-cache", *options, "plain").status == 0
        assert cached_pages(plain) == 0

    def leaves_all():
        plain.read_bytes()
        cached = cached_pages(plain)
        assert aio("cat", "--no-cache", *options, "plain").status == 0
        assert cached_pages(plain) == cached > 0

    in_quiet(leaves_nothing)
    in_quiet(leaves_all)


def ends_soon(process):
    with suppress(subprocess.TimeoutExpired):
        return process.wait(0.01) is not None
    return False


@pytest.mark.parametrize("sizes", [(10,), (3_000_000,), (3_000_000, 10, 10), (600_000,) * 4, (2_000_000, 600_000, 0)])
@pytest.mark.parametrize("others", [(), ("missing",), ("-",), ("/dev/null",)])
def test_output_that_nobody_has_read_yet_stays_as_it_was(aio, sizes, others):
    names = [f"file {number}" for number in range(len(sizes))]
    content = b"".join(b"%d" % number * size for number, size in enumerate(sizes))
    for number, (name, size) in enumerate(zip(names, sizes, strict=True)):
        (aio.cwd / name).write_bytes(b"%d" % number * size)
    (aio.cwd / "-").write_bytes(bytes(3_000_000))  # is not meant
    with aio.start("cat", *names, *others) as process:
        process.stdin.close()
        shown = b""
        while len(shown) < len(content) - (1 << 20):
            shown += os.read(process.stdout.fileno(), 1 << 16)
        while len(shown) < len(content) and not ends_soon(process):  # pages that are not full take as much room
            shown += os.read(process.stdout.fileno(), 1 << 12)
        assert process.wait(WAIT_S) == (others == ("missing",))
        for name, size in zip(names, sizes, strict=True):
            with (aio.cwd / name).open("rb+") as file:
                file.write(b"x" * size)
        assert shown + process.stdout.read() == content


@pytest.mark.parametrize("options", [(), ("-n",)])
def test_output_leaves_nothing_in_the_page_cache(aio, files, options):
    drop(files / "plain")
    if cached_pages(files / "plain"):
        pytest.skip("this file system keeps its files in memory")

    def leaves_nothing():
        with (files / "out").open("wb") as out:
            assert aio("cat", "--no-cache", *options, "plain", stdout=out).status == 0
        assert cached_pages(files / "out") == 0

    in_quiet(leaves_nothing)


@pytest.mark.parametrize("options", [(), ("-n",)])
def test_what_was_in_the_output_before_stays_in_the_page_cache(aio, files, options):
    drop(files / "plain")
    if cached_pages(files / "plain"):
        pytest.skip("this file system keeps its files in memory")

    def keeps_what_was_there():
        (files / "out").write_bytes(LINES)
        drop(files / "out")
        (files / "out").read_bytes()
        cached = cached_pages(files / "out")
        with (files / "out").open("ab") as out:
            assert aio("cat", "--no-cache", *options, "plain", stdout=out).status == 0
        assert (files / "out").stat().st_size >= 2 * len(LINES)
        # What shares a folio with pages from before stays with them.
        assert cached - 1 <= cached_pages(files / "out") < cached + 64

    in_quiet(keeps_what_was_there)
