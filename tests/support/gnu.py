"""Where the GNU tools are that the differential tests compare with."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache

import pytest

# A dumb terminal: newer versions put hyperlinks into their help.
_ENVIRONMENT = {"LC_ALL": "C", "TERM": "dumb", "PATH": os.defpath}


@cache
def gnu(name: str) -> str:
    """Find a GNU tool: in the folder named by AIO_GNU_BIN, else the installed one; skip if there is none."""
    path = shutil.which(name, path=os.environ.get("AIO_GNU_BIN") or None)
    if path is None or _version_of(path) is None:
        pytest.skip(f"no GNU {name} here")
    return os.path.abspath(path)


@cache
def gnu_version() -> tuple[int, int]:
    """Tell the version of GNU coreutils that `gnu` finds, such as (9, 10)."""
    version = _version_of(gnu("cat"))
    assert version is not None
    return version


def run_gnu(
    name: str,
    *args: str | bytes,
    locale: str = "C",
    cwd: str | os.PathLike[str] | None = None,
    is_posixly_correct: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    """Run a GNU tool with nothing on standard input; its messages begin with `name: `."""
    environment = _ENVIRONMENT | {"LC_ALL": locale}
    if is_posixly_correct:
        environment["POSIXLY_CORRECT"] = "1"
    return subprocess.run(
        [name, *args],
        executable=gnu(name),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=cwd,
        env=environment,
        timeout=60,
        check=False,
    )


def _version_of(path: str) -> tuple[int, int] | None:
    done = subprocess.run([path, "--version"], capture_output=True, text=True, env=_ENVIRONMENT, check=False)
    found = re.search(r"GNU coreutils\) (\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else None
