"""Writes the man pages of aio and its commands: python scripts/manpages.py FOLDER."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from aiocli import __version__
from aiocli.cli import PROGRAM, group
from aiocli.commands import COMMANDS, load_command
from aiocli.ui.help_facts import paragraphs
from aiocli.ui.help_man import SECTION, page, page_name


def write_pages(folder: Path, date: str) -> None:
    """Write a page for the group and one for each command."""
    folder.mkdir(parents=True, exist_ok=True)
    commands = {PROGRAM: (group, paragraphs(group)[0])}
    commands |= {f"{PROGRAM} {name}": (load_command(name), summary) for name, summary in COMMANDS.items()}
    for path, (command, summary) in commands.items():
        see_also = [page_name(other) for other in commands if other != path]
        text = page(command, path, summary, version=__version__, date=date, see_also=see_also)
        (folder / f"{page_name(path)}.{SECTION}").write_text(text, encoding="ascii")


def main() -> None:
    """Write them, dated today or as SOURCE_DATE_EPOCH says."""
    seconds = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    write_pages(Path(sys.argv[1]), time.strftime("%Y-%m-%d", time.gmtime(seconds)))


if __name__ == "__main__":
    main()
