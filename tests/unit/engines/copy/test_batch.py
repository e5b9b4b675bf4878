"""Batches of small files: what they leave alone."""

from __future__ import annotations

import errno
import os

import pytest

from aiocli.engines.copy.batch import Run, copy_runs
from aiocli.engines.copy.rules import CopyRules
from tests.support.holes import make_sparse


def run_of(source, target, names):
    """A run of files of one directory, as a tree cuts it."""
    places = [(os.fspath(folder), folder.stat().st_dev, folder.stat().st_ino) for folder in (source, target)]
    return Run(*places, names, [(source / name).stat().st_ino for name in names])


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EIO, errno.ESPIPE])
def test_files_whose_holes_cannot_be_asked_for_are_left_alone(tmp_path, monkeypatch, number):
    """As those of /proc, which have a size and no blocks."""
    source, target = tmp_path / "source", tmp_path / "target"
    for folder in (source, target):
        folder.mkdir()
    make_sparse(source / "holes", [("hole", 65_536), ("data", 5000)])
    (source / "dense").write_bytes(b"data")

    def lseek(fd, offset, whence):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "lseek", lseek)
    (result,) = copy_runs([run_of(source, target, ["holes", "dense"])], CopyRules())
    assert result == ([0, 4], {0: None})
    assert os.listdir(target) == ["dense"]
