"""Renaming without replacing."""

import os

import pytest

from aiocli.core import renameat2


@pytest.fixture(params=["kernel", "look"])
def rename(request, tmp_path):
    """Both ways: with the kernel's promise, and without."""
    fd = os.open(tmp_path, os.O_PATH)
    call = renameat2.rename_noreplace if request.param == "kernel" else _look_and_rename
    yield lambda name, new_name: call(name, new_name, dir_fd=fd)
    os.close(fd)


def _look_and_rename(name, new_name, *, dir_fd):
    renameat2._look_and_rename(name, new_name, dir_fd)


def test_file_gets_its_new_name(tmp_path, rename):
    (tmp_path / "old").write_bytes(b"data")
    rename("old", "ü\udcff")
    assert os.listdir(os.fsencode(tmp_path)) == [b"\xc3\xbc\xff"]


@pytest.mark.parametrize("kind", ["file", "link"])
def test_name_that_is_taken_stays(tmp_path, rename, kind):
    (tmp_path / "old").write_bytes(b"data")
    if kind == "file":
        (tmp_path / "new").write_bytes(b"")
    else:
        (tmp_path / "new").symlink_to("nothing")
    before = os.lstat(tmp_path / "new")
    with pytest.raises(FileExistsError) as caught:
        rename("old", "new")
    assert (caught.value.filename, caught.value.filename2) == ("old", "new")
    assert os.lstat(tmp_path / "new") == before
    assert (tmp_path / "old").exists()


def test_missing_file_is_an_error(rename):
    with pytest.raises(FileNotFoundError):
        rename("old", "new")
