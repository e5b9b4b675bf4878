from __future__ import annotations

import os
import subprocess

import pytest

from aiocli.engines.follow.blind import blind_filesystem
from aiocli.engines.follow.events import Data, Using
from tests.support.following import Following, append


@pytest.mark.parametrize(("path", "name"), [("/proc/version", "proc"), ("/sys/kernel", "sysfs"), ("/dev/shm", "")])
def test_file_systems_that_do_not_tell_are_known(path, name):
    fd = os.open(path, os.O_RDONLY)
    assert blind_filesystem(fd) == name
    os.close(fd)


def test_closed_descriptor_is_no_problem():
    fd = os.open("/", os.O_RDONLY)
    os.close(fd)
    assert blind_filesystem(fd) == ""


async def test_what_is_written_below_an_overlay_is_seen(tmp_path):
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    (tmp_path / "lower" / "log").write_bytes(b"old\n")
    options = f"lowerdir={tmp_path}/lower,upperdir={tmp_path}/upper,workdir={tmp_path}/work"
    merged = tmp_path / "merged"
    command = ["mount", "-t", "overlay", "overlay", "-o", options, merged]
    if subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: ASYNC221
        pytest.skip("cannot mount an overlay")
    try:
        async with Following(merged / "log", offsets={merged / "log": 4}, by_name=True, retries=True) as following:
            append(merged / "log", b"copied up\n")
            await following.until_data(b"copied up\n")
        assert isinstance(following.all[0], Using)
        assert isinstance(following.all[-1], Data)
    finally:
        subprocess.run(["umount", "--lazy", merged], check=True)  # noqa: ASYNC221
