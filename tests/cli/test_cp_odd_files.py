"""Small files of a tree that the workers cannot judge, and attributes that cannot be finished."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.privileges import unprivileged
from tests.support.program import Program
from tests.support.strace import injecting


@pytest.mark.parametrize("tree", ["/proc/bus/pci", "/proc/sys/net/core", "/sys/kernel/mm/ksm", "/sys/module/loop"])
def test_files_of_the_kernel_are_copied(tmp_path, tree):
    if not os.path.isdir(tree):
        pytest.skip(f"there is no {tree}")
    result = Program(tmp_path)("cp", "-r", "--jobs=2", tree, "copy")
    assert b"bug" not in result.stderr
    done = subprocess.run(["cp", "-r", tree, tmp_path / "expected"], capture_output=True, check=False)
    assert result.status == done.returncode
    assert names_and_sizes(tmp_path / "copy") == names_and_sizes(tmp_path / "expected")


def names_and_sizes(folder: Path) -> dict[Path, int]:
    return {path.relative_to(folder): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


def test_writing_that_was_lent_and_cannot_be_taken_back_is_a_failure_of_the_file(tmp_path):
    """Extended attributes of a read-only file are set while its owner may write to it."""
    for name in ("read only", "writable"):
        (tmp_path / name).write_text(name)
        try:
            os.setxattr(tmp_path / name, "user.a", b"value")
        except OSError as error:
            pytest.skip(f"no extended attributes here: {error}")
        (tmp_path / name).chmod(0o444 if name == "read only" else 0o644)
    tmp_path.chmod(0o777)
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    prefix = (*injecting("fchmod:error=EIO:when=2"), *unprivileged())
    result = Program(tmp_path)("cp", "--preserve=xattr", "read only", "writable", "out", prefix=prefix)
    message = b"aio cp: preserving permissions for 'out/read only': Input/output error\n"
    assert result.outcome() == (1, b"", message)
    assert os.getxattr(tmp_path / "out" / "read only", "user.a") == b"value"
    assert (tmp_path / "out" / "writable").read_text() == "writable"
