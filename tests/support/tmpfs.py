"""A file system of a few KiB, to run out of space on."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def tiny_tmpfs(folder, nbytes):
    """Mount it on a new folder; skip where that is not permitted."""
    folder.mkdir()
    options = f"size={nbytes},mode=777"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
