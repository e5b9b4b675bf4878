"""What type checkers see of the library: a user's program passes mypy in strict mode, with the types of the peers."""

import subprocess
import sys

PROGRAM = """
from pathlib import Path
from typing import assert_type

import aiocli
import aiocli.aiofiles as aiofiles
import aiocli.aiofiles.os
from aiocli.aiofiles import tempfile
from aiocli.aiofiles.os import path
from aiocli.aiofiles.threadpool.binary import AsyncBufferedIOBase, AsyncBufferedReader, AsyncFileIO
from aiocli.aiofiles.threadpool.text import AsyncTextIOWrapper


async def files(name: Path) -> bytes:
    async with aiofiles.open(name) as text:
        assert_type(text, AsyncTextIOWrapper)
        assert_type(await text.readlines(), list[str])
        assert_type([line async for line in text], list[str])
    async with aiofiles.open(name, "wb") as written:
        assert_type(written, AsyncBufferedIOBase)
        assert_type(await written.write(b""), int)
    async with aiofiles.open(name, mode="rb", buffering=0) as raw:
        assert_type(raw, AsyncFileIO)
    await aiofiles.os.makedirs(name, exist_ok=True)
    assert_type(await aiofiles.os.listdir("."), list[str])
    assert_type(await path.exists(name, executor=None), bool)
    async with aiofiles.open(name, "rb") as binary:
        assert_type(binary, AsyncBufferedReader)
        return await binary.read()


async def temporary() -> bytes:
    async with tempfile.TemporaryDirectory() as directory:
        assert_type(directory, str)
    async with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as text:
        assert_type(text, AsyncTextIOWrapper)
    async with tempfile.TemporaryFile("wb", 0) as raw:
        assert_type(raw, AsyncFileIO)
    async with tempfile.TemporaryFile("wb") as written:
        assert_type(written, AsyncBufferedIOBase)
    async with tempfile.NamedTemporaryFile() as binary:
        assert_type(binary, AsyncBufferedReader)
        return await binary.read()


async def cursors(name: str) -> str:
    async with aiocli.async_open(name, "rb") as binary:
        assert_type(binary, aiocli.BinaryFileWrapper)
        assert_type([chunk async for chunk in binary.iter_chunked(9)], list[bytes])
        async with aiocli.clone(binary) as clone:
            assert_type(clone, aiocli.BinaryFileWrapper)
    async with aiocli.atomic_write(name) as replaced, aiocli.locked(name, timeout=1) as lock:
        assert_type(replaced, aiocli.TextFileWrapper)
        assert_type(lock, aiocli.FileLock)
    async with aiocli.Path(name).open("wb") as opened:
        assert_type(opened, aiocli.BinaryFileWrapper)
    assert_type([found async for found in aiocli.Path(name).glob("*")], list[aiocli.Path])
    async with aiocli.async_open(Path(name)) as text:
        return await text.readline()
"""


def test_program_of_a_user_passes_strict_type_checks(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--python-version=3.11",
            f"--cache-dir={tmp_path}/cache",
            "program.py",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
