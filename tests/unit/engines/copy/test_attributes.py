"""Carrying attributes over to a copy."""

import errno
import json
import os
import stat
import struct
import subprocess
import sys
from contextlib import contextmanager

import pytest

from aiocli.core.events import Failure
from aiocli.engines.copy.attributes import carry_over
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.rules import CopyRules, Make, Preserve
from aiocli.engines.copy.steps import Step
from tests.support.privileges import NOBODY, unprivileged
from tests.support.program import environment
from tests.support.resources import open_fds, opened_since

ACL, DEFAULT_ACL = "system.posix_acl_access", "system.posix_acl_default"
CONTEXT, CAPABILITY = "security.selinux", "security.capability"
SOMEBODY = 1234
NS = 1_000_000_007
ALL = {"mode": True, "ownership": True, "timestamps": True, "xattr": True}

AS_OTHER = """
import json, os, sys
from aiocli.engines.copy.attributes import carry_over
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.rules import CopyRules, Preserve
case = json.load(sys.stdin)
os.umask(0o022)
if case["is_new"]:
    fd = os.open("target", os.O_WRONLY | os.O_CREAT | os.O_EXCL, case["created"])
else:
    fd = os.open("target", os.O_WRONLY)
source = os.open("source", os.O_RDONLY)
rules = CopyRules(preserve=Preserve(**case["preserve"]), has_chown_privilege=case["privilege"])
nodes = Node(AT_FDCWD, "source", "source", source), Node(AT_FDCWD, "target", "target", fd)
print(json.dumps(carry_over(nodes[0], os.fstat(source), nodes[1], os.fstat(fd), rules, is_new=case["is_new"])))
"""

WITHOUT_PROC = """
import os, subprocess, sys
from aiocli.engines.copy.attributes import carry_over
from aiocli.engines.copy.node import Node
from aiocli.engines.copy.rules import CopyRules, Preserve
subprocess.run(["mount", "-t", "tmpfs", "none", "/proc"], check=True)
folder = os.open(".", os.O_PATH)
rules = CopyRules(preserve=Preserve(mode=True, ownership=True, timestamps=True, xattr=True))
for name in ("fifo", "link"):
    source, target = Node(folder, name, name), Node(folder, f"new-{name}", f"new-{name}")
    assert carry_over(source, source.stat(), target, target.stat(), rules, is_new=True) == []
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o777)
    return tmp_path


@pytest.fixture
def root():
    if os.geteuid() != 0:
        pytest.skip("only root may do this")


def acl(user=6, group=5, mask=7):
    """A list that lets somebody in."""
    none = 0xFFFFFFFF
    entries = ((1, 6, none), (2, user, SOMEBODY), (4, group, none), (16, mask, none), (32, 4, none))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def make(path, mode=0o644, owner=None, acls=(), **xattrs):
    path.write_bytes(b"data")
    if owner is not None:
        os.chown(path, *owner)
    path.chmod(mode)
    for name, value in {**dict(acls), **{f"user.{name}": value for name, value in xattrs.items()}}.items():
        set_xattr(path, name, value)
    return path


def set_xattr(path, name, value):
    try:
        os.setxattr(path, name, value, follow_symlinks=False)
    except OSError as error:
        pytest.skip(f"no {name} here: {error}")


def mode_of(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def owner_of(path):
    facts = os.lstat(path)
    return facts.st_uid, facts.st_gid


def rules_of(*, umask=0o022, make=Make.COPY, has_chown_privilege=True, **preserve):
    rules = CopyRules(preserve=Preserve(**preserve), umask=umask, make=make)
    return rules._replace(has_chown_privilege=has_chown_privilege)


@contextmanager
def opened(path):
    fd = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        yield Node(AT_FDCWD, os.fspath(path), path.name, fd)
    finally:
        os.close(fd)


def carry(source, target, rules, *, is_new=True, omitted=0):
    """Carry over between files that are open."""
    with opened(source) as src, opened(target) as dst:
        facts, existing = os.fstat(src.fd), os.fstat(dst.fd)
        return carry_over(src, facts, dst, existing, rules, is_new=is_new, omitted=omitted)


def carry_by_name(source, target, rules, existing=None):
    """Carry over between files that are not open; messages' paths lead nowhere."""
    folders = [os.open(path.parent, os.O_PATH) for path in (source, target)]
    before = open_fds()
    try:
        src, dst = (Node(fd, path.name, "nowhere") for fd, path in zip(folders, (source, target), strict=True))
        failures = carry_over(src, src.stat(), dst, existing or dst.stat(), rules, is_new=True, omitted=0o077)
        assert not opened_since(before)
    finally:
        for fd in folders:
            os.close(fd)
    return failures


