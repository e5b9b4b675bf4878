from __future__ import annotations

import os

import pytest

from aiocli.core.endpoint import Endpoint
from aiocli.engines.follow.mark import TAIL_BYTES, Mark
from aiocli.engines.follow.opened import Opened, Shrunk


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"0123456789" * 100)
    return path


@pytest.fixture
def opened(log):
    file = Opened.at(os.fspath(log))
    yield file
    file.close()


def test_reads_on_piece_by_piece(opened):
    assert [opened.read(600), opened.read(600), opened.read(600)] == [b"0123456789" * 60, b"0123456789" * 40, b""]
    assert opened.offset == 1000


def test_mark_holds_what_is_in_front_of_the_place(opened, log):
    opened.read(1000)
    assert opened.mark == Mark(log.stat().st_dev, log.stat().st_ino, 1000, (b"0123456789" * 100)[-TAIL_BYTES:])
    assert opened.mark.fits(opened.src.fd)


def test_tail_grows_over_small_reads(opened):
    assert [len(opened.read(100)) for _ in range(3)] == [100, 100, 100]
    assert opened.mark.tail == (b"0123456789" * 30)[-TAIL_BYTES:]


def test_tail_is_read_where_reading_begins_behind_the_beginning(log):
    src = Endpoint.of(os.open(log, os.O_RDONLY), "log")
    opened = Opened(src, 15)
    assert opened.mark.tail == b"012345678901234"
    opened.close()


def test_file_that_was_cut_off_before_it_was_taken_up_is_noticed(log):
    opened = Opened(Endpoint.of(os.open(log, os.O_RDONLY), "log"), 10, b"abcdefghij")
    with pytest.raises(Shrunk):
        opened.read(1000)
    opened.close()


@pytest.mark.parametrize("content", [b"", b"short", b"x" * 1000, b"x" * 2000], ids=["empty", "short", "same", "longer"])
def test_cut_off_file_is_noticed_whatever_its_size_is_by_then(opened, log, content):
    opened.read(1000)
    log.write_bytes(content)
    for _ in range(2):
        with pytest.raises(Shrunk):
            opened.read(1000)
    opened.restart()
    assert opened.read(5000) == content


def test_file_without_a_size_is_read():
    opened = Opened.at("/proc/version")
    text = opened.read(5000)
    assert text.startswith(b"Linux version")
    assert opened.read(5000) == b""
    opened.close()


def test_pipe_is_read_without_waiting_and_says_when_its_writer_is_gone():
    reader, writer = os.pipe()
    opened = Opened(Endpoint.of(reader, "pipe"))
    assert (opened.read(10), opened.is_hung_up, opened.is_anonymous_pipe) == (b"", False, True)
    os.write(writer, b"12345678901234")
    os.close(writer)
    assert [opened.read(10), opened.read(10)] == [b"1234567890", b"1234"]
    assert opened.is_hung_up
    with pytest.raises(EOFError):
        opened.read(10)
    opened.close()


def test_fifo_is_opened_without_a_writer(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    opened = Opened.at("fifo", os.fspath(tmp_path))
    assert (opened.read(10), opened.is_anonymous_pipe) == (b"", False)
    opened.close()


def test_link_is_not_followed_where_it_must_not_be(tmp_path, log):
    (tmp_path / "link").symlink_to(log)
    with pytest.raises(OSError, match="symbolic links"):
        Opened.at("link", os.fspath(tmp_path), follow_symlinks=False)


def test_closing_twice_closes_once(log):
    opened = Opened.at(os.fspath(log))
    opened.close()
    fd = os.open(log, os.O_RDONLY)
    opened.close()
    os.close(fd)
