"""A link cksum to `aio` and GNU cksum on the same command lines."""

from __future__ import annotations

import shlex

import pytest

from tests.support.checksums import FILES, NAMES
from tests.support.gnu import compare, compare_script

SINCE = (9, 10)
TYPES = (
    *("bsd", "sysv", "crc", "crc32b", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "sm3"),
    *(f"{name} -l {bits}" for name in ("sha2", "sha3") for bits in (224, 256, 384, 512)),
    *(f"blake2b -l {bits}" for bits in (0, 8, 128, 504, 512)),
)
FORMS = ("", "--untagged", "--base64", "--untagged --base64 -b", "--raw", "-z", "--untagged -z", "--tag --base64 -z")


def prepare(folder):
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    (folder / "folder").mkdir()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_gnus_lines_in_every_form(checksums, kind, form):
    names = ["large"] if "--raw" in form else NAMES
    assert checksums.same("cksum", "-a", *kind.split(), *form.split(), "--", *names).stdout


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("operands", ["", "-", "- a", "a - -", "missing", "folder", "/proc/version /dev/null"])
def test_standard_input_has_a_name_where_gnu_gives_it_one(checksums, kind, operands):
    checksums.same("cksum", "-a", *kind.split(), *operands.split())


@pytest.mark.parametrize("size", [0, 1, 255, 256, 511, 512, 513, 1023, 1024, 1025, 65536, 70000])
@pytest.mark.parametrize("kind", ["bsd", "sysv", "crc", "crc32b"])
def test_sizes_and_blocks_are_counted_as_gnu_does(checksums, kind, size):
    checksums.same("cksum", "-a", kind, stdin=bytes(range(7, 256)) * (size // 249) + bytes([255]) * (size % 249))


@pytest.mark.parametrize(
    "options",
    [
        # what -t, -b, --tag and --untagged make of each other
        *("-t", "-b", "--untagged -t", "--untagged -b", "-b --untagged", "-bt --untagged", "-tb --untagged"),
        *("--tag --untagged", "--untagged --tag", "--tag -t", "--untagged -t --tag", "-t --tag --untagged -b"),
        # which of two mistakes is told
        *("--raw --base64 -t", "--raw --base64 -a sha2", "-a sha2 -l 7 --bogus", "-l x --help", "-a foo --bogus"),
        *("-t --strict", "-t -z", "-w --quiet", "--status --ignore-missing", "-l 8 -a crc --raw --base64"),
        *("-a crc -c", "-a crc -c --tag", "-c --tag -z", "-c -b --strict", "-c -t --untagged", "-a sha2 -c -l 0"),
        # what is given more than once, abbreviated, or not there
        *("-a md5 -a sha1", "-l 8 -l 16 -a blake2b", "--alg md", "--algorithm", "-a", "--l 8 --al blake2b", "-A"),
        *("--t", "--b", "--s", "--u", "--r", "--d", "--c", "--h=1", "-h", "--untagged=1", "-ab", "-V"),
    ],
)
def test_options_mean_what_they_mean_in_gnu(checksums, options):
    checksums.same("cksum", *options.split(), "a", "new\nline")


@pytest.mark.parametrize("kind", ["md5", "sha1", "crc", "blake2b", "sha2", "sha3", "sm3", "sha256"])
@pytest.mark.parametrize(
    "bits", ["0", "1", "7", "8", "224", "256", "512", "513", "520", "", "x", "+8", " 8", "-8", "8b"]
)
def test_lengths_are_taken_and_refused_as_gnu_does(checksums, kind, bits):
    checksums.same("cksum", "-a", kind, f"--length={bits}", "a")


@pytest.mark.parametrize("options", ["--raw a b", "--raw a missing", "-c --raw a b", "--raw -t a b", "--raw"])
def test_raw_is_for_one_file(checksums, options):
    checksums.same("cksum", *options.split())


@pytest.mark.parametrize(
    "options", ["-a md5", "-a sha3 -l 256 --base64", "--untagged -a blake2b -l 8", "-a sm3 --untagged"]
)
def test_own_lines_check(aio, options):
    names = shlex.join(["new\nline", "sp ace", "a", "empty", "back\\slash"])
    kind = shlex.join(options.split()[options.split().index("-a") :][:2]) if "--untagged" in options else ""
    script = f"cksum {options} {names} >list; cat list; cksum {kind} -c list"
    compare_script(aio, "cksum", script, prepare=prepare, since=SINCE)


@pytest.mark.parametrize("args", [("-a", "foo"), ("-a", "blake2b", "-l", "7"), ("-l", "\n"), ("--raw", "caf\u00e9 ")])
def test_values_are_quoted_as_gnu_does(aio, args):
    compare(aio, "cksum", *args, as_link=True, env={"LC_ALL": "C.UTF-8"}, since=SINCE)


@pytest.mark.parametrize(
    "script",
    [
        "cksum a b >&-",
        "cksum a >&-",
        "cksum <&-",
        "cksum a - b <&-",
        "cksum --raw <&-",
        "(read line; cksum) <b",
        "cksum -a md5 --raw a >/dev/full",
        "cksum a missing b folder 2>&1",
        "cksum a missing 2>/dev/full",
        "cksum -a md5 a missing >/dev/full",
        "cat large | cksum - a",
    ],
)
def test_redirections_are_met_as_gnu_does(aio, script):
    compare_script(aio, "cksum", script, prepare=prepare, since=SINCE)


def test_what_computes_the_crc_is_told_on_standard_error(aio):
    prepare(aio.cwd)
    cksum = aio.link("cksum")
    plain = cksum("a", "b", "missing").stdout
    result = cksum("--debug", "a", "b", "missing")
    assert result.stdout == plain
    assert result.stderr == b"cksum: using zlib\ncksum: missing: No such file or directory\n"
    assert cksum("--debug", "missing").stderr == b"cksum: missing: No such file or directory\n"
    assert cksum("--debug", "-a", "md5", "a").stderr == b""


@pytest.mark.parametrize("name", ["cksum", "sum"])
def test_a_full_device_is_told_with_the_reason(aio, name):
    prepare(aio.cwd)
    with open("/dev/full", "wb") as full:
        result = aio.link(name)("a", "missing", stdout=full)
    assert result.outcome() == (1, b"", f"{name}: write error: No space left on device\n".encode())
