"""When the shared descriptor is closed."""

import os

import pytest

from aiocli.core.descriptor import Descriptor
from tests.support.resources import is_open


@pytest.fixture
def descriptor(tmp_path):
    return Descriptor(os.open(tmp_path / "data", os.O_RDWR | os.O_CREAT))


def test_last_owner_closes(descriptor):
    descriptor.acquire()
    assert not descriptor.release()
    assert is_open(descriptor.fd)
    assert descriptor.release()
    assert not is_open(descriptor.fd)


def test_operation_keeps_it_open_after_the_last_owner(descriptor):
    descriptor.begin()
    descriptor.begin()
    assert descriptor.release()
    descriptor.end()
    assert is_open(descriptor.fd)
    descriptor.end()
    assert not is_open(descriptor.fd)


def test_operation_that_ends_first_closes_nothing(descriptor):
    descriptor.begin()
    descriptor.end()
    assert is_open(descriptor.fd)
    descriptor.release()


def test_borrowed_descriptor_is_never_closed(tmp_path):
    fd = os.open(tmp_path / "data", os.O_RDWR | os.O_CREAT)
    Descriptor(fd, closes=False).release()
    os.close(fd)


def test_failing_close_is_told_to_the_owner_only(descriptor):
    os.close(descriptor.fd)
    with pytest.raises(OSError, match="Bad file"):
        descriptor.release()
    descriptor.begin()
    descriptor.end()


def test_kinds_are_told_apart(descriptor):
    assert descriptor.is_regular
    assert descriptor.is_positional
    descriptor.release()
    reading, writing = os.pipe()
    for fd in (reading, writing):
        end = Descriptor(fd)
        assert not end.is_regular
        assert not end.is_positional
        end.release()
    with pytest.raises(OSError, match="Bad file"):
        Descriptor(99999)
