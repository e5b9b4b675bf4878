"""`aio hash`: algorithms, sources, backends, and checking lists of several algorithms."""

from __future__ import annotations

import hashlib
import os

import pytest
from blake3 import blake3

from aiocli.engines.hash import ALGORITHMS
from tests.support.backends import BACKEND_PARAMS
from tests.support.privileges import unprivileged
from tests.support.resources import WAIT_S

BACKENDS = [pytest.param("auto", id="auto"), *BACKEND_PARAMS]
NAMES = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b"]
COMMON = ["md5", "sha1", "sha256", "sha512", "blake2b"]
TAGS = {name: ALGORITHMS[name].tag for name in ALGORITHMS}
DATA = bytes(range(251)) * 20_890  # 5 MiB and some


@pytest.fixture(params=BACKENDS)
def backend(request):
    return f"--backend={request.param}"


def hexdigest(name, data):
    if name == "blake3":
        return blake3(data).hexdigest()
    return hashlib.new(name, data).hexdigest()


def tagged(name, data, file):
    return f"{TAGS[name]} ({file}) = {hexdigest(name, data)}\n"


def test_default_is_sha256(aio, backend):
    (aio.cwd / "src").write_bytes(b"data")
    assert aio("hash", backend, "src").outcome() == (0, f"{hexdigest('sha256', b'data')}  src\n".encode(), b"")


def test_every_algorithm_of_the_table_is_computed(aio):
    (aio.cwd / "src").write_bytes(DATA)
    result = aio("hash", "-a", ",".join(ALGORITHMS), "src")
    hashers = [(name, algorithm.tag, algorithm.new()) for name, algorithm in ALGORITHMS.items()]
    for _, _, hasher in hashers:
        hasher.update(DATA)
    expected = "".join(f"{tag} (src) = {hasher.digest().hex()}\n" for _, tag, hasher in hashers)
    assert result.outcome() == (0, expected.encode(), b"")


@pytest.mark.parametrize("name", [*NAMES, "blake3"])
def test_one_algorithm_has_lines_without_a_tag(aio, name):
    result = aio("hash", "-a", name, "-", stdin=b"in")
    assert result.outcome() == (0, f"{hexdigest(name, b'in')}  -\n".encode(), b"")


@pytest.mark.parametrize(
    "spelling",
    ["-a md5 -a sha1", "-a md5,sha1", "-amd5,SHA-1", "--algorithm=MD5 -a sha1sum", "-a md5,sha1,md5 -a md5"],
)
def test_algorithms_are_given_in_any_way_and_once_each(aio, spelling):
    (aio.cwd / "src").write_bytes(b"data")
    expected = tagged("md5", b"data", "src") + tagged("sha1", b"data", "src")
    assert aio("hash", *spelling.split(), "src").outcome() == (0, expected.encode(), b"")


@pytest.mark.parametrize("name", ["md4", "", "sha256,", "md5,,sha1", "crc16"])
def test_unknown_algorithm_is_one_line(aio, name):
    result = aio("hash", "-a", name, "src")
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.startswith(b"aio hash: unknown algorithm '")
    assert result.stderr.count(b"\n") == 1


def test_all_are_the_common_ones(aio):
    result = aio("hash", "--all", stdin=b"data")
    assert result.status == 0
    expected = "".join(tagged(name, b"data", "-") for name in [*COMMON, "blake3"])
    assert result.outcome() == (0, expected.encode(), b"")


@pytest.mark.slow
def test_several_algorithms_of_a_file_are_the_standard_librarys(aio, backend):
    check_several(aio, backend)


@pytest.mark.slow
@pytest.mark.parametrize("disabled", ["clones", "no such source"])
def test_several_algorithms_are_the_same_with_a_source_switched_off(aio, disabled):
    check_several(aio, "--backend=auto", AIO_DISABLE=disabled)


def check_several(aio, option, **env):
    (aio.cwd / "src").write_bytes(DATA)
    expected = "".join(tagged(name, DATA, "src") for name in NAMES)
    assert aio("hash", option, "-a", ",".join(NAMES), "src", env=env).outcome() == (0, expected.encode(), b"")


