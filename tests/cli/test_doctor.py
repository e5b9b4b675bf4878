"""The installed `aio doctor`."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from aiocli.core.backends import BACKENDS, unavailable
from tests.support.program import Program


def test_json_tells_versions_backends_and_limits(aio: Program) -> None:
    result = aio("doctor", "--json")
    assert (result.status, result.stderr) == (0, b"")
    findings = json.loads(result.stdout)
    assert findings["v"] == 1
    reasons = {name: unavailable(name) for name in BACKENDS}
    assert findings["backends"] == {name: {"works": why is None, "why": why} for name, why in reasons.items()}
    assert set(findings["versions"]) >= {"aio", "python", "kernel", "caio", "click", "rich"}
    assert set(findings["limits"]) >= {"fs.aio-max-nr", "fs.aio-nr", "open files", "fs.pipe-max-size"}


def test_paths_show_what_auto_would_do(aio: Program) -> None:
    (aio.cwd / "file").write_bytes(b"x")
    (aio.cwd / "large").write_bytes(bytes(2 << 20))
    result = aio("doctor", "--json", "file", "large", "/dev/null", ".", "missing")
    assert result.status == 1
    assert result.stderr == b"aio doctor: missing: No such file or directory\n"
    paths = {facts["path"]: facts for facts in json.loads(result.stdout)["paths"]}
    assert paths["file"]["kind"] == "regular file"
    assert (paths["file"]["to a pipe"], paths["large"]["to a pipe"]) == ("plain", "splice")
    done = aio("cp", "--explain", "file", "copy").stderr.decode()
    assert f": {paths['file']['to a new file beside it'].split()[0]}, 1 B" in done
    assert sorted(os.listdir(aio.cwd)) == ["copy", "file", "large"]
    assert paths["/dev/null"]["kind"] == "character device"
    assert paths["."]["kind"] == "directory"


def test_fifo_without_a_writer_does_not_hang(aio: Program) -> None:
    os.mkfifo(aio.cwd / "fifo")
    result = aio("doctor", "fifo")
    assert result.status == 0
    assert b"pipe" in result.stdout


def test_text_names_every_backend(aio: Program) -> None:
    text = aio("doctor").stdout.decode()
    for name in BACKENDS:
        assert f"  {name} " in text


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: no faults can be injected")
def test_reason_names_the_errno(aio: Program) -> None:
    prefix = ("strace", "-f", "-o", "/dev/null", "-e", "inject=io_uring_setup:error=ENOSYS")
    findings = json.loads(aio("doctor", "--json", prefix=prefix).stdout)
    assert findings["backends"]["uring"]["works"] is False
    assert "ENOSYS" in findings["backends"]["uring"]["why"]
    assert findings["auto"] == "thread"


def test_wrong_usage_ends_with_2(aio: Program) -> None:
    result = aio("doctor", "--bogus")
    assert result.outcome() == (
        2,
        b"",
        b"aio doctor: unrecognized option '--bogus'\nTry 'aio doctor --help' for more information.\n",
    )
