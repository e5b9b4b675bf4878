"""What the README shows is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.program import Program

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def shown(command: str) -> str:
    """Output that follows a command in a console block."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    for block in blocks:
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE):
            if part.startswith(f"{command}\n"):
                return part.removeprefix(f"{command}\n")
    raise AssertionError(f"the README does not show {command!r}")


def test_the_main_job_prints_what_is_shown() -> None:
    result = Program(ROOT)("hash", "--all", "LICENSE")
    assert result.stdout.decode() == shown("./install && .venv/bin/aio hash --all LICENSE")


def test_cat_shows_what_is_shown(aio: Program) -> None:
    result = aio("cat", "-nsA", stdin=b"one\n\n\n\ttwo\r\n")
    assert result.stdout.decode() == shown(r"printf 'one\n\n\n\ttwo\r\n' | aio cat -nsA")


def test_links_lead_to_files_that_are_there() -> None:
    for target in re.findall(r"\]\(([^):]+)\)", README):
        assert (ROOT / target).exists(), target
