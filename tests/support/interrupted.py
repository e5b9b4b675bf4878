"""What is interrupted at each line; a program of its own, for little is to be forked.

usage: python -m tests.support.interrupted WORK
Prints each end, a tab, and the line, for every line.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging  # has something done around each fork
import os
import sys
import tempfile
from pathlib import Path

from aiocli.core.loop import drive, wait_for_loop
from aiocli.core.pace import let_loop_turn
from aiocli.core.turn import Turn
from tests.support.interrupting import outcomes
from tests.support.resources import WAIT_S

MODULE = """
class Noted:
    def __set_name__(self, owner, name):
        self.name = name

class Owner:
    note = Noted()

import sys as system
"""


def wait_in_a_loop():
    async def main():
        await wait_for_loop()
        turn = Turn()
        others = [asyncio.ensure_future(use(turn)) for _ in range(2)]
        await let_loop_turn()
        await asyncio.wait_for(asyncio.sleep(0.000_1), WAIT_S)
        await asyncio.gather(*others)

    async def use(turn):
        async with turn:
            await asyncio.sleep(0)

    drive(main())


def wait_for_threads():
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        assert pool.submit(os.getpid).result() == os.getpid()


def import_a_module():
    import interrupted_module

    assert interrupted_module.Owner.note.name == "note"


def fork():
    logging.getLogger()
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)


WORKS = {work.__name__: work for work in (wait_in_a_loop, wait_for_threads, import_a_module, fork)}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "interrupted_module.py").write_text(MODULE)
        sys.path.insert(0, folder)
        for line, end in outcomes(WORKS[sys.argv[1]]):
            print(repr(end), line, sep="\t")