def but_for_atime(path):
    """Return the facts of a file, or of a link, that looking where a link leads does not change."""
    facts = os.lstat(path)
    return (
        facts.st_ino,
        facts.st_mode,
        facts.st_nlink,
        owner_of(path),
        facts.st_size,
        facts.st_mtime_ns,
        facts.st_ctime_ns,
    )


def carry_as_nobody(folder, *, created=0o600, is_new=True, privilege=False, groups="--clear-groups", **preserve):
    """Carry over from `source` to `target`, which is made first if it is to be new."""
    prefix = unprivileged()
    if not prefix:
        pytest.skip("needs root, to be somebody else")
    case = {"created": created, "is_new": is_new, "privilege": privilege, "preserve": preserve}
    done = subprocess.run(
        [*prefix[:-1], groups, sys.executable, "-c", AS_OTHER],
        cwd=folder,
        env=environment(),
        input=json.dumps(case).encode(),
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    return [Failure(*values) for values in json.loads(done.stdout)]


def test_times_are_kept_to_the_nanosecond(folder):
    source, target = make(folder / "source"), make(folder / "target")
    os.utime(source, ns=(NS, NS + 1))
    assert carry(source, target, rules_of(timestamps=True)) == []
    assert (target.stat().st_atime_ns, target.stat().st_mtime_ns) == (NS, NS + 1)


def test_nothing_is_kept_unasked(folder):
    source = make(folder / "source", 0o751, colour=b"red")
    os.utime(source, ns=(NS, NS))
    target = make(folder / "target", 0o600)
    assert carry(source, target, rules_of()) == []
    assert mode_of(target) == 0o600
    assert target.stat().st_mtime_ns != NS
    assert os.listxattr(target) == []


@pytest.mark.parametrize("is_new", [True, False])
def test_owner_is_kept_and_set_id_bits_with_it(folder, root, is_new):
    source = make(folder / "source", 0o6755, owner=(SOMEBODY, 77))
    target = make(folder / "target", 0o600)
    assert carry(source, target, rules_of(**ALL), is_new=is_new) == []
    assert owner_of(target) == (SOMEBODY, 77)
    assert mode_of(target) == 0o6755


def test_target_that_was_there_keeps_its_mode_if_only_the_owner_is_asked_for(folder, root):
    source, target = make(folder / "source", 0o640, owner=(SOMEBODY, 77)), make(folder / "target", 0o606)
    assert carry(source, target, rules_of(ownership=True), is_new=False) == []
    assert (owner_of(target), mode_of(target)) == ((SOMEBODY, 77), 0o606)


def test_owner_that_may_not_be_given_is_passed_over_with_its_set_id_bits(folder):
    make(folder / "source", 0o6755, owner=(0, 0))
    assert carry_as_nobody(folder, **ALL) == []
    assert (owner_of(folder / "target"), mode_of(folder / "target")) == ((NOBODY, NOBODY), 0o755)


def test_group_alone_is_kept_where_the_owner_cannot_be(folder):
    make(folder / "source", 0o640, owner=(0, SOMEBODY))
    assert carry_as_nobody(folder, groups=f"--groups={SOMEBODY}", **ALL) == []
    assert (owner_of(folder / "target"), mode_of(folder / "target")) == ((NOBODY, SOMEBODY), 0o640)


def test_owner_that_should_be_given_and_cannot_is_a_failure_that_leaves_the_mode_narrow(folder):
    make(folder / "source", 0o644, owner=(0, 0))
    failures = carry_as_nobody(folder, privilege=True, **ALL)
    assert failures == [Failure(Step.KEEP_OWNER, "target", errno.EPERM)]
    assert mode_of(folder / "target") == 0o600


def test_times_that_cannot_be_set_end_it(folder, root):
    make(folder / "source", 0o600, owner=(NOBODY, NOBODY))
    make(folder / "target", 0o666, owner=(SOMEBODY, SOMEBODY))
    failures = carry_as_nobody(folder, is_new=False, **ALL)
    assert failures == [Failure(Step.KEEP_TIMES, "target", errno.EPERM)]
    assert mode_of(folder / "target") == 0o666


@pytest.mark.parametrize(("privilege", "step"), [(True, Step.CLEAR_MODE), (False, Step.DECLINED)])
def test_mode_of_another_users_file_cannot_be_narrowed_which_ends_it(folder, root, privilege, step):
    make(folder / "source", 0o600, owner=(NOBODY, NOBODY))
    make(folder / "target", 0o666, owner=(SOMEBODY, SOMEBODY))
    failures = carry_as_nobody(folder, is_new=False, privilege=privilege, mode=True, ownership=True)
    assert failures == [Failure(step, "target", errno.EPERM)]
    assert mode_of(folder / "target") == 0o666


def test_another_users_file_may_stay_theirs(folder, root):
    make(folder / "source", 0o600, owner=(NOBODY, NOBODY))
    make(folder / "target", 0o666, owner=(SOMEBODY, SOMEBODY))
    assert carry_as_nobody(folder, is_new=False, ownership=True) == []


def test_mode_that_cannot_be_set_is_a_failure(folder, root):
    make(folder / "source", 0o600, owner=(NOBODY, NOBODY))
    make(folder / "target", 0o666, owner=(SOMEBODY, SOMEBODY))
    failures = carry_as_nobody(folder, is_new=False, mode=True)
    assert failures == [Failure(Step.KEEP_PERMISSIONS, "target", errno.EPERM)]


def test_access_control_list_goes_with_the_mode(folder):
    source, target = make(folder / "source", 0o644, acls={ACL: acl()}), make(folder / "target", 0o600)
    assert carry(source, target, rules_of(xattr=True)) == []
    assert os.listxattr(target) == []
    assert carry(source, target, rules_of(mode=True)) == []
    assert os.getxattr(target, ACL) == acl()
    assert mode_of(target) == mode_of(source)


def test_list_of_the_target_gives_way_to_the_sources(folder):
    source = make(folder / "source", acls={ACL: acl(user=4)})
    target = make(folder / "target", acls={ACL: acl(user=7)})
    assert carry(source, target, rules_of(mode=True), is_new=False) == []
    assert os.getxattr(target, ACL) == acl(user=4)


@pytest.mark.parametrize("mode", [0o640, 0o4711, 0o600])
def test_list_of_the_target_goes_if_the_source_has_none(folder, mode):
    source, target = make(folder / "source", mode), make(folder / "target", acls={ACL: acl()})
    assert carry(source, target, rules_of(mode=True), is_new=False) == []
    assert os.listxattr(target) == []
    assert mode_of(target) == mode


def test_list_from_the_directory_goes_if_the_source_has_none(folder):
    set_xattr(folder, DEFAULT_ACL, acl())
    source, target = make(folder / "source", 0o640), make(folder / "target", 0o600)
    os.removexattr(source, ACL)
    source.chmod(0o640)
    assert ACL in os.listxattr(target)
    assert carry(source, target, rules_of(**ALL)) == []
    assert os.listxattr(target) == []
    assert mode_of(target) == 0o640


def test_directory_keeps_its_lists_for_itself_and_for_new_files(folder):
    source, target = folder / "source", folder / "target"
    for path in (source, target):
        path.mkdir()
    source.chmod(0o2751)
    set_xattr(source, DEFAULT_ACL, acl(user=5))
    set_xattr(target, DEFAULT_ACL, acl())
    set_xattr(target, ACL, acl())
    set_xattr(source, "user.colour", b"red")
    os.utime(source, ns=(NS, NS))
    assert carry(source, target, rules_of(**ALL)) == []
    assert os.listxattr(target) == os.listxattr(source)
    assert os.getxattr(target, DEFAULT_ACL) == acl(user=5)
    assert (mode_of(target), target.stat().st_mtime_ns) == (0o2751, NS)
    os.removexattr(source, DEFAULT_ACL)
    assert carry(source, target, rules_of(**ALL), is_new=False) == []
    assert os.listxattr(target) == ["user.colour"]


def test_extended_attributes_are_kept_and_those_of_the_target_stay(folder):
    source, target = make(folder / "source", colour=b"red", shape=b""), make(folder / "target", colour=b"x", size=b"1")
    assert carry(source, target, rules_of(xattr=True), is_new=False) == []
    found = {name: os.getxattr(target, name) for name in os.listxattr(target)}
    assert found == {"user.colour": b"red", "user.shape": b"", "user.size": b"1"}
    assert mode_of(target) == 0o644


def test_capabilities_survive_the_change_of_owner(folder, root):
    capability = struct.pack("<5I", 0x02000001, 1, 0, 0, 0)
    source = make(folder / "source", owner=(SOMEBODY, SOMEBODY), acls={CAPABILITY: capability})
    target = make(folder / "target", 0o600)
    assert carry(source, target, rules_of(**ALL)) == []
    assert os.getxattr(target, CAPABILITY) == capability


@pytest.mark.parametrize(
    ("preserve", "told"),
    [
        ({"is_quiet": True}, []),
        ({}, [Failure(Step.SET_XATTR, "target", errno.EPERM, CAPABILITY, is_warning=True)]),
        ({"requires_xattr": True}, [Failure(Step.SET_XATTR, "target", errno.EPERM, CAPABILITY)]),
        ({"requires_xattr": True, "is_quiet": True}, [Failure(Step.SET_XATTR, "target", errno.EPERM, CAPABILITY)]),
    ],
)
def test_attribute_that_may_not_be_set_is_told_as_the_rules_have_it(folder, root, preserve, told):
    capability = struct.pack("<5I", 0x02000001, 1, 0, 0, 0)
    make(folder / "source", 0o645, acls={CAPABILITY: capability}, colour=b"red")
    assert carry_as_nobody(folder, xattr=True, mode=True, **preserve) == told
    assert os.listxattr(folder / "target") == ["user.colour"]
    assert mode_of(folder / "target") == 0o645


def test_attributes_of_a_new_file_that_its_owner_may_not_write_are_kept(folder):
    make(folder / "source", 0o444, colour=b"red")
    assert carry_as_nobody(folder, created=0o444, xattr=True, requires_xattr=True) == []
    assert os.getxattr(folder / "target", "user.colour") == b"red"
    assert mode_of(folder / "target") == 0o444


@pytest.fixture
def bare(folder):
    """A file system that knows neither extended attributes nor access control lists."""
    path = folder / "bare"
    path.mkdir()
    done = subprocess.run(["mount", "-t", "ramfs", "none", path], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount: {done.stderr.strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)


@pytest.mark.parametrize(
    ("preserve", "told"),
    [
        ({"is_quiet": True}, []),
        ({}, []),
        ({"requires_xattr": True}, [Failure(Step.SET_XATTRS, "target", errno.ENOTSUP)]),
    ],
)
def test_attributes_that_nothing_can_hold_are_missed_only_if_required(folder, bare, preserve, told):
    source, target = make(folder / "source", 0o640, a=b"1", b=b"2"), make(bare / "target", 0o600)
    assert carry(source, target, rules_of(**ALL, **preserve)) == told
    assert mode_of(target) == 0o640


def test_attributes_alone_are_never_missed_in_silence(folder, bare):
    source, target = make(folder / "source", a=b"1"), make(bare / "target")
    failures = carry(source, target, rules_of(xattr=True, is_quiet=True, make=Make.ATTRIBUTES))
    assert failures == [Failure(Step.SET_XATTRS, "target", errno.ENOTSUP, is_warning=True)]


def test_file_without_attributes_is_kept_everywhere(folder, bare):
    source, target = make(folder / "source", 0o640), make(bare / "target", 0o600)
    assert carry(source, target, rules_of(**ALL, requires_xattr=True)) == []
    assert carry(target, source, rules_of(**ALL, requires_xattr=True), is_new=False) == []
    assert mode_of(target) == 0o640


def test_list_that_nothing_can_hold_is_a_failure_behind_the_mode(folder, bare):
    source, target = make(folder / "source", 0o644, acls={ACL: acl()}), make(bare / "target", 0o600)
    assert carry(source, target, rules_of(mode=True)) == [Failure(Step.KEEP_PERMISSIONS, "target", errno.ENOTSUP)]
    assert mode_of(target) == mode_of(source)


def test_directory_is_given_no_mode_once_a_required_attribute_is_missed(folder, bare):
    source, target = folder / "source", bare / "target"
    for path in (source, target):
        path.mkdir(0o700)
    source.chmod(0o755)
    set_xattr(source, "user.colour", b"red")
    failures = carry(source, target, rules_of(mode=True, xattr=True, requires_xattr=True))
    assert failures == [Failure(Step.SET_XATTRS, "target", errno.ENOTSUP)]
    assert mode_of(target) == 0o700


def test_security_context_goes_by_its_own_rule(folder, root):
    source, target = make(folder / "source", acls={CONTEXT: b"u:r:t"}), make(folder / "target")
    assert carry(source, target, rules_of(context=True, mode=True)) == []
    assert os.getxattr(target, CONTEXT) == b"u:r:t"
    os.removexattr(source, CONTEXT)
    assert carry(source, target, rules_of(context=True)) == []
    assert carry(source, target, rules_of(context=True, requires_context=True, mode=True)) == [
        Failure(Step.GET_CONTEXT, "source", errno.ENODATA)
    ]


def test_symbolic_link_is_never_followed(folder, root):
    victim = make(folder / "victim", 0o644)
    facts = victim.stat()
    source, target = folder / "source", folder / "target"
    for path in (source, target):
        path.symlink_to("victim")
    os.lchown(source, SOMEBODY, 77)
    os.utime(source, ns=(NS, NS), follow_symlinks=False)
    set_xattr(source, "trusted.colour", b"red")
    assert carry_by_name(source, target, rules_of(**ALL)) == []
    assert owner_of(target) == (SOMEBODY, 77)
    assert os.lstat(target).st_mtime_ns == NS
    assert os.getxattr(target, "trusted.colour", follow_symlinks=False) == b"red"
    assert victim.stat() == facts
    assert os.listxattr(victim) == []


def test_symbolic_link_that_stands_for_a_file_keeps_its_times_alone(folder, root):
    source, target = make(folder / "source", 0o640, owner=(SOMEBODY, 77)), folder / "target"
    os.utime(source, ns=(NS, NS))
    target.symlink_to("source")
    assert carry_by_name(source, target, rules_of(**ALL, make=Make.SYMBOLIC_LINK)) == []
    assert (os.lstat(target).st_mtime_ns, owner_of(target)) == (NS, (0, 0))


def test_fifo_keeps_all_without_being_opened(folder, root):
    source, target = folder / "source", folder / "target"
    for path in (source, target):
        os.mkfifo(path, 0o600)
    os.chown(source, SOMEBODY, 77)
    set_xattr(source, ACL, acl())
    set_xattr(source, "trusted.colour", b"red")
    os.utime(source, ns=(NS, NS))
    assert carry_by_name(source, target, rules_of(**ALL)) == []
    assert owner_of(target) == (SOMEBODY, 77)
    assert mode_of(target) == mode_of(source)
    assert os.getxattr(target, ACL) == acl()
    assert os.getxattr(target, "trusted.colour") == b"red"
    assert target.stat().st_mtime_ns == NS


@pytest.mark.parametrize("kind", ["file", "link", "fifo"])
def test_what_has_taken_the_targets_place_is_left_alone(folder, kind):
    source, target, victim = folder / "source", folder / "target", make(folder / "victim", 0o600)
    for path in (source, target):
        os.mkfifo(path, 0o644)
    existing = os.lstat(target)
    target.rename(folder / "moved")
    if kind == "file":
        os.link(victim, target)
    elif kind == "link":
        target.symlink_to("victim")
    else:
        os.mkfifo(target, 0o600)
    before = [but_for_atime(path) for path in (target, victim)]
    failures = carry_by_name(source, target, rules_of(**ALL), existing)
    assert failures == [Failure(Step.REPLACED_MEANWHILE, "nowhere", 0)]
    assert [but_for_atime(path) for path in (target, victim)] == before


def test_file_in_the_place_of_a_new_link_is_left_alone(folder):
    source, target = folder / "source", make(folder / "target", 0o600)
    source.symlink_to("x")
    before = target.stat()
    assert carry_by_name(source, target, rules_of(**ALL)) == [Failure(Step.REPLACED_MEANWHILE, "nowhere", 0)]
    assert target.stat() == before


def test_target_that_is_gone_is_a_failure(folder):
    source, target = folder / "source", folder / "target"
    for path in (source, target):
        os.mkfifo(path)
    existing = os.lstat(target)
    target.unlink()
    assert carry_by_name(source, target, rules_of(**ALL), existing) == [Failure(Step.STAT, "nowhere", errno.ENOENT)]


def test_without_proc_names_have_to_do(folder, root):
    os.mkfifo(folder / "fifo", 0o640)
    os.mkfifo(folder / "new-fifo", 0o600)
    for name in ("link", "new-link"):
        (folder / name).symlink_to("x")
    for name in ("fifo", "link"):
        os.utime(folder / name, ns=(NS, NS), follow_symlinks=False)
    command = ["unshare", "--mount", sys.executable, "-c", WITHOUT_PROC]
    done = subprocess.run(command, capture_output=True, env=environment(), check=False)
    if b"unshare failed" in done.stderr or b"mount:" in done.stderr:
        pytest.skip("cannot mount")
    assert (done.returncode, done.stderr) == (0, b"")
    assert mode_of(folder / "new-fifo") == 0o640
    assert [os.lstat(folder / f"new-{name}").st_mtime_ns for name in ("fifo", "link")] == [NS, NS]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0])
