"""Replacing a file as a whole."""

import errno
import os
import stat
import struct
import subprocess
import sys

import pytest

from aiocli.engines.replace import Replacement
from tests.support.program import environment
from tests.support.resources import open_fds, opened_since
from tests.support.strace import strace

ACL = "system.posix_acl_access"
DEFAULT_ACL = "system.posix_acl_default"
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20
NO_ID = 0xFFFFFFFF

SCRIPT = """
import os, sys
from aiocli.engines.replace import Replacement
path, nameless = sys.argv[1], sys.argv[2] == "nameless"
with Replacement(path, nameless=nameless, exclusive="x" in sys.argv[3:]) as new:
    os.write(new.fd, b"new")
    new.commit()
"""

AS_NOBODY = """
import os, sys
from aiocli.engines.replace import Replacement
os.chdir(sys.argv[1])
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
with Replacement("target", nameless=sys.argv[2] == "nameless") as new:
    os.write(new.fd, b"new")
    new.commit()
"""


def acl(*entries):
    """The bytes of an ACL, of (tag, permissions, id)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def set_xattr(path, name, value):
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"no {name} here: {error}")


def write(path, data=b"new", **options):
    with Replacement(path, **options) as new:
        os.write(new.fd, data)
        new.commit()


def mode_of(path):
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture(params=[True, False], ids=["nameless", "named"])
def nameless(request):
    return request.param


@pytest.fixture
def folder(tmp_path):
    """A directory; at the end nothing more is open than before."""
    before = open_fds()
    folder = tmp_path / "folder"
    folder.mkdir()
    yield folder
    assert not opened_since(before)


@pytest.fixture
def target(folder):
    path = folder / "target"
    path.write_bytes(b"old")
    return path


@pytest.fixture
def umask():
    old = os.umask(0o027)
    yield 0o027
    os.umask(old)


def test_target_has_the_old_content_until_commit(target, nameless):
    with Replacement(target, nameless=nameless) as new:
        os.write(new.fd, b"new")
        assert target.read_bytes() == b"old"
        assert len(os.listdir(target.parent)) == (1 if nameless else 2)
        new.commit()
        assert target.read_bytes() == b"new"
    assert os.listdir(target.parent) == ["target"]


def test_temporary_file_is_for_its_owner_only(target, umask):
    target.chmod(0o666)
    with Replacement(target, nameless=False) as new:
        assert stat.S_IMODE(os.fstat(new.fd).st_mode) == 0o600
        (temporary,) = set(os.listdir(target.parent)) - {"target"}
        assert temporary.startswith(".target.")
        assert temporary.endswith(".tmp")


def test_new_file_gets_the_mode_that_open_gives(folder, nameless, umask):
    write(folder / "new", nameless=nameless)
    write(folder / "program", nameless=nameless, mode=0o777)
    assert mode_of(folder / "new") == 0o640
    assert mode_of(folder / "program") == 0o750
    assert (folder / "new").read_bytes() == b"new"


@pytest.mark.parametrize("mode", [0o400, 0o604, 0o666, 0o4755, 0o2750])
def test_mode_of_the_target_is_kept(target, nameless, mode):
    target.chmod(mode)
    write(target, nameless=nameless)
    assert mode_of(target) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_owner_and_set_id_bits_of_the_target_are_kept(target, nameless):
    os.chown(target, 1234, 4321)
    target.chmod(0o6755)
    write(target, nameless=nameless)
    facts = target.stat()
    assert (facts.st_uid, facts.st_gid, mode_of(target)) == (1234, 4321, 0o6755)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files of two users")
def test_owner_that_cannot_be_kept_takes_its_rights_along(target, nameless):
    target.parent.chmod(0o777)
    target.chmod(0o6775)
    command = [sys.executable, "-c", AS_NOBODY, target.parent, "nameless" if nameless else "named"]
    assert subprocess.run(command, env=environment(), capture_output=True, check=False).stderr == b""
    assert target.read_bytes() == b"new"
    assert (target.stat().st_uid, target.stat().st_gid) == (65534, 65534)
    assert mode_of(target) == 0o755


def test_extended_attributes_are_kept_but_for_those_that_speak_of_the_content(target, nameless):
    set_xattr(target, "user.colour", b"blue")
    if os.geteuid() == 0:
        os.setxattr(target, "security.capability", struct.pack("<5I", 0x02000001, 1, 0, 0, 0))
    write(target, nameless=nameless)
    assert os.listxattr(target) == ["user.colour"]
    assert os.getxattr(target, "user.colour") == b"blue"


def test_acl_of_the_target_is_kept(target, nameless):
    rights = acl((USER_OBJ, 6, NO_ID), (USER, 6, 1234), (GROUP_OBJ, 0, NO_ID), (MASK, 6, NO_ID), (OTHER, 0, NO_ID))
    set_xattr(target, ACL, rights)
    write(target, nameless=nameless)
    assert os.getxattr(target, ACL) == rights
    assert mode_of(target) == 0o660


def test_directory_with_a_default_acl_rules_over_new_files_only(target, nameless):
    target.chmod(0o640)
    rights = acl((USER_OBJ, 7, NO_ID), (USER, 7, 1234), (GROUP_OBJ, 5, NO_ID), (MASK, 7, NO_ID), (OTHER, 0, NO_ID))
    set_xattr(target.parent, DEFAULT_ACL, rights)
    (target.parent / "plain").touch()
    write(target.parent / "new", nameless=nameless)
    write(target, nameless=nameless)
    assert os.getxattr(target.parent / "new", ACL) == os.getxattr(target.parent / "plain", ACL)
    assert mode_of(target.parent / "new") == mode_of(target.parent / "plain")
    assert ACL not in os.listxattr(target)
    assert mode_of(target) == 0o640


def test_attributes_may_come_from_another_file(target, nameless):
    example = target.parent / "example"
    example.touch(mode=0o700)
    target.chmod(0o644)
    with open(example) as like:
        write(target, nameless=nameless, like=like.fileno())
    assert mode_of(target) == 0o700


def test_symbolic_link_is_written_through(folder, nameless):
    (folder / "inner").mkdir()
    (folder / "inner/file").write_bytes(b"old")
    (folder / "inner/relative").symlink_to("file")
    (folder / "link").symlink_to(folder / "inner/relative")
    write(folder / "link", nameless=nameless)
    assert (folder / "inner/file").read_bytes() == b"new"
    assert (folder / "link").is_symlink()
    assert (folder / "inner/relative").is_symlink()


def test_dangling_link_is_filled(folder, nameless):
    (folder / "link").symlink_to("missing")
    write(folder / "link", nameless=nameless)
    assert (folder / "missing").read_bytes() == b"new"


def test_link_itself_is_replaced_on_demand(target, nameless):
    link = target.parent / "link"
    link.symlink_to("target")
    write(link, nameless=nameless, follow_symlinks=False)
    assert not link.is_symlink()
    assert link.read_bytes() == b"new"
    assert target.read_bytes() == b"old"


def test_hard_links_keep_the_old_content(target, nameless):
    os.link(target, target.parent / "other")
    write(target, nameless=nameless)
    assert (target.parent / "other").read_bytes() == b"old"


def test_directory_that_is_moved_away_meanwhile_gets_the_file(target, nameless):
    moved = target.parent.with_name("moved")
    with Replacement(target, nameless=nameless) as new:
        os.write(new.fd, b"new")
        target.parent.rename(moved)
        target.parent.mkdir()
        new.commit()
    assert (moved / "target").read_bytes() == b"new"
    assert os.listdir(target.parent) == []


def test_exclusive_target_must_not_exist(target, nameless):
    new = Replacement(target, exclusive=True, nameless=nameless)
    with pytest.raises(FileExistsError) as caught:
        new.open()
    assert caught.value.filename == os.fspath(target)
    write(target.parent / "fresh", exclusive=True, nameless=nameless)
    assert (target.parent / "fresh").read_bytes() == b"new"


@pytest.mark.parametrize("aim", ["target", "missing"])
def test_exclusive_target_may_not_be_a_link(target, nameless, aim):
    link = target.parent / "link"
    link.symlink_to(aim)
    with pytest.raises(FileExistsError):
        write(link, exclusive=True, nameless=nameless)
    assert sorted(os.listdir(target.parent)) == ["link", "target"]


def test_exclusive_target_that_appears_meanwhile_stays(folder, nameless):
    path = folder / "target"
    with Replacement(path, exclusive=True, nameless=nameless) as new:
        path.write_bytes(b"theirs")
        with pytest.raises(FileExistsError) as caught:
            new.commit()
    assert caught.value.filename == os.fspath(path)
    assert os.listdir(folder) == ["target"]
    assert path.read_bytes() == b"theirs"


def test_target_that_appears_or_vanishes_meanwhile_is_replaced(folder, nameless):
    path = folder / "target"
    with Replacement(path, nameless=nameless) as new:
        path.write_bytes(b"theirs")
        path.chmod(0o604)
        os.write(new.fd, b"new")
        new.commit()
    assert (path.read_bytes(), mode_of(path)) == (b"new", 0o604)
    with Replacement(path, nameless=nameless) as new:
        path.unlink()
        os.write(new.fd, b"newer")
        new.commit()
    assert path.read_bytes() == b"newer"
    assert os.listdir(folder) == ["target"]


def test_discarded_file_leaves_nothing(target, nameless):
    new = Replacement(target, nameless=nameless)
    new.open()
    os.write(new.fd, b"new")
    new.discard()
    new.discard()
    assert new.fd == -1
    assert os.listdir(target.parent) == ["target"]
    assert target.read_bytes() == b"old"


def test_final_name_may_be_changed_until_commit(target, nameless):
    with Replacement(target, nameless=nameless) as new:
        new.name = "renamed"
        new.commit()
    assert sorted(os.listdir(target.parent)) == ["renamed", "target"]


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127, os.fsdecode(b"\xff\xfe"), "with space\n", b"bytes"])
def test_any_name_can_be_replaced(folder, nameless, name):
    path = os.path.join(os.fsencode(folder), os.fsencode(name))
    for data in (b"first", b"second"):
        write(path if isinstance(name, bytes) else os.fsdecode(path), data, nameless=nameless)
        with open(path, "rb") as file:
            assert file.read() == data
    assert os.listdir(os.fsencode(folder)) == [os.fsencode(name)]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("missing/file", errno.ENOENT),
        ("target/file", errno.ENOTDIR),
        ("directory", errno.EISDIR),
        ("directory/", errno.EISDIR),
        ("missing/", errno.EISDIR),
        ("fifo", errno.EINVAL),
        ("loop", errno.ELOOP),
        ("n" * 256, errno.ENAMETOOLONG),
    ],
)
def test_what_cannot_be_replaced_is_refused_with_its_name(target, name, code):
    folder = target.parent
    (folder / "directory").mkdir()
    os.mkfifo(folder / "fifo")
    (folder / "loop").symlink_to("loop")
    before = sorted(os.listdir(folder))
    with pytest.raises(OSError, match=os.strerror(code) if code != errno.EINVAL else "not a regular") as caught:
        Replacement(f"{folder}/{name}").open()
    assert (caught.value.errno, caught.value.filename) == (code, f"{folder}/{name}")
    assert sorted(os.listdir(folder)) == before


def test_empty_path_is_refused():
    with pytest.raises(FileNotFoundError):
        Replacement("").open()


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone can be another user")
def test_directory_that_cannot_be_listed_is_good_enough(target, nameless):
    os.chown(target.parent, 65534, -1)
    target.parent.chmod(0o300)
    command = [sys.executable, "-c", AS_NOBODY, target.parent, "nameless" if nameless else "named"]
    assert subprocess.run(command, env=environment(), capture_output=True, check=False).stderr == b""
    assert target.read_bytes() == b"new"


def test_umask_of_the_process_is_never_set(target):
    assert not any("umask(" in line for line in traced(target, "umask"))


# What follows lets system calls fail, or ends the process in them.


def traced(path, calls, *options, kind="nameless", words=()):
    """Replace a file in a traced process; the lines of these system calls."""
    log = path.parent.with_name("strace.log")
    command = [*strace("-o", log, "-e", f"trace={calls}", *options), sys.executable, "-c", SCRIPT, path, kind, *words]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    return [*log.read_text().splitlines(), *done.stderr.splitlines()]


@pytest.mark.parametrize("kind", ["nameless", "named"])
@pytest.mark.parametrize(
    ("fault", "content"),
    [
        ("fsync:error=EIO:when=1", b"old"),
        ("fsync:error=EIO:when=2", b"new"),
        ("fchmod:error=EIO", b"old"),
        ("?rename,?renameat,?renameat2:error=EIO", b"old"),
        ("?rename,?renameat,?renameat2:error=ENOSPC", b"old"),
    ],
)
def test_fault_leaves_one_whole_file_and_no_other(target, kind, fault, content):
    lines = traced(target, fault.split(":")[0], "-e", f"inject={fault}", kind=kind)
    assert any("INJECTED" in line for line in lines)
    assert f"'{target}'" in lines[-1]
    assert lines[-1].startswith("OSError: ")
    assert os.listdir(target.parent) == ["target"]
    assert target.read_bytes() == content


@pytest.mark.parametrize(("kind", "code"), [("nameless", "ENOSPC"), ("nameless", "EIO"), ("named", "EPERM")])
def test_link_that_fails_leaves_nothing(folder, kind, code):
    lines = traced(folder / "target", "linkat", "-e", f"inject=linkat:error={code}", kind=kind, words=["x"])
    assert any("INJECTED" in line for line in lines)
    assert f"'{folder / 'target'}'" in lines[-1]
    assert os.listdir(folder) == []


def test_file_system_without_nameless_files_gets_named_ones(target):
    # Within the directory: it is opened, the target is opened, a nameless file.
    options = ["-P", target.parent, "-e", "inject=openat:error=EOPNOTSUPP:when=3"]
    lines = traced(target, "openat", *options)
    assert any("O_TMPFILE" in line and "INJECTED" in line for line in lines)
    assert any("O_EXCL|O_NOFOLLOW" in line and "0600" in line for line in lines)
    assert os.listdir(target.parent) == ["target"]
    assert target.read_bytes() == b"new"


def test_file_is_on_the_device_before_it_gets_its_name_and_the_directory_after(target):
    lines = traced(target, "fsync,linkat,?rename,?renameat,?renameat2")
    calls = [line.split()[1].split("(")[0] for line in lines]
    assert [call.removesuffix("2") for call in calls] == ["fsync", "linkat", "renameat", "fsync"]


def test_new_file_gets_its_name_in_one_call(folder):
    lines = traced(folder / "target", "fsync,linkat,?rename,?renameat,?renameat2")
    assert [line.split()[1].split("(")[0] for line in lines] == ["fsync", "linkat", "fsync"]


@pytest.mark.parametrize("call", ["fchmod", "fsync", "linkat"])
def test_killed_process_leaves_nothing_but_the_old_file(target, call):
    traced(target, call, "-e", f"inject={call}:error=EIO:signal=KILL:when=1")
    assert os.listdir(target.parent) == ["target"]
    assert target.read_bytes() == b"old"


def test_process_killed_between_link_and_rename_leaves_the_complete_new_file_beside_the_old(target):
    call = "?renameat,?renameat2"
    traced(target, call, "-e", f"inject={call}:error=EIO:signal=KILL:when=1")
    (temporary,) = set(os.listdir(target.parent)) - {"target"}
    assert (target.parent / temporary).read_bytes() == b"new"
    assert target.read_bytes() == b"old"


def test_path_leads_on_from_a_directory(tmp_path):
    (tmp_path / "folder/in").mkdir(parents=True)
    (tmp_path / "folder/in/target").write_text("old")
    (tmp_path / "folder/link").symlink_to("in/target")
    fd = os.open(tmp_path / "folder", os.O_PATH)
    try:
        write("link", dir_fd=fd)
        write("new", dir_fd=fd)
    finally:
        os.close(fd)
    assert (tmp_path / "folder/in/target").read_bytes() == b"new"
    assert sorted(os.listdir(tmp_path / "folder")) == ["in", "link", "new"]


@pytest.mark.parametrize("kind", ["file", "fifo", "link"])
def test_fresh_file_takes_nothing_over(tmp_path, kind):
    target = tmp_path / "target"
    if kind == "file":
        target.write_text("old")
        target.chmod(0o777)
    elif kind == "fifo":
        os.mkfifo(target)
    else:
        target.symlink_to("nowhere")
    write(target, fresh=True, follow_symlinks=False, mode=0o640)
    assert stat.S_ISREG(target.lstat().st_mode)
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["target"]


def test_fresh_file_replaces_no_directory(tmp_path):
    (tmp_path / "target").mkdir()
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "target", fresh=True, follow_symlinks=False)


def test_attributes_given_early_may_be_changed(tmp_path):
    target = tmp_path / "target"
    target.write_text("old")
    target.chmod(0o640)
    with Replacement(target) as new:
        new.give_attributes()
        assert stat.S_IMODE(os.fstat(new.fd).st_mode) == 0o640
        os.fchmod(new.fd, 0o604)
        new.sync()
        new.commit()
    assert stat.S_IMODE(target.stat().st_mode) == 0o604
