"""Asynchronous file objects with the interface of the package aiofiles, whose work is done in threads.

`import aiocli.aiofiles as aiofiles` is all that a program has to change. The objects are those of the builtin open,
`os`, `os.path` and `tempfile` with the same arguments, results and errors; each file has a queue, belongs to no event
loop, and loses nothing when a call is cancelled. For many operations at once on one file, `aiocli.AIOFile` is faster.
"""

# ruff: noqa: A004  # open() is the name of what this offers

from aiocli import __version__ as __version__
from aiocli.aiofiles import os as os
from aiocli.aiofiles import ospath as ospath
from aiocli.aiofiles import tempfile as tempfile
from aiocli.aiofiles.threadpool import open, stderr, stderr_bytes, stdin, stdin_bytes, stdout, stdout_bytes

__all__ = [
    "open",
    "stderr",
    "stderr_bytes",
    "stdin",
    "stdin_bytes",
    "stdout",
    "stdout_bytes",
    "tempfile",
]
