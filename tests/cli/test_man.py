"""Man pages: made from the texts of --help, and read by the real formatters."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from aiocli.cli import group
from aiocli.commands import COMMANDS, load_command
from aiocli.ui.help_facts import examples, exit_statuses, sections, variables
from aiocli.ui.help_man import escape

ROOT = Path(__file__).parents[2]
PAGES = {"aio": group, **{f"aio-{name}": load_command(name) for name in COMMANDS}}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("man")
    env = {**os.environ, "SOURCE_DATE_EPOCH": "86400"}
    subprocess.run([sys.executable, "scripts/manpages.py", folder / "new"], cwd=ROOT, env=env, check=True)
    return folder / "new"


def needed(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


def formatted(command):
    env = {"PATH": os.environ["PATH"], "MANWIDTH": "1000", "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "TERM": "dumb"}
    done = subprocess.run(command, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()
    return re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout.decode())


def test_every_command_has_a_page(pages):
    assert {path.name for path in pages.iterdir()} == {f"{name}.1" for name in PAGES}


def test_pages_are_the_same_for_the_same_date(pages):
    assert '"1970-01-02"' in (pages / "aio.1").read_text(encoding="ascii").splitlines()[0]


@pytest.mark.parametrize("name", PAGES)
def test_man_shows_all_that_help_shows(pages, name):
    needed("man")
    text = formatted(["man", pages / f"{name}.1"])
    flowing = " ".join(text.split())
    command = PAGES[name]
    for _, options in sections(command):
        for option in options:
            assert f"\n       {option.term}" in text
            assert option.text in flowing
    for example in examples(command, name.replace("-", " ")):
        assert f"    $ {example.command}\n" in text
        assert all(f"    {line.expandtabs()}\n" in text for line in example.output.splitlines() if line)
    for word, meaning in [*exit_statuses(command), *variables(command)]:
        assert f"{word} {meaning}" in flowing
    assert f"{name} - " in text


@pytest.mark.parametrize("name", PAGES)
def test_formatters_have_nothing_to_say_about_it(pages, name):
    has_any = False
    for command in (["groff", "-man", "-Tutf8", "-ww"], ["mandoc", "-T", "lint", "-W", "warning"]):
        if shutil.which(command[0]):
            formatted([*command, pages / f"{name}.1"])
            has_any = True
    if not has_any:
        pytest.skip("neither groff nor mandoc is installed")


@pytest.mark.parametrize(
    "text", [r"printf 'a\n\t' | x", ".TH x", "'quoted' \"twice\"", "-x --long ^M ~ `a` \\fB", "...", "\\(ti \\n"]
)
def test_any_text_is_shown_as_it_is(tmp_path, text):
    needed("man")
    page = tmp_path / "page.1"
    page.write_text(f'.TH "X" 1\n.SH NAME\nx \\- y\n.SH TEXT\n.nf\n{escape(text)}\n.fi\n')
    assert f"\n       {text}\n" in formatted(["man", page])


def test_script_writes_where_it_is_told():
    script = ROOT / "scripts" / "build-man"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
