"""One file's data under rules that make copies safe and prove them."""

from __future__ import annotations

import errno
import hashlib
import mmap
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aiocli.core.errors import OutputError
from aiocli.core.events import Digested, Explained, Failure
from aiocli.core.filesystem import MEMORY_TYPES, filesystem_type
from aiocli.core.loop import drive
from aiocli.engines.copy import move
from aiocli.engines.copy.compare import prove
from aiocli.engines.copy.copier import Copier
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.pipelined import MIN_BYTES, THREADS_CHUNK_BYTES
from aiocli.engines.copy.regular import copy_regular
from aiocli.engines.copy.rules import CopyRules
from aiocli.engines.copy.steps import CopyFailed, Step
from aiocli.engines.copy.tap import BlockDigests, FileDigest, Tap
from aiocli.engines.hash.algorithms import ALGORITHMS
from tests.support.noise import noise
from tests.support.pagecache import cached_pages, drop, in_quiet
from tests.support.resources import open_fds, opened_since

LARGE = noise(4096) * ((MIN_BYTES + 300_000) // 4096) + b"odd"
SIZES = {"empty": b"", "small": b"some data\n", "large": LARGE}
VERIFY = CopyRules(verifies=True)
SHA256 = CopyRules(digests=("sha256",))
ALL = CopyRules(is_atomic=True, syncs=True, verifies=True, digests=("sha256", "blake3"), leaves_cache=True)


def node(path):
    return Node(AT_FDCWD, os.fspath(path), os.fspath(path))


def copy(src, dst, rules, **options):
    """Copy a file; return whether all went well, and the events."""
    events = []
    copier = Copier(rules, events.append, **options)
    return drive(copier.copy(node(src), node(dst))), events


def copy_with(src, dst, rules, mover):
    """Copy a file with a mover of the test's; return the events."""
    events = []
    is_new = not os.path.exists(dst)
    run = copy_regular(node(src), node(dst), os.stat(src), rules, is_new=is_new, on_event=events.append, mover=mover)
    drive(run)
    return events


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


@pytest.fixture(params=SIZES)
def src(request, tmp_path):
    path = tmp_path / "src"
    path.write_bytes(SIZES[request.param])
    return path


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(LARGE)
    return path


@pytest.fixture
def holey(tmp_path):
    """Holes at the beginning, in the middle, at the end."""
    path = tmp_path / "src"
    with open(path, "wb") as file:
        file.seek(MIN_BYTES)
        file.write(b"first")
        file.seek(2 * MIN_BYTES + 4096)
        file.write(LARGE)
        file.truncate(4 * MIN_BYTES)
    return path


@pytest.mark.parametrize("rules", [VERIFY, SHA256, ALL], ids=["verify", "digest", "all"])
@pytest.mark.parametrize("is_there", [False, True], ids=["new", "there"])
def test_copy_is_the_source_and_its_digest_is_told(src, tmp_path, rules, is_there):
    dst = tmp_path / "dst"
    if is_there:
        dst.write_bytes(LARGE[:5000] * 1000)
    before = open_fds()
    is_well, events = copy(src, dst, rules)
    assert (is_well, dst.read_bytes()) == (True, src.read_bytes())
    told = dict(of_kind(events, Digested)[0].digests) if rules.digests else {}
    assert tuple(told) == rules.digests
    assert not told or told["sha256"] == hashlib.sha256(src.read_bytes()).digest()
    assert not opened_since(before)
    assert sorted(os.listdir(tmp_path)) == ["dst", "src"]


@pytest.mark.parametrize("rules", [SHA256, ALL._replace(backend="thread", leaves_cache=False)], ids=["auto", "thread"])
def test_holes_are_kept_and_count_as_zeros(holey, tmp_path, rules):
    dst = tmp_path / "dst"
    is_well, events = copy(holey, dst, rules)
    assert is_well
    assert dst.read_bytes() == holey.read_bytes()
    assert dst.stat().st_blocks <= holey.stat().st_blocks
    assert dict(of_kind(events, Digested)[0].digests)["sha256"] == hashlib.sha256(holey.read_bytes()).digest()


def test_stream_is_digested_and_verified(tmp_path):
    pipe, dst = tmp_path / "pipe", tmp_path / "dst"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(LARGE,))
    writer.start()
    is_well, events = copy(pipe, dst, ALL)
    writer.join()
    assert (is_well, dst.read_bytes()) == (True, LARGE)
    assert dict(of_kind(events, Digested)[0].digests)["sha256"] == hashlib.sha256(LARGE).digest()


