"""All or nothing: what replaces a target is complete, and what it replaces is whole until then."""

from __future__ import annotations

import os
import stat

import pytest

from aiocli.core.events import Failure
from aiocli.core.loop import drive
from aiocli.engines.copy import move
from aiocli.engines.copy.copier import Copier
from aiocli.engines.copy.rules import BackupMethod, CopyRules, Dereference, Preserve
from aiocli.engines.copy.steps import Step
from tests.unit.engines.copy.test_proof import LARGE, copy, copy_with, node, of_kind

RULES = CopyRules(is_atomic=True, dereference=Dereference.OPERANDS)


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "src"
    path.write_bytes(LARGE)
    return path


def test_target_is_replaced_and_keeps_its_attributes(large, tmp_path):
    dst = tmp_path / "dst"
    dst.write_text("old")
    dst.chmod(0o640)
    os.setxattr(dst, "user.kept", b"1")
    inode = dst.stat().st_ino
    with open(dst) as old:
        assert copy(large, dst, RULES)[0]
        assert old.read() == "old"
    facts = dst.stat()
    assert stat.S_IMODE(facts.st_mode) == 0o640
    assert os.getxattr(dst, "user.kept") == b"1"
    assert facts.st_ino != inode


@pytest.mark.parametrize("preserve", [Preserve(), Preserve(mode=True, timestamps=True, ownership=True)])
def test_new_file_is_as_without(large, tmp_path, preserve):
    large.chmod(0o751)
    rules = RULES._replace(preserve=preserve)
    copy(large, tmp_path / "atomic", rules)
    copy(large, tmp_path / "plain", rules._replace(is_atomic=False))
    facts, plain = (tmp_path / "atomic").stat(), (tmp_path / "plain").stat()
    assert facts.st_mode == plain.st_mode
    assert (facts.st_mtime_ns == plain.st_mtime_ns) is preserve.timestamps


def test_nobody_sees_the_new_file_before_it_is_complete(large, tmp_path):
    dst = tmp_path / "dst"
    seen = []

    async def look(job):
        await move(job)
        facts = os.fstat(job.dst.fd)
        seen.append((stat.S_IMODE(facts.st_mode), facts.st_nlink, sorted(os.listdir(tmp_path))))

    copy_with(large, dst, RULES, look)
    assert seen == [(0o600, 0, ["src"])]
    assert sorted(os.listdir(tmp_path)) == ["dst", "src"]


def test_link_stays_and_what_it_points_at_is_replaced(large, tmp_path):
    (tmp_path / "folder").mkdir()
    real = tmp_path / "folder/real"
    real.write_text("old")
    (tmp_path / "dst").symlink_to("folder/real")
    assert copy(large, tmp_path / "dst", RULES)[0]
    assert os.readlink(tmp_path / "dst") == "folder/real"
    assert real.read_bytes() == LARGE
    assert os.listdir(tmp_path / "folder") == ["real"]


def test_dangling_link_is_not_written_through(large, tmp_path):
    (tmp_path / "dst").symlink_to("nowhere")
    is_well, events = copy(large, tmp_path / "dst", RULES)
    assert not is_well
    assert of_kind(events, Failure)[0].step == Step.WRITE_THROUGH_LINK


def test_device_is_written_into(large):
    assert copy(large, "/dev/null", RULES)[0]
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_target_that_is_the_source_is_refused(large, tmp_path):
    os.link(large, tmp_path / "dst")
    is_well, events = copy(large, tmp_path / "dst", RULES)
    assert not is_well
    assert of_kind(events, Failure)[0].step == Step.SAME_FILE
    assert large.read_bytes() == LARGE


@pytest.mark.parametrize("method", BackupMethod)
def test_backup_is_the_old_file(large, tmp_path, method):
    dst = tmp_path / "dst"
    dst.write_text("old")
    inode = dst.stat().st_ino
    rules = RULES._replace(backup=method)
    assert copy(large, dst, rules)[0]
    backup = tmp_path / ("dst.~1~" if method is BackupMethod.NUMBERED else "dst~")
    assert (backup.read_text(), backup.stat().st_ino, dst.read_bytes()) == ("old", inode, LARGE)
    assert len(os.listdir(tmp_path)) == 3


def test_target_is_there_while_its_backup_is_made(large, tmp_path):
    dst = tmp_path / "dst"
    dst.write_text("old")
    seen = []
    copier = Copier(
        RULES._replace(backup=BackupMethod.SIMPLE, digests=("sha256",)),
        lambda _: seen.append(dst.stat().st_size),
    )
    assert drive(copier.copy(node(large), node(dst)))
    assert seen[0] == 3


def test_backup_is_undone_after_a_failure(tmp_path):
    (tmp_path / "src").mkdir()
    source = tmp_path / "gone"
    source.write_text("x")
    dst = tmp_path / "dst"
    dst.write_text("old")
    events = []
    copier = Copier(RULES._replace(backup=BackupMethod.SIMPLE), events.append)

    def tell(event):
        events.append(event)
        source.unlink(missing_ok=True)

    copier.on_event = tell
    assert not drive(copier.copy(node(source), node(dst)))
    assert dst.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["dst", "src"]


@pytest.mark.parametrize("kind", ["link", "fifo"])
def test_special_file_replaces_in_one_step(tmp_path, kind):
    source, dst = tmp_path / "src", tmp_path / "dst"
    if kind == "link":
        source.symlink_to("somewhere")
    else:
        os.mkfifo(source)
    dst.write_text("old")
    rules = RULES._replace(is_recursive=True, dereference=Dereference.NEVER, reads_special=False)
    is_well, _ = copy(source, dst, rules)
    assert is_well
    assert dst.lstat().st_mode == source.lstat().st_mode
    assert sorted(os.listdir(tmp_path)) == ["dst", "src"]


@pytest.mark.parametrize("there", ["link", "fifo", "file"])
def test_removed_first_means_replaced_at_the_end(large, tmp_path, there):
    dst = tmp_path / "dst"
    if there == "link":
        dst.symlink_to("nowhere")
    elif there == "fifo":
        os.mkfifo(dst)
    else:
        dst.write_text("old")
        dst.chmod(0o600)
    assert copy(large, dst, RULES._replace(unlinks_first=True))[0]
    assert stat.S_ISREG(dst.lstat().st_mode)
    assert dst.read_bytes() == LARGE
    assert dst.stat().st_mode == large.stat().st_mode


def test_hard_links_in_a_tree_stay_one_file(tmp_path):
    source, target = tmp_path / "src", tmp_path / "dst"
    for folder in (source, target / "src"):
        folder.mkdir(parents=True)
        (folder / "one").write_bytes(os.fsencode(folder))
        os.link(folder / "one", folder / "two")
    rules = RULES._replace(is_recursive=True, preserve=Preserve(links=True))
    is_well, _ = copy(source, target / "src", rules)
    assert is_well
    assert (target / "src/one").read_bytes() == os.fsencode(source)
    assert os.path.samefile(target / "src/one", target / "src/two")
    assert sorted(os.listdir(target / "src")) == ["one", "two"]
