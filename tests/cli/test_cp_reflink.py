"""Blocks that are shared, on file systems that can, and what is said where they cannot."""

from __future__ import annotations

import subprocess

import pytest

from tests.support.loop import loop_filesystem
from tests.support.strace import injecting

MIB = 1024 * 1024
FALLS_BACK = ["EOPNOTSUPP", "ENOTTY", "EXDEV", "EINVAL", "EPERM", "EACCES", "ENOENT", "EBADF", "ENOSYS"]
FAILS = ["EIO", "ENOMEM", "ENOSPC", "EDQUOT"]


@pytest.fixture(scope="module", params=["xfs", "btrfs"])
def sharing(request, tmp_path_factory):
    with loop_filesystem(tmp_path_factory.mktemp(request.param), request.param) as place:
        source = place / "src"
        source.write_bytes(b"some data\n" * 50_000)
        with source.open("r+b") as file:
            file.truncate(20 * MIB)
            file.seek(5 * MIB)
            file.write(bytes(MIB) + b"end")
        yield place


def is_shared(path):
    done = subprocess.run(["filefrag", "-v", path], capture_output=True, text=True, check=True)
    return "shared" in done.stdout


def room(path):
    subprocess.run(["sync", path], check=True)
    return path.stat().st_blocks


@pytest.mark.parametrize("options", [(), ("--reflink",), ("--reflink=auto",), ("-a",), ("--sparse=always",)])
def test_blocks_are_shared(aio, sharing, options):
    target = sharing / "clone"
    result = aio("cp", "--debug", *options, sharing / "src", target)
    assert (result.status, result.stderr) == (0, b"")
    assert b"reflink: yes" in result.stdout
    assert target.read_bytes() == (sharing / "src").read_bytes()
    assert is_shared(target)
    target.unlink()


def test_small_files_of_trees_are_shared(aio, sharing):
    tree = sharing / "tree"
    tree.mkdir()
    for number in range(100):
        (tree / str(number)).write_bytes(b"%d" % number * 5000)
    subprocess.run(["sync", tree], check=True)
    assert aio("cp", "-r", tree, sharing / "new").status == 0
    assert is_shared(sharing / "new" / "7")
    for folder in (tree, sharing / "new"):
        subprocess.run(["rm", "-r", folder], check=True)


@pytest.mark.parametrize("options", [("--reflink=never",), ("--sparse=never",), ("--reflink=never", "--sparse=always")])
def test_blocks_are_not_shared_unless_they_may_be(aio, sharing, options):
    target = sharing / "copy"
    assert aio("cp", *options, sharing / "src", target).status == 0
    assert target.read_bytes() == (sharing / "src").read_bytes()
    assert not is_shared(target)
    if options == ("--sparse=never",):
        assert room(target) * 512 >= 20 * MIB
    else:  # not even what the file system prepares at the end of a file
        assert room(target) * 512 <= (MIB if len(options) == 2 else 2 * MIB)
    target.unlink()


def test_clone_across_file_systems_fails_and_leaves_no_new_file(aio, sharing):
    result = aio("cp", "--reflink", sharing / "src", "new")
    text = f"aio cp: failed to clone 'new' from '{sharing / 'src'}': Invalid cross-device link\n"
    assert (result.status, result.stderr) == (1, text.encode())
    assert not (aio.cwd / "new").exists()


def inject(aio, error, *options):
    """Copy with every clone failing."""
    (aio.cwd / "src").write_bytes(b"data" * 1000)
    return aio("cp", *options, "src", "dst", prefix=injecting(f"ioctl:error={error}", aio.cwd / "dst"))


@pytest.mark.parametrize("error", FALLS_BACK)
def test_what_cannot_be_shared_is_copied(aio, error):
    result = inject(aio, error)
    assert (result.status, result.stderr) == (0, b"")
    assert (aio.cwd / "dst").read_bytes() == b"data" * 1000


@pytest.mark.parametrize("error", FAILS)
def test_trouble_with_a_clone_is_told_and_nothing_else_tried(aio, error):
    result = inject(aio, error)
    assert result.status == 1
    assert result.stderr.startswith(b"aio cp: failed to clone 'dst' from 'src': ")
    assert (aio.cwd / "dst").stat().st_size == 0


@pytest.mark.parametrize("error", ["EOPNOTSUPP", "EIO"])
def test_clone_that_fails_empties_what_is_there_and_removes_what_is_new(aio, error):
    assert inject(aio, error, "--reflink").status == 1
    assert not (aio.cwd / "dst").exists()
    (aio.cwd / "dst").write_text("old")
    assert inject(aio, error, "--reflink").status == 1
    assert (aio.cwd / "dst").read_bytes() == b""