def test_several_algorithms_of_standard_input_are_the_standard_librarys(aio, backend):
    expected = "".join(tagged(name, DATA, "-") for name in NAMES)
    assert aio("hash", backend, "-a", ",".join(NAMES), stdin=DATA).outcome() == (0, expected.encode(), b"")


@pytest.mark.parametrize("algorithms", ["sha256", "md5,sha1,sha256"])
def test_standard_input_is_read_from_its_offset_on(aio, backend, algorithms):
    (aio.cwd / "src").write_bytes(b"skipped" + DATA)
    with open(aio.cwd / "src", "rb", buffering=0) as src:
        src.seek(7)
        result = aio("hash", "--tag", backend, "-a", algorithms, stdin=src.fileno())
    expected = "".join(tagged(name, DATA, "-") for name in algorithms.split(","))
    assert result.outcome() == (0, expected.encode(), b"")


def test_failures_are_reported_and_the_rest_done(aio, backend):
    for name in ("a", "secret"):
        (aio.cwd / name).write_bytes(b"data")
    (aio.cwd / "secret").chmod(0)
    (aio.cwd / "folder").mkdir()
    result = aio("hash", backend, "a", "missing", "folder", "secret", "a", prefix=unprivileged())
    errors = b"aio hash: missing: No such file or directory\naio hash: folder: Is a directory\n"
    errors += b"aio hash: secret: Permission denied\n"
    assert result.outcome() == (1, f"{hexdigest('sha256', b'data')}  a\n".encode() * 2, errors)


def test_files_of_proc_and_empty_files_are_hashed(aio, backend):
    (aio.cwd / "empty").touch()
    with open("/proc/version", "rb") as file:
        version = file.read()
    expected = tagged("md5", version, "/proc/version") + tagged("sha1", version, "/proc/version")
    expected += tagged("md5", b"", "empty") + tagged("sha1", b"", "empty")
    assert aio("hash", backend, "-a", "md5,sha1", "/proc/version", "empty").outcome() == (0, expected.encode(), b"")


def test_fifo_is_hashed(aio, backend):
    os.mkfifo(aio.cwd / "fifo")
    process = aio.start("hash", backend, "-a", "md5", "fifo")
    with open(aio.cwd / "fifo", "wb") as fifo:
        fifo.write(DATA)
    assert process.communicate(timeout=WAIT_S) == (f"{hexdigest('md5', DATA)}  fifo\n".encode(), b"")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("", "\\{}  new\\nline\n"),
        ("-b", "\\{} *new\\nline\n"),
        ("--tag", "\\SHA256 (new\\nline) = {}\n"),
        ("-z", "{}  new\nline\0"),
        ("-z --tag", "SHA256 (new\nline) = {}\0"),
    ],
)
def test_names_are_escaped_unless_lines_end_with_nul(aio, options, line):
    (aio.cwd / "new\nline").write_bytes(b"data")
    result = aio("hash", *options.split(), "new\nline")
    assert result.outcome() == (0, line.format(hexdigest("sha256", b"data")).encode(), b"")


def write_list(aio, *lines):
    for name in ("a", "b", "new\nline", "back\\slash"):
        (aio.cwd / name).write_bytes(b"data")
    (aio.cwd / "list").write_text("".join(line + "\n" for line in lines))


def test_own_lists_check(aio, backend):
    write_list(aio)
    made = aio("hash", "--all", "a", "b", "new\nline", "back\\slash")
    (aio.cwd / "list").write_bytes(made.stdout)
    result = aio("hash", backend, "-c", "list")
    names = ["a"] * 6 + ["b"] * 6 + ["\\new\\nline"] * 6 + ["\\back\\\\slash"] * 6
    assert result.outcome() == (0, "".join(f"{name}: OK\n" for name in names).encode(), b"")


def test_lists_of_any_algorithm_check_by_length(aio):
    write_list(aio, *(f"{hexdigest(name, b'data')}  a" for name in ("md5", "sha1", "sha224", "sha256", "sha384")))
    assert aio("hash", "-c", "list").outcome() == (0, b"a: OK\n" * 5, b"")


def test_lists_check_with_the_algorithm_given(aio):
    write_list(aio, f"{hexdigest('blake3', b'data')}  a", f"{hexdigest('sha256', b'data')}  a")
    result = aio("hash", "-a", "blake3", "-c", "list")
    assert (result.status, result.stdout) == (1, b"a: OK\na: FAILED\n")
    assert result.stderr == b"aio hash: WARNING: 1 computed checksum did NOT match\n"