def test_new_file_gets_the_mode_of_any_new_file(folder, umask):
    set_xattr(folder, DEFAULT_ACL, acl())
    source, target = make(folder / "source", 0o4751), make(folder / "target", 0o751)
    assert carry(source, target, rules_of(is_default_mode=True, umask=umask)) == []
    assert mode_of(target) == 0o666 & ~umask
    assert os.listxattr(target) == []


def test_new_directory_gets_the_mode_of_any_new_directory(folder, root):
    source, target = folder / "source", folder / "target"
    source.mkdir(0o700)
    target.mkdir(0o700)
    target.chmod(0o2700)
    set_xattr(target, DEFAULT_ACL, acl())
    assert carry(source, target, rules_of(is_default_mode=True)) == []
    assert mode_of(target) == 0o2755
    assert os.getxattr(target, DEFAULT_ACL) == acl()


def test_file_that_was_there_keeps_its_mode_where_none_is_to_be_kept(folder):
    source, target = make(folder / "source", 0o751), make(folder / "target", 0o604)
    assert carry(source, target, rules_of(is_default_mode=True), is_new=False) == []
    assert mode_of(target) == 0o604


@pytest.mark.parametrize(("umask", "expected"), [(0o022, 0o755), (0o027, 0o750), (0o077, 0o700), (0, 0o775)])
def test_permissions_that_were_held_back_come_as_the_umask_lets_them(folder, umask, expected):
    source, target = make(folder / "source", 0o4775), make(folder / "target", 0o700)
    assert carry(source, target, rules_of(ownership=True, umask=umask), omitted=0o077) == []
    assert mode_of(target) == expected


def test_mode_that_is_kept_knows_no_umask(folder):
    source, target = make(folder / "source", 0o777), make(folder / "target", 0o700)
    assert carry(source, target, rules_of(mode=True, umask=0o077), omitted=0o077) == []
    assert mode_of(target) == 0o777