@pytest.mark.parametrize("offset", [0, 1, 300_000, MIN_BYTES, len(LARGE) - 1])
def test_wrong_byte_on_the_device_is_found(large, tmp_path, offset):
    dst = tmp_path / "dst"

    async def spoil(job):
        await move(job)
        os.pwrite(job.dst.fd, bytes([LARGE[offset] ^ 1]), offset)

    with pytest.raises(CopyFailed) as failed:
        copy_with(large, dst, VERIFY, spoil)
    assert failed.value.failure == Failure(Step.DIFFERS, str(dst), 0, str(large), offset=offset)


@pytest.mark.parametrize(
    ("spoil", "offset"),
    [
        (lambda fd: os.ftruncate(fd, 5000), 5000),
        (lambda fd: os.pwrite(fd, b"more", len(LARGE)), len(LARGE)),
        (lambda fd: os.pwrite(fd, b"", 0) or os.posix_fallocate(fd, 0, len(LARGE) + 1), len(LARGE)),
    ],
    ids=["cut", "longer", "zeros behind"],
)
def test_wrong_size_on_the_device_is_found(large, tmp_path, spoil, offset):
    async def spoil_all(job):
        await move(job)
        spoil(job.dst.fd)

    with pytest.raises(CopyFailed) as failed:
        copy_with(large, tmp_path / "dst", VERIFY, spoil_all)
    assert failed.value.failure.offset == offset


def test_data_where_a_hole_should_be_are_found(holey, tmp_path):
    async def spoil(job):
        await move(job)
        os.pwrite(job.dst.fd, b"x", MIN_BYTES + 70_000)

    with pytest.raises(CopyFailed) as failed:
        copy_with(holey, tmp_path / "dst", VERIFY, spoil)
    assert failed.value.failure.offset == MIN_BYTES + 70_000


def test_block_tells_where_if_the_source_has_changed_meanwhile(large, tmp_path):
    async def spoil(job):
        await move(job)
        os.pwrite(job.dst.fd, bytes([LARGE[300_000] ^ 1]), 300_000)
        with open(large, "r+b") as file:
            file.truncate(100)

    with pytest.raises(CopyFailed) as failed:
        copy_with(large, tmp_path / "dst", VERIFY, spoil)
    offset = failed.value.failure.offset
    assert offset is not None
    assert 0 <= 300_000 - offset < THREADS_CHUNK_BYTES


def test_source_that_changes_behind_the_read_is_no_difference(large, tmp_path):
    async def change(job):
        await move(job)
        large.write_bytes(b"other")

    copy_with(large, tmp_path / "dst", VERIFY, change)
    assert (tmp_path / "dst").read_bytes() == LARGE


def test_bad_copy_never_takes_the_name(large, tmp_path):
    dst = tmp_path / "dst"
    dst.write_text("old")

    async def spoil(job):
        await move(job)
        os.pwrite(job.dst.fd, b"?", 17)

    with pytest.raises(CopyFailed):
        copy_with(large, dst, VERIFY._replace(is_atomic=True), spoil)
    assert dst.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["dst", "src"]


def test_what_cannot_be_read_back_is_refused_before_it_is_written(large):
    is_well, events = copy(large, "/dev/null", VERIFY)
    assert not is_well
    assert of_kind(events, Failure) == [Failure(Step.UNVERIFIABLE, "/dev/null", 0)]


