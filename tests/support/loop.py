"""File systems of their own in a file, for what the one at hand cannot do."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager

import pytest

IMAGE_BYTES = 400 * 1024 * 1024
"""XFS wants 300 MiB at least; nearly all of it is a hole."""


@contextmanager
def loop_filesystem(folder, kind):
    """Make and mount it below a folder; skip where that is not possible."""
    make = shutil.which(f"mkfs.{kind}", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if make is None:
        pytest.skip(f"mkfs.{kind} is not installed")
    image, place = folder / "image", folder / kind
    with image.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    place.mkdir()
    subprocess.run([make, "-q", image], capture_output=True, check=True)
    done = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
