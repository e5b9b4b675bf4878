"""aiofiles' file objects against the builtin ones: the same calls give the same results, cancelled calls give none."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli import aiofiles

ENDS = ["\n", "\n", "\r\n", "\r", "\x0b", "\u2028", ""]
pieces = st.tuples(st.text("aé中🙂 ", max_size=12), st.sampled_from(ENDS), st.sampled_from([1, 1, 1, 40, 3000]))
contents = st.lists(pieces, max_size=12).map(lambda found: "".join((text + end) * times for text, end, times in found))

sizes = st.sampled_from([-1, 0, 1, 2, 7, 100, 5000, 70000])
READS = [
    st.tuples(st.just("readline")),
    st.tuples(st.just("readline"), sizes),
    st.tuples(st.just("read"), sizes),
    st.tuples(st.just("readlines"), st.sampled_from([-1, 1, 50, 4000])),
]
reads = st.one_of(*READS)
others = st.one_of(
    st.tuples(st.just("tell")),
    st.tuples(st.just("again"), st.integers(0, 20)),
    st.tuples(st.just("seek"), st.just(0), st.sampled_from([0, 2])),
    st.tuples(st.just("write"), st.text("bö\n", max_size=9)),
    st.tuples(st.just("truncate")),
    st.tuples(st.just("flush")),
    st.tuples(st.just("seekable")),
)
into = st.tuples(st.just("readinto"), st.sampled_from([0, 1, 9, 3000]))
lines = st.tuples(st.just("lines"), st.integers(1, 30))
cancelled = st.tuples(st.just("cancelled"), st.integers(0, 3), st.one_of(reads, into))
operations = st.lists(st.one_of(reads, others, into, lines, cancelled), max_size=14)


class Pair:
    """The same file twice: with the builtin open's object, and with ours."""

    def __init__(self, model, ours):
        self.model = model
        self.ours = ours
        self.is_text = "b" not in model.mode if isinstance(model.mode, str) else False
        self.told = [(0, 0)]
        self.is_undecodable = False

    async def both(self, name, *args):
        """Call a method of both; the results or errors are equal."""
        wanted = outcome(getattr(self.model, name), *args)
        got = await caught(getattr(self.ours, name)(*args))
        assert got == wanted, (name, args)
        self.is_undecodable |= isinstance(got, tuple) and issubclass(got[0], UnicodeError)
        return got

    async def do(self, name, *args):
        if name == "again":
            await self.go(*self.told[args[0] % len(self.told)])
        elif name == "tell":
            await self.tell()
        elif name == "readlines" and self.is_text:
            await self.readlines(*args)
        elif name == "lines":
            for _ in range(args[0]):
                await self.both("readline")
        elif name == "readinto":
            await self.readinto(*args)
        elif name == "cancelled":
            await self.cancel(*args)
        elif name in {"write", "truncate"}:
            await self.change(name, *args)
        else:
            await self.both(name, *args)

    async def tell(self):
        """Ask both for the position, which is an opaque number in text.

        The builtin one's may remember half of a line end, which ours has got past already.
        """
        if not self.is_text:
            position = await self.both("tell")
            positions = position, position
        else:
            positions = self.model.tell(), await self.ours.tell()
        self.told.append(positions)
        return positions

    async def readlines(self, hint):
        """Read lines; the builtin file's own readlines() would make its tell() wrong."""
        if not self.model.readable():
            return
        got = await caught(self.ours.readlines(hint))
        wanted = outcome(text_lines, self.model, hint)
        assert got == wanted, hint
        self.is_undecodable |= isinstance(got, tuple)

    async def go(self, model_position, our_position):
        """Go to a position that was told."""
        self.model.seek(model_position)
        await self.ours.seek(our_position)

    async def readinto(self, nbytes):
        if self.is_text:
            return
        first, second = bytearray(nbytes), bytearray(nbytes)
        wanted = outcome(self.model.readinto, first)
        got = await caught(self.ours.readinto(second))
        assert (got, second) == (wanted, first)

    async def change(self, name, *args):
        if self.is_text:
            # Writing in the middle of what a text file has decoded is undefined without this.
            await self.go(*await self.tell())
        elif name == "write":
            args = (args[0].encode(),)
        await self.both(name, *args)
        if self.is_text or "a" in self.model.mode:
            await self.both("flush")  # else the builtin file may read first and write then
            await self.both("seek", 0, 2)  # and where appending leaves it depends on its buffer

    async def cancel(self, steps, operation):
        """Cancel a read of ours early or late: it is as if it had never been, or it was in time."""
        name, *args = operation
        if not self.model.readable():
            return
        if name == "readinto":
            if self.is_text:
                return
            args = [bytearray(args[0])]
        task = asyncio.ensure_future(getattr(self.ours, name)(*args))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        (result,) = await asyncio.gather(task, return_exceptions=True)
        if not isinstance(result, asyncio.CancelledError):
            self.is_undecodable |= isinstance(result, UnicodeError)
            if name == "readlines" and self.is_text:
                wanted = outcome(text_lines, self.model, *args)
            else:
                wanted = outcome(getattr(self.model, name), *args)
            assert wanted == ((type(result), str(result)) if isinstance(result, Exception) else result)


