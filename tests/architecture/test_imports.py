"""What the light ways through the program import: Click and nothing heavier."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.program import AIO, environment

SCRIPT = """
import json, os, sys
os._exit = sys.exit
sys.argv = json.loads(sys.argv[1])
before = set(sys.modules)
import click
with_click = set(sys.modules)
from aiocli.__main__ import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(set(sys.modules) - with_click)), file=sys.stderr)
"""

ALLOWED_OF_OTHERS = {
    "__future__",
    "_locale",
    "fcntl",
    "importlib.util",
    "importlib._abc",
    "signal",
    "_signal",
    "select",
    "gc",
    "locale",
    "textwrap",
    "click._textwrap",
}
"""Small modules beside our own that even --help may load."""

LIGHT = (
    *("aiocli", "aiocli.cli", "aiocli.commands"),
    *("aiocli.core", "aiocli.core.errors", "aiocli.core.interruption", "aiocli.core.loop"),
)


def imported(*args: str) -> set[str]:
    """Names of the modules that a command line imports beyond Click's own."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps([str(AIO), *args])],
        capture_output=True,
        env=environment(PYTHONDEVMODE="", PYTHONWARNINGS=""),
        check=False,
        input=b"some input\n",
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def others(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] != "aiocli"} - ALLOWED_OF_OTHERS


@pytest.mark.parametrize(
    "args",
    [
        ("--version",),
        ("--help",),
        ("cat", "--help"),
        ("cp", "--help"),
        ("hash", "--help"),
        ("tail", "--help"),
        ("doctor", "--help"),
        ("cat", "--bogus"),
        ("cp",),
        ("nonsense",),
        ("help",),
        ("help", "cat"),
        ("cta",),
        ("cat", "--nubmer"),
        ("tail", "-n", "x"),
        ("hash", "--tag", "-t"),
        ("hash", "--raw", "a", "b"),
    ],
    ids=" ".join,
)
def test_help_and_usage_errors_import_click_and_nothing_heavier(args: tuple[str, ...]) -> None:
    modules = imported(*args)
    assert others(modules) == set()
    assert not {name for name in modules if name.startswith("aiocli.engines")}
    assert {name for name in modules if name.startswith("aiocli.core")} <= {*LIGHT}


@pytest.mark.parametrize("args", [("cat",), ("cat", "/proc/version"), ("tail", "-n1"), ("cat", "-n")], ids=" ".join)
def test_what_never_waits_needs_no_loop(args: tuple[str, ...]) -> None:
    modules = imported(*args)
    assert not modules & {"asyncio", "caio", "rich", "threading", "subprocess", "hashlib"}


@pytest.mark.parametrize("args", [("hash",), ("hash", "-a", "md5,crc32", "/proc/version")], ids=" ".join)
def test_digests_of_what_is_small_need_no_loop_and_no_threads(args: tuple[str, ...]) -> None:
    modules = imported(*args)
    assert not modules & {"asyncio", "caio", "rich", "threading", "subprocess", "json", "multiprocessing", "pathspec"}
    assert "blake3" not in modules


def test_importing_the_library_imports_nothing_else() -> None:
    script = "import sys; before = set(sys.modules); import aiocli; print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"aiocli", "typing", "collections", "collections.abc"} | {
        name
        for name in done.stdout.split()
        if name.startswith(("_", "re", "functools", "operator", "enum", "typing"))
        or name in ("copyreg", "contextlib", "itertools", "keyword", "reprlib", "types", "warnings")
    }