BAD = "0" * 64
GOOD = hexdigest("sha256", b"data")


@pytest.mark.parametrize(
    ("options", "status", "out"),
    [
        ("", 1, "a: OK\nb: FAILED\nmissing: FAILED open or read\n"),
        ("--quiet", 1, "b: FAILED\nmissing: FAILED open or read\n"),
        ("--status", 1, ""),
        ("--ignore-missing", 1, "a: OK\nb: FAILED\n"),
    ],
)
def test_verdicts_follow_the_options(aio, options, status, out):
    write_list(aio, f"{GOOD}  a", f"{BAD}  b", f"{GOOD}  missing", "improper")
    result = aio("hash", "-c", *options.split(), "list")
    assert (result.status, result.stdout) == (status, out.encode())


@pytest.mark.parametrize(
    ("lines", "messages"),
    [
        (["x", f"{GOOD}  a"], ["WARNING: 1 line is improperly formatted"]),
        (["x", "y", f"{GOOD}  a"], ["WARNING: 2 lines are improperly formatted"]),
        ([f"{GOOD}  a", f"{BAD}  a"], ["WARNING: 1 computed checksum did NOT match"]),
        ([f"{BAD}  a", f"{BAD}  a"], ["WARNING: 2 computed checksums did NOT match"]),
        (
            [f"{GOOD}  no", f"{GOOD}  a"],
            ["no: No such file or directory", "WARNING: 1 listed file could not be read"],
        ),
        (["x"], ["list: no properly formatted checksum lines found"]),
    ],
)
def test_counts_have_their_plurals(aio, lines, messages):
    write_list(aio, *lines)
    result = aio("hash", "-c", "list")
    assert result.stderr.decode() == "".join(f"aio hash: {message}\n" for message in messages)


@pytest.mark.parametrize(("options", "status"), [("", 0), ("--strict", 1), ("-w", 0), ("--warn --strict", 1)])
def test_improper_lines_fail_only_if_strict_and_are_told_if_asked(aio, options, status):
    write_list(aio, f"{GOOD}  a", "improper")
    result = aio("hash", "-c", *options.split(), "list")
    assert (result.status, result.stdout) == (status, b"a: OK\n")
    assert (b"list: 2: improperly formatted" in result.stderr) == ("w" in options)


def test_missing_files_alone_verify_nothing(aio):
    write_list(aio, f"{GOOD}  missing", f"{GOOD}  gone")
    result = aio("hash", "-c", "--ignore-missing", "list")
    assert result.outcome() == (1, b"", b"aio hash: list: no file was verified\n")


def test_unreadable_files_of_a_list_are_reported_and_the_rest_done(aio):
    write_list(aio, f"{GOOD}  a", f"{GOOD}  b", f"{GOOD}  a")
    (aio.cwd / "a").chmod(0)
    result = aio("hash", "-c", "list", prefix=unprivileged())
    errors = b"aio hash: a: Permission denied\n" * 2 + b"aio hash: WARNING: 2 listed files could not be read\n"
    assert result.outcome() == (1, b"a: FAILED open or read\nb: OK\na: FAILED open or read\n", errors)


def test_names_with_nul_bytes_are_no_bug(aio):
    (aio.cwd / "list").write_bytes(f"{GOOD}  a\0b\n{GOOD}  b\n".encode())
    (aio.cwd / "b").write_bytes(b"data")
    result = aio("hash", "-c", "list")
    assert result.status < 2
    assert b"Traceback" not in result.stderr
    assert result.stdout.endswith(b"b: OK\n")


def test_progress_prints_lines_where_there_is_no_terminal(aio, backend):
    (aio.cwd / "src").write_bytes(DATA)
    result = aio("hash", backend, "--progress=always", "src")
    assert result.stdout == f"{hexdigest('sha256', DATA)}  src\n".encode()
    assert result.stderr.splitlines()[-1].startswith(b"aio hash: src: 5 MiB of 5 MiB, 100%, ")
    assert aio("hash", "--progress=never", "src").stderr == b""