def outcome(function, *args):
    try:
        return function(*args)
    except (OSError, ValueError, TypeError) as error:
        return (type(error), str(error))


async def caught(call):
    try:
        return await call
    except (OSError, ValueError, TypeError) as error:
        return (type(error), str(error))


def text_lines(file, hint):
    lines = []
    while (hint <= 0 or sum(map(len, lines)) <= hint) and (line := file.readline()):
        lines.append(line)
    return lines


def compare(content, operations, mode, **options):
    """Run the operations on two copies of a file; in the end both copies are equal."""

    async def main():
        with tempfile.TemporaryDirectory() as directory:
            paths = [Path(directory, name) for name in ("model", "ours")]
            for path in paths:
                path.write_bytes(content)
            with open(paths[0], mode, **options) as model:
                async with aiofiles.open(paths[1], mode, **options) as ours:
                    pair = Pair(model, ours)
                    for operation in operations:
                        await pair.do(*operation)
                        if pair.is_undecodable:
                            break  # where the builtin file is then depends on its buffer
            assert paths[1].read_bytes() == paths[0].read_bytes()

    asyncio.run(main())


@settings(max_examples=150, deadline=None)
@given(
    contents,
    operations,
    st.one_of(
        st.tuples(st.sampled_from(["r", "w", "a"]), st.sampled_from(["utf-8-sig", "utf-16"])),
        st.tuples(
            st.sampled_from(["r", "r+", "w", "w+", "a", "a+"]), st.sampled_from(["utf-8", "utf-32-be", "gb18030"])
        ),
    ),
    st.sampled_from([None, "", "\n", "\r", "\r\n"]),
)
def test_text_file_is_as_the_builtin_one(content, operations, mode_and_encoding, newline):
    mode, encoding = mode_and_encoding
    compare(content.encode(encoding), operations, mode, encoding=encoding, newline=newline)


@settings(max_examples=150, deadline=None)
@given(contents, operations, st.sampled_from(["rb", "r+b", "wb", "w+b", "ab", "a+b"]))
def test_buffered_file_is_as_the_builtin_one(content, operations, mode):
    compare(content.encode(), operations, mode)


@settings(max_examples=75, deadline=None)
@given(contents, operations, st.sampled_from(["rb", "r+b", "wb", "w+b", "ab", "a+b"]))
def test_raw_file_is_as_the_builtin_one(content, operations, mode):
    compare(content.encode(), operations, mode, buffering=0)


@settings(max_examples=75, deadline=None)
@given(st.binary(max_size=300), st.lists(st.one_of(reads, lines, cancelled), max_size=8))
def test_undecodable_text_fails_as_in_the_builtin_file(content, operations):
    compare(content, operations, "r", encoding="utf-8")
