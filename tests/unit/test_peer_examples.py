"""The programs of both peers' own documentation, as they are but for the import, do what they do with the peers."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.program import environment

FENCED = re.compile(r"```python\n(.*?)```", re.DOTALL)
CLOCK_RATE = re.compile(rb"^cpu MHz.*\n", re.MULTILINE)  # of /proc/cpuinfo; not the same at two reads
DIRECTIVE = re.compile(r"\.\. code-block:: python\n\n(.*?)(?=\n\S)", re.DOTALL)


def description(package: str) -> str:
    """The description that an installed package carries."""
    metadata = importlib.metadata.metadata(package)
    return metadata.get("Description") or str(metadata.get_payload())


def programs(package: str) -> list[str]:
    """Programs in a package's description."""
    text = description(package)
    blocks = [*FENCED.findall(text), *(textwrap.dedent(block) for block in DIRECTIVE.findall(text))]
    return [block for block in blocks if "import" in block]


def arguments(program: str) -> list[str]:
    """What a program wants on its command line."""
    if "--chunk-size" in program:
        return ["sample.csv", "copy"]
    return ["sample.csv"] if "file_name" in program or "sys.argv" in program else []


def run(program: str, folder: Path) -> tuple[list[str], dict[str, bytes]]:
    """Run a program in a folder with a sample file; the lines it prints, in any order, and the files it leaves."""
    folder.mkdir()
    (folder / "sample.csv").write_text("name,value\none,1\ntwo,2\n")
    program = program.replace("/tmp/", f"{folder}/")
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments(program)],
        cwd=folder,
        env=environment(PYTHONDEVMODE="", TMPDIR=str(folder)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    left = {path.name: CLOCK_RATE.sub(b"", path.read_bytes()) for path in folder.iterdir()}
    return sorted(done.stdout.splitlines()), left


AIOFILE = programs("aiofile")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(AIOFILE)))
def test_program_of_aiofile_runs_with_one_import_changed(number: int, tmp_path: Path) -> None:
    program = AIOFILE[number]
    changed = re.sub(r"^import aiofile$", "import aiocli as aiofile", program, flags=re.MULTILINE)
    changed = changed.replace("from aiofile import", "from aiocli import")
    assert changed != program
    assert run(changed, tmp_path / "ours") == run(program, tmp_path / "theirs")


def test_there_are_programs_of_aiofile() -> None:
    assert len(AIOFILE) >= 12


@pytest.mark.slow
def test_snippets_of_aiofiles_run_with_one_import_changed(tmp_path: Path) -> None:
    snippets = FENCED.findall(description("aiofiles"))
    assert len(snippets) >= 4
    opening = [snippet for snippet in snippets if "async with aiofiles" in snippet and "mock" not in snippet]
    mocking = next(snippet for snippet in snippets if "mock.MagicMock" in snippet)
    lines = ["import asyncio, os", "from unittest import mock"]
    lines += ["import aiocli.aiofiles as aiofiles, aiocli.aiofiles.tempfile, aiocli.aiofiles.threadpool"]
    for number, snippet in enumerate(opening):
        code = "\n".join(line for line in snippet.splitlines() if not line.startswith(("import", "from", "'")))
        lines += [f"async def snippet_{number}():", textwrap.indent(code, "    ")]
    lines += [mocking.replace("'aiofiles.threadpool.sync_open'", "'aiocli.aiofiles.threadpool.sync_open'")]
    lines += ["async def main():"]
    lines += [f"    await snippet_{number}()" for number in range(len(opening))]
    lines += ["    await test_stuff()", "asyncio.run(main())"]
    (tmp_path / "filename").write_text("My file contents\n")
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=tmp_path,
        env=environment(PYTHONDEVMODE=""),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("My file contents\n")
