"""What the documentation shows works, and what the library offers is documented."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import aiocli
from tests.support.program import environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
EXAMPLES = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
]
MODULES = [
    "aiocli.aiofiles.base",
    "aiocli.aiofiles.os",
    "aiocli.aiofiles.ospath",
    "aiocli.aiofiles.tempfile",
    "aiocli.aiofiles.tempfile.temptypes",
    "aiocli.aiofiles.threadpool",
    "aiocli.aiofiles.threadpool.binary",
    "aiocli.aiofiles.threadpool.text",
    "aiocli.library.atomic",
    "aiocli.library.locks",
    "aiocli.library.path",
    "aiocli.library.rotating",
    "aiocli.library.shutil",
    "aiocli.library.walk",
]
"""Where users of the library find more than what `aiocli.__all__` names."""

AWAITED = ("AbstractAsyncContextManager", "AiofilesContextManager", "Awaitable", "Batches", "Coroutine")
"""What plain functions return that do their work when it is awaited, entered or iterated over."""


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_example_runs(example: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=tmp_path,
        env=environment(PYTHONDEVMODE=""),  # in development mode asyncio tells of slow steps on standard error
        input="one\ntwo\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_public_name_is_in_the_guide() -> None:
    guide = (ROOT / "docs" / "library.md").read_text()
    words = set(re.findall(r"\w+", guide))
    assert [name for name in aiocli.__all__ if name not in words] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_to_files_and_headings_that_are_there(page: Path) -> None:
    for path, heading in re.findall(r"\]\(([^):#]*)#?([^)]*)\)", page.read_text()):
        target = page.parent / path if path else page
        assert target.exists(), path
        assert not heading or heading in anchors(target), heading


def anchors(page: Path) -> set[str]:
    """What links to the headings of a page say: lower case, hyphens for blanks, no other punctuation."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def public_coroutines() -> dict[str, Any]:
    """Functions and methods that users of the library await, enter or iterate over, by their names."""
    named = [(name, getattr(aiocli, name)) for name in aiocli.__all__]
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        named += [(f"{module_name}.{name}", getattr(module, name)) for name in public_names(module)]
    every = [item for label, value in named for item in [(label, value), *methods(label, value)]]
    return {name: it for name, it in every if is_asynchronous(it) and not name.rpartition(".")[2].startswith("_")}


def public_names(module: ModuleType) -> list[str]:
    """What a module says it offers, or what is made in it."""
    made = [name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__]
    return getattr(module, "__all__", None) or [name for name in made if not name.startswith("_")]


def methods(label: str, value: object) -> Iterator[tuple[str, Any]]:
    """What a class of ours has or inherits from one of ours."""
    for base in reversed(getattr(value, "__mro__", ())):
        if base.__module__.startswith("aiocli"):
            yield from ((f"{label}.{name}", item) for name, item in vars(base).items())


def is_asynchronous(function: Any) -> bool:
    function = getattr(function, "__func__", function)
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    if any(is_kind(it) for is_kind in kinds for it in (function, inspect.unwrap(function))):
        return True
    result = getattr(function, "__annotations__", {}).get("return")
    return inspect.isfunction(function) and str(result).startswith(AWAITED)


COROUTINES = public_coroutines()


def test_coroutines_of_every_part_are_found() -> None:
    names = {
        "AIOFile.read",
        "LineReader.readline",
        "atomic_write",
        "aiocli.aiofiles.os.stat",
        "aiocli.aiofiles.tempfile.NamedTemporaryFile",
        "aiocli.aiofiles.threadpool.binary.AsyncFileIO.readall",
        "aiocli.library.path.Path.exists",
        "aiocli.library.shutil.copytree",
    }
    assert names - COROUTINES.keys() == set()


@pytest.mark.parametrize(("name", "function"), COROUTINES.items(), ids=COROUTINES)
def test_coroutine_says_what_a_cancelled_call_may_have_done(name: str, function: object) -> None:
    assert "Cancellation:" in (inspect.getdoc(function) or ""), name