@pytest.mark.parametrize("is_atomic", [False, True])
def test_error_of_the_writer_ends_all_threads(large, tmp_path, is_atomic):
    dst = tmp_path / "dst"

    class Disk:
        """Is full after a while."""

        def take(self, offset, data):
            if offset > MIN_BYTES // 2:
                raise OutputError(OSError(errno.ENOSPC, "full"), str(dst))

        def finish(self, end):
            raise AssertionError

    async def move_to_full_disk(job):
        job.tap = Tap([*job.tap.takers, Disk()])
        await move(job)

    threads = set(threading.enumerate())
    with pytest.raises(CopyFailed) as failed:
        copy_with(large, dst, SHA256._replace(is_atomic=is_atomic), move_to_full_disk)
    assert failed.value.failure == Failure(Step.WRITE, str(dst), errno.ENOSPC)
    assert set(threading.enumerate()) <= threads
    assert dst.exists() is not is_atomic


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=40), st.binary(max_size=40), st.integers(0, 3))
def test_proof_is_where_the_first_difference_is(tmp_path_factory, first, second, repeat):
    folder = tmp_path_factory.getbasetemp()
    prefix = b"\0" * (repeat * 100_000)
    first, second = prefix + first, prefix + second
    one, other = folder / "one", folder / "other"
    one.write_bytes(first)
    other.write_bytes(second)
    same = next((at for at, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    with open(one, "rb") as src, open(other, "rb") as dst:
        blocks = BlockDigests()
        proof = prove(src.fileno(), dst.fileno(), tap=Tap([blocks]))
    assert proof.offset == (min(len(first), len(second)) if same is None else same)
    assert proof.is_complete is (first == second)
    assert blocks.end == proof.offset


@pytest.mark.parametrize("rules", [CopyRules(resumes=True), ALL._replace(is_atomic=False, resumes=True)])
@pytest.mark.parametrize(
    "there",
    [
        b"",
        LARGE[:1],
        LARGE[:1_000_000],
        LARGE[:2_000_000] + bytes([LARGE[2_000_000] ^ 1]) + LARGE[2_000_001:],
        LARGE[:2_000_000] + bytes(70_000) + LARGE[2_070_000:],
        LARGE + b"longer",
        bytes([LARGE[0] ^ 1]) + LARGE[1:],
        LARGE,
    ],
    ids=["empty", "one byte", "part", "wrong byte", "hole", "longer", "wrong at once", "complete"],
)
def test_resumed_copy_is_the_source(large, tmp_path, there, rules):
    dst = tmp_path / "dst"
    dst.write_bytes(there)
    is_well, events = copy(large, dst, rules)
    assert (is_well, dst.read_bytes()) == (True, LARGE)
    for event in of_kind(events, Digested):
        assert event.digests[0] == ("sha256", hashlib.sha256(LARGE).digest())


@pytest.mark.parametrize("there", [100, 3 * MIN_BYTES])
def test_resumed_copy_keeps_holes(holey, tmp_path, there):
    dst = tmp_path / "dst"
    dst.write_bytes(holey.read_bytes()[:there])
    is_well, _ = copy(holey, dst, CopyRules(resumes=True))
    assert (is_well, dst.read_bytes()) == (True, holey.read_bytes())


def test_complete_target_is_not_written(large, tmp_path):
    dst = tmp_path / "dst"
    dst.write_bytes(LARGE)
    os.utime(dst, (1, 1))
    is_well, events = copy(large, dst, CopyRules(resumes=True, explains=True))
    assert is_well
    assert dst.stat().st_mtime == 1
    told = of_kind(events, Explained)[0]
    assert (told.nbytes, told.attempts, told.remark) == (0, (), "complete already")


def test_resumed_copy_moves_only_the_rest(large, tmp_path):
    dst = tmp_path / "dst"
    dst.write_bytes(LARGE[:1_000_000])
    _, events = copy(large, dst, CopyRules(resumes=True, explains=True))
    told = of_kind(events, Explained)[0]
    assert (told.nbytes, told.remark) == (len(LARGE) - 1_000_000, "resumed at 1000000")


@pytest.mark.parametrize("is_atomic", [False, True])
@pytest.mark.parametrize("cached", [0, 100 * mmap.PAGESIZE])
def test_page_cache_stays_as_it_was(large, tmp_path, cached, is_atomic):
    if filesystem_type(tmp_path.stat().st_dev) in MEMORY_TYPES:
        pytest.skip("files are nowhere but in memory here")
    dst = tmp_path / "dst"
    rules = CopyRules(leaves_cache=True, is_atomic=is_atomic, disabled=frozenset({"reflink"}))

    def leave_cache():
        dst.unlink(missing_ok=True)
        drop(large)
        with open(large, "rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
            file.read(cached)
        before = cached_pages(large)
        is_well, _ = copy(large, dst, rules)
        assert (is_well, cached_pages(dst)) == (True, 0)
        assert abs(cached_pages(large) - before) <= 1
        assert dst.read_bytes() == LARGE

    in_quiet(leave_cache)


def test_explanation_is_what_ran(large, tmp_path):
    rules = CopyRules(explains=True, disabled=frozenset({"reflink", "overlapped", "copy_range"}))
    _, events = copy(large, tmp_path / "dst", rules)
    told = of_kind(events, Explained)[0]
    assert told.attempts[0] == ("reflink", "switched off")
    assert told.attempts[-1][1] == ""
    assert (told.nbytes, told.backend) == (len(LARGE), None)
    assert told.seconds > 0


def test_taker_counts_holes_as_zeros():
    taker = FileDigest(ALGORITHMS["sha256"])
    taker.take(3, b"abc")
    taker.take(10, b"x")
    taker.finish(12)
    assert taker.digest() == hashlib.sha256(b"\0\0\0abc\0\0\0\0x\0").digest()
