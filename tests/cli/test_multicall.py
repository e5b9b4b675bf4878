"""Links to `aio` under other names: each is that command, by that name."""

from __future__ import annotations

import hashlib

import pytest
from blake3 import blake3

from aiocli.commands import OTHER_NAMES
from tests.support.program import Program

DIGESTS = {
    "md5sum": hashlib.md5,
    "sha1sum": hashlib.sha1,
    "sha224sum": hashlib.sha224,
    "sha256sum": hashlib.sha256,
    "sha384sum": hashlib.sha384,
    "sha512sum": hashlib.sha512,
    "b2sum": hashlib.blake2b,
    "b3sum": blake3,
}


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_messages_begin_with_the_links_name(aio, name):
    operands = ("missing", "missing") if name == "cp" else ("missing",)
    result = aio.link(name)(*operands)
    assert (result.status, result.stdout) == (1, b"")
    assert result.stderr.startswith(f"{name}: ".encode())
    wrong = aio.link(name)("--no-such-option")
    hint = f"{name}: unrecognized option '--no-such-option'\nTry '{name} --help' for more information.\n"
    assert wrong.outcome() == (1, b"", hint.encode())


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_help_and_version_have_the_links_name(aio, name):
    status, out, err = aio.link(name)("--help").outcome()
    assert (status, err) == (0, b"")
    assert out.startswith(f"Usage: {name} ".encode())
    assert aio.link(name)("--version").stdout.startswith(f"{name} (aio-fileutils) ".encode())


@pytest.mark.parametrize("name", DIGESTS)
def test_links_of_digests_have_their_algorithm(aio, name):
    result = aio.link(name)(stdin=b"data")
    assert result.outcome() == (0, f"{DIGESTS[name](b'data').hexdigest()}  -\n".encode(), b"")


@pytest.mark.parametrize("name", ["md5sum", "b3sum"])
@pytest.mark.parametrize("option", ["-a", "--algorithm", "--all", "--progress", "--backend"])
def test_links_of_digests_have_no_options_of_aio_hash(aio, name, option):
    result = aio.link(name)(option)
    assert result.status == 1
    assert b"option" in result.stderr


def test_cat_and_cp_work_by_link(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    assert aio.link("cp")("-v", "src", "dst").outcome() == (0, b"'src' -> 'dst'\n", b"")
    assert aio.link("cat")("-n", "dst").outcome() == (0, b"     1\tdata\n", b"")
    assert aio.link("tail")("-n1", "dst").outcome() == (0, b"data\n", b"")


def test_link_of_an_unknown_name_is_aio(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    assert aio.link("something-else")("cat", "src").outcome() == (0, b"data\n", b"")


def test_link_to_a_link_has_the_last_name(aio):
    link = aio.link("cat").path.with_name("md5sum")
    link.symlink_to("cat")
    assert Program(aio.cwd, link)(stdin=b"").stdout == b"d41d8cd98f00b204e9800998ecf8427e  -\n"


def test_environment_binds_links_to_a_backend(aio):
    (aio.cwd / "src").write_bytes(b"data\n")
    assert aio.link("cat")("src", env={"AIO_BACKEND": "python"}).outcome() == (0, b"data\n", b"")
    result = aio.link("cat")("src", env={"AIO_BACKEND": "no-such"})
    assert result.stderr.startswith(b"cat: invalid argument 'no-such' for 'AIO_BACKEND'")


def test_closed_pipe_and_write_errors_have_the_links_name(aio):
    with open("/dev/full", "wb") as full:
        result = aio.link("md5sum")(stdin=b"data", stdout=full)
    assert result.outcome() == (1, b"", b"md5sum: write error: No space left on device\n")
