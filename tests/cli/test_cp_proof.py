"""Copies that are safe and proved: --atomic, --fsync, --verify, --hash, --manifest, --resume, --no-cache, --explain."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess

import pytest

from tests.support.noise import noise
from tests.support.privileges import unprivileged
from tests.support.program import Program
from tests.support.strace import injecting, strace

DATA = b"some data\n" * 30_000
LARGE = noise(1024) * 5000
SAFE = ["--atomic", "--fsync", "--verify", "--no-cache"]


@pytest.fixture
def src(aio: Program):
    path = aio.cwd / "src"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def tree(aio: Program):
    folder = aio.cwd / "tree"
    (folder / "in").mkdir(parents=True)
    (folder / "one").write_bytes(b"1\n")
    (folder / "in/two").write_bytes(DATA)
    (folder / "in/empty").touch()
    (folder / "link").symlink_to("one")
    return folder


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("option", [[], *([option] for option in SAFE), SAFE, ["--resume"], ["--resume", "--verify"]])
def test_file_and_tree_are_copied_in_silence(aio, src, tree, option):
    for _ in range(2):
        assert aio("cp", *option, "src", "dst").outcome() == (0, b"", b"")
        assert aio("cp", "-aT", *option, "tree", "new").outcome() == (0, b"", b"")
    assert (aio.cwd / "dst").read_bytes() == DATA
    assert subprocess.run(["diff", "-r", "--no-dereference", "tree", "new"], cwd=aio.cwd, check=False).returncode == 0
    assert sorted(os.listdir(aio.cwd)) == ["dst", "new", "src", "tree"]


def test_manifest_is_what_sha256sum_checks(aio, tree):
    assert aio("cp", "-rL", "--jobs=2", "--manifest=SUMS", "tree", "new").outcome() == (0, b"", b"")
    checked = subprocess.run(["sha256sum", "-c", "SUMS"], cwd=aio.cwd, capture_output=True, check=False)
    assert checked.returncode == 0
    names = (b"in/empty", b"in/two", b"link", b"one")
    assert sorted(checked.stdout.splitlines()) == [b"new/%s: OK" % name for name in names]
    assert aio("hash", "-c", "--quiet", "SUMS").outcome() == (0, b"", b"")


@pytest.mark.parametrize("options", [["--verify"], ["--json"], ["--atomic"], ["--resume"]])
def test_each_name_of_a_hard_link_is_in_the_manifest_by_one_read(aio, tree, options):
    os.link(tree / "in/two", tree / "three")
    os.link(tree / "in/two", tree / "four")
    for _ in range(2):  # into nothing, and over what is there
        result = aio("cp", "-aT", "--hash=sha256,md5", "--manifest=SUMS", *options, "tree", "new")
        assert result.status == 0
        lines = (aio.cwd / "SUMS").read_text().splitlines()
        for name in ("in/two", "three", "four"):
            assert f"SHA256 (new/{name}) = {sha256(DATA)}" in lines
            assert f"MD5 (new/{name}) = {hashlib.md5(DATA).hexdigest()}" in lines
        assert len(lines) == 2 * len(("one", "in/two", "in/empty", "three", "four"))
        assert aio("hash", "-c", "--quiet", "SUMS").outcome() == (0, b"", b"")
    assert (aio.cwd / "new/three").stat().st_nlink == 3


def test_data_of_a_hard_link_are_read_once_for_the_manifest(aio, tree):
    os.link(tree / "in/two", tree / "three")
    lines = calls_of(aio, "-aT", "--manifest=SUMS", "tree", "new", calls="openat")
    assert len([line for line in lines if re.search(r'"(two|three)", O_RDONLY', line)]) == 1


def test_several_digests_are_tagged_lines_on_standard_output(aio, src):
    result = aio("cp", "--hash=md5,sha256", "--hash", "BLAKE2b", "--manifest=-", "src", "dst")
    assert result.stdout.decode().splitlines() == [
        f"MD5 (dst) = {hashlib.md5(DATA).hexdigest()}",
        f"SHA256 (dst) = {sha256(DATA)}",
        f"BLAKE2b (dst) = {hashlib.blake2b(DATA).hexdigest()}",
    ]
    assert (result.status, result.stderr) == (0, b"")


def test_odd_names_are_escaped_in_the_manifest(aio):
    (aio.cwd / "a\nb\\").write_bytes(DATA)
    (aio.cwd / "dir").mkdir()
    result = aio("cp", "--manifest=-", "a\nb\\", "dir")
    assert result.outcome() == (0, f"\\{sha256(DATA)}  dir/a\\nb\\\\\n".encode(), b"")


def test_manifest_has_what_was_copied_and_nothing_else(aio, src):
    result = aio("cp", "--manifest=SUMS", "src", "missing", "dir/")
    assert result.status == 1
    (aio.cwd / "dir").mkdir()
    result = aio("cp", "--manifest=SUMS", "src", "missing", "dir/")
    assert result.outcome() == (1, b"", b"aio cp: cannot stat 'missing': No such file or directory\n")
    assert (aio.cwd / "SUMS").read_text() == f"{sha256(DATA)}  dir/src\n"


def test_manifest_comes_through_a_named_backend(aio, src):
    result = aio("cp", "--backend=thread", "--verify", "--manifest=-", "--explain", "src", "dst")
    assert (result.status, result.stdout) == (0, f"{sha256(DATA)}  dst\n".encode())
    assert b"context by thread" in result.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--atomic", "--resume"], b"aio cp: cannot combine --atomic and --resume\n"),
        (["--no-cache", "--backend=thread"], b"aio cp: cannot combine --no-cache and --backend=thread\n"),
        (["--verify", "--reflink=always"], b"aio cp: cannot combine --verify and --reflink=always\n"),
        (["--manifest=-", "--reflink"], b"aio cp: cannot combine --manifest and --reflink=always\n"),
        (["--hash=md5"], b"aio cp: --hash needs --manifest=FILE\n"),
        (["--hash=md6", "--manifest=-"], b"aio cp: unknown algorithm 'md6'; here are: md5, "),
        (["--manifest=no/such/dir"], b"aio cp: cannot create 'no/such/dir': No such file or directory\n"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_copied(aio, src, options, message):
    result = aio("cp", *options, "src", "dst")
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.startswith(message)
    assert os.listdir(aio.cwd) == ["src"]


def test_explanation_is_one_line_a_file(aio, src, tree):
    result = aio("cp", "-rT", "--explain", "tree", "new", env={"AIO_DISABLE": "copy_range"})
    lines = result.stderr.decode().splitlines()
    assert (result.status, result.stdout) == (0, b"")
    named = sorted(line.split(": ")[1] for line in lines)
    assert named == ["'tree/in/empty' -> 'new/in/empty'", "'tree/in/two' -> 'new/in/two'", "'tree/one' -> 'new/one'"]
    two = next(line for line in lines if "/two" in line)
    assert re.search(r": \w+, 293 KiB in [0-9.]+ s \(.*/s\); not .*copy_range: switched off", two)


def test_disk_that_loses_a_write_is_found_out(aio):
    (aio.cwd / "src").write_bytes(LARGE)
    lost = injecting("pwrite64:retval=262144:when=2")
    assert aio("cp", "--manifest=-", "src", "dst", prefix=lost).status == 0  # nobody else could know
    result = aio("cp", "--verify", "src", "dst", prefix=lost)
    assert (result.status, result.stdout) == (1, b"")
    match = re.fullmatch(rb"aio cp: 'dst' differs from 'src' at byte ([0-9]+)\n", result.stderr)
    assert match is not None
    assert (aio.cwd / "dst").read_bytes()[: int(match[1])] == LARGE[: int(match[1])]
    assert (aio.cwd / "dst").read_bytes()[int(match[1])] != LARGE[int(match[1])]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("error=EIO", b"aio cp: cannot read back 'dst': Input/output error\n"),
        ("retval=4096", b"aio cp: 'dst' differs from 'src' at byte 0\n"),
    ],
)
def test_disk_that_gives_back_something_else_is_found_out(aio, src, fault, message):
    (aio.cwd / "dst").write_text("old")
    # Three reads of the source, the last one of nothing; the fourth is the first one of what was written.
    prefix = injecting(f"preadv,preadv2:{fault}:when=4")
    result = aio("cp", "--atomic", "--verify", "src", "dst", prefix=prefix)
    assert result.outcome() == (1, b"", message)
    assert (aio.cwd / "dst").read_text() == "old"
    assert sorted(os.listdir(aio.cwd)) == ["dst", "src"]


def calls_of(aio, *args, calls):
    """Run aio cp under strace; return the calls with the names that their descriptors have."""
    trace = aio.cwd.parent / "trace"
    result = aio("cp", *args, prefix=strace("-y", "-e", f"trace={calls}", "-o", os.fspath(trace)))
    assert result.outcome() == (0, b"", b"")
    return [re.sub(r"^\d+ +", "", line) for line in trace.read_text().splitlines()]


def synced(lines, cwd):
    return [match[1] for line in lines if (match := re.match(rf"fsync\(\d+<{re.escape(str(cwd))}/?([^>]*)>", line))]


def test_everything_new_is_on_the_device_before_success(aio, tree):
    lines = calls_of(aio, "-rP", "--fsync", "--jobs=1", "tree", "new", calls="fsync")
    assert sorted(synced(lines, aio.cwd)) == ["", "new", "new/in", "new/in/empty", "new/in/two", "new/one"]
    assert synced(lines, aio.cwd)[-2:] == ["new", ""]


def test_workers_sync_what_they_copy(aio, tree):
    lines = calls_of(aio, "-rP", "--fsync", "--jobs=2", "tree", "new", calls="fsync")
    assert sorted(synced(lines, aio.cwd)) == ["", "new", "new/in", "new/in/empty", "new/in/two", "new/one"]


def test_atomic_copy_is_on_the_device_before_it_gets_its_name(aio, src):
    (aio.cwd / "dst").write_text("old")
    lines = calls_of(aio, "--atomic", "src", "dst", calls="fsync,linkat,renameat,renameat2,rename")
    names = [line.split("(")[0].removesuffix("at") for line in lines]
    assert names[:4] == ["fsync", "link", "rename", "fsync"]


def test_target_that_may_not_be_written_is_not_replaced_either(aio, src):
    prefix = unprivileged()
    aio.cwd.chmod(0o777)
    (aio.cwd / "dst").write_text("old")
    (aio.cwd / "dst").chmod(0o644)
    result = aio("cp", "--atomic", "src", "dst", prefix=prefix)
    assert result.outcome() == (1, b"", b"aio cp: cannot create regular file 'dst': Permission denied\n")
    assert aio("cp", "--atomic", "-fv", "src", "dst", prefix=prefix).outcome() == (
        0,
        b"'src' -> 'dst'\nremoved 'dst'\n",
        b"",
    )
    assert (aio.cwd / "dst").read_bytes() == DATA


@pytest.mark.parametrize("options", [["-b"], ["--remove-destination"], ["-P"], ["--backup=numbered", "-a"]])
def test_atomic_copies_say_what_others_say(aio, src, options):
    for folder in ("one", "two"):
        (aio.cwd / folder).mkdir()
        (aio.cwd / folder / "src").write_text("old")
    plain = aio("cp", "-v", *options, "src", "one/src")
    atomic = aio("cp", "-v", "--atomic", *options, "src", "two/src")
    assert atomic.status == plain.status == 0
    assert atomic.stdout.replace(b"two/", b"one/") == plain.stdout
    assert sorted(os.listdir(aio.cwd / "one")) == sorted(os.listdir(aio.cwd / "two"))
    for name in os.listdir(aio.cwd / "one"):
        assert (aio.cwd / "one" / name).read_bytes() == (aio.cwd / "two" / name).read_bytes()


@pytest.mark.parametrize("manifest", ["src", "./dst", "link"])
def test_manifest_overwrites_nothing_that_is_copied(aio, src, manifest):
    (aio.cwd / "link").symlink_to("src")
    result = aio("cp", f"--manifest={manifest}", "src", "dst")
    words = f"aio cp: not overwriting '{manifest}', which is among the copied files, with the manifest\n"
    assert result.outcome() == (1, b"", words.encode())
    assert (src.read_bytes(), (aio.cwd / "dst").read_bytes()) == (DATA, DATA)


def test_manifest_goes_to_an_open_descriptor(aio, src):
    (aio.cwd / "log").write_bytes(b"before\n")
    script = f"exec 3>>log; {aio.path} cp --manifest=/dev/fd/3 src dst; echo behind >&3"
    subprocess.run(["sh", "-c", script], cwd=aio.cwd, check=True)
    assert (aio.cwd / "log").read_text() == f"before\n{sha256(DATA)}  dst\nbehind\n"
