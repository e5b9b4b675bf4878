"""Trees as the engine copies them: the same with and without workers, and whatever is changed meanwhile."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import Executor, Future

import pytest

from aiocli.core.events import Failure, File, Progress
from aiocli.core.loop import drive
from aiocli.engines.copy import tree
from aiocli.engines.copy.copier import Copier
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.rules import CopyRules, Dereference, Preserve
from aiocli.engines.copy.steps import Step
from aiocli.engines.selection import Pattern
from tests.support.privileges import NOBODY, unprivileged
from tests.support.program import environment
from tests.support.resources import open_fds, opened_since

RULES = CopyRules(is_recursive=True, dereference=Dereference.NEVER, reads_special=False)


class _LateFuture(Future):
    def __init__(self, unit):
        super().__init__()
        self.unit = unit

    def result(self, timeout=None):
        return self.unit()


class LateExecutor(Executor):
    """Does a unit only when somebody waits for it, and calls `meanwhile` in front of the first one."""

    def __init__(self, meanwhile=lambda: None):
        self.meanwhile = meanwhile
        self.nunits = 0

    def submit(self, fn, /, *args, **kwargs):
        def unit():
            meanwhile, self.meanwhile = self.meanwhile, lambda: None
            meanwhile()
            return fn(*args, **kwargs)

        self.nunits += 1
        return _LateFuture(unit)


def copy(source, target, rules=RULES, **options):
    """Copy source to target; return whether all went well, and the events."""
    events = []
    on_event = options.pop("on_event", lambda event: None)

    def tell(event):
        events.append(event)
        on_event(event)

    async def run():
        copier = Copier(rules, tell, **options)
        return await copier.copy(Node(AT_FDCWD, str(source), str(source)), Node(AT_FDCWD, str(target), str(target)))

    return drive(run()), events


def failures(events):
    return [(event.step, os.path.basename(event.path)) for event in events if isinstance(event, Failure)]


def grow(folder, depth=3):
    """Make a tree with files, links, an empty directory and a FIFO on each level."""
    folder.mkdir()
    for number in range(5):
        (folder / f"file {number}").write_text(f"{folder.name} {number}" * number * 100)
    (folder / "link").symlink_to("file 1")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "empty").mkdir()
    os.mkfifo(folder / "fifo")
    if depth:
        grow(folder / "a", depth - 1)
        grow(folder / "b", depth - 1)


def shape(folder):
    """Describe what is in a folder: names, kinds, content."""
    found = {}
    for root, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.join(root, name)
            facts = os.lstat(path)
            content = ""
            if stat.S_ISLNK(facts.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(facts.st_mode):
                with open(path) as file:
                    content = file.read()
            found[os.path.relpath(path, folder)] = (oct(facts.st_mode), content)
    return found


def test_workers_change_neither_tree_nor_order(tmp_path):
    grow(tmp_path / "src")
    alone, told_alone = copy(tmp_path / "src", tmp_path / "alone", wants_files=True)
    executor = LateExecutor()
    helped, told_helped = copy(tmp_path / "src", tmp_path / "helped", wants_files=True, executor=executor)
    assert alone is helped is True
    assert executor.nunits > 1
    assert shape(tmp_path / "alone") == shape(tmp_path / "helped") == shape(tmp_path / "src")
    assert [event.src for event in told_alone] == [event.src for event in told_helped]
    assert len(told_alone) == 1 + len(shape(tmp_path / "src"))


def test_what_is_simple_and_well_is_told_only_if_wanted(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/file").write_text("x")
    _, events = copy(tmp_path / "src", tmp_path / "dst", executor=LateExecutor())
    assert events == [File(str(tmp_path / "src"), str(tmp_path / "dst"), is_data=False), Progress(nbytes=1, files=1)]


def test_entries_beyond_one_listing_are_copied(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "LISTED_ENTRIES", 7)
    (tmp_path / "src").mkdir()
    for number in range(50):
        (tmp_path / f"src/{number}").write_text(str(number))
    copy(tmp_path / "src", tmp_path / "dst", executor=LateExecutor())
    assert shape(tmp_path / "dst") == shape(tmp_path / "src")


def test_tree_deeper_than_the_interpreters_stack(tmp_path, monkeypatch):
    depth = 700
    monkeypatch.chdir(tmp_path)
    inner = "src"
    for _ in range(depth):
        os.mkdir(inner)
        inner += "/d"
    with open(f"{os.path.dirname(inner)}/file", "w") as file:
        file.write("bottom")
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * depth)), hard))
    try:
        is_well, events = copy("src", "dst", executor=LateExecutor())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (is_well, failures(events)) == (True, [])
    with open("dst" + os.path.dirname(inner)[3:] + "/file") as file:
        assert file.read() == "bottom"


@pytest.mark.parametrize("swapped", ["src/d", "dst/d"])
def test_directory_swapped_for_a_link_leads_a_worker_nowhere(tmp_path, swapped):
    (tmp_path / "src/d").mkdir(parents=True)
    (tmp_path / "src/d/file").write_text("harmless")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/file").write_text("secret")

    def attack():
        (tmp_path / swapped).rename(tmp_path / "moved away")
        (tmp_path / swapped).symlink_to(tmp_path / "elsewhere")

    copy(tmp_path / "src", tmp_path / "dst", executor=LateExecutor(attack))
    assert shape(tmp_path / "elsewhere") == {"file": (oct(0o100644), "secret")}
    copied = "dst/d/file" if swapped == "src/d" else "moved away/file"
    assert (tmp_path / copied).read_text() == "harmless"


def test_operands_target_swapped_for_a_link_before_it_is_opened_is_not_written_through(tmp_path):
    for name in ("src", "dst", "elsewhere"):
        (tmp_path / name).mkdir()
    (tmp_path / "src/file").write_text("x")

    class Swapped(Node):
        def stat(self, *, follow=False):
            facts = super().stat(follow=follow)
            if not (tmp_path / "moved away").exists():
                (tmp_path / "dst").rename(tmp_path / "moved away")
                (tmp_path / "dst").symlink_to("elsewhere")
            return facts

    events = []
    source, target = str(tmp_path / "src"), str(tmp_path / "dst")
    copier = Copier(RULES, events.append)
    assert not drive(copier.copy(Node(AT_FDCWD, source, source), Swapped(AT_FDCWD, target, target)))
    assert failures(events) == [(Step.LIST, "dst")]
    assert os.listdir(tmp_path / "elsewhere") == []


def test_file_swapped_for_a_link_is_not_followed(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/file").write_text("harmless")
    (tmp_path / "secret").write_text("secret")

    def attack():
        (tmp_path / "src/file").unlink()
        (tmp_path / "src/file").symlink_to(tmp_path / "secret")

    copy(tmp_path / "src", tmp_path / "dst", executor=LateExecutor(attack))
    assert (tmp_path / "dst/file").is_symlink()


SWAPPED = """
import os, sys
from aiocli.core.loop import drive
from aiocli.engines.copy.copier import Copier
from aiocli.engines.copy.node import AT_FDCWD, Node
from aiocli.engines.copy.rules import CopyRules


class Swapped(Node):
    def stat(self, *, follow=False):
        facts = super().stat(follow=follow)
        if not os.path.exists("into/old"):
            os.rename("into/new", "into/old")
            exec(sys.argv[1])
        return facts


os.umask(0)
for name, mode in ("into", 0o777), ("src", int(sys.argv[2], 8)), ("new", 0o550):
    os.mkdir(name, mode)
into_fd = os.open("into", os.O_PATH)
rules = CopyRules(is_recursive=True, umask=0)
copier = Copier(rules, lambda event: print(getattr(event, "step", "")))
drive(copier.copy(Node(AT_FDCWD, "src", "src"), Swapped(into_fd, "new", "into/new")))
"""


def swap_new_directory(folder, attack, mode):
    """Copy a directory, which an attacker moves away and replaces once it is made; return what fails."""
    folder.chmod(0o777)
    command = [*unprivileged(), sys.executable, "-c", SWAPPED, attack, f"{mode:o}"]
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split("\n")


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_directory_swapped_for_a_link_before_it_is_opened_up_is_left_alone(tmp_path):
    assert swap_new_directory(tmp_path, 'os.symlink("../new", "into/new")', 0o500) == [Step.REPLACED_MEANWHILE, ""]
    assert mode_of(tmp_path / "new") == 0o550


def test_mode_of_a_directory_that_cannot_be_read_goes_to_no_other(tmp_path):
    swap_new_directory(tmp_path, 'os.mkdir("into/new", 0)', 0o777)
    assert mode_of(tmp_path / "new") == 0o550
    assert mode_of(tmp_path / "into/new") == 0o777


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["fifo", "directory"])
def test_file_replaced_just_before_it_is_opened_is_refused(tmp_path, make):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/file").write_text("x")

    def attack(event):
        if isinstance(event, File) and event.src.endswith("file"):
            os.unlink(event.src)
            make(event.src)

    with_thought = RULES._replace(backend="thread")
    is_well, events = copy(tmp_path / "src", tmp_path / "dst", with_thought, on_event=attack)
    assert (is_well, failures(events)) == (False, [(Step.REPLACED_MEANWHILE, "file")])


def test_file_that_became_a_directory_since_it_was_listed_is_refused(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/file").write_text("x")

    def attack():
        (tmp_path / "src/file").unlink()
        (tmp_path / "src/file").mkdir()

    is_well, events = copy(tmp_path / "src", tmp_path / "dst", executor=LateExecutor(attack))
    assert (is_well, failures(events)) == (False, [(Step.REPLACED_MEANWHILE, "file")])


def test_file_that_vanished_since_it_was_listed_is_told(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/file").write_text("x")
    (tmp_path / "src/other").write_text("y")
    is_well, events = copy(tmp_path / "src", tmp_path / "dst", executor=LateExecutor((tmp_path / "src/file").unlink))
    assert (is_well, failures(events)) == (False, [(Step.STAT, "file")])
    assert (tmp_path / "dst/other").read_text() == "y"


@pytest.mark.parametrize("depth", [0, 1], ids=["the operand's copy", "a directory in it"])
def test_way_to_an_earlier_hard_link_is_not_followed_through_a_link(tmp_path, depth):
    for name in ("src/a", "src/b", "elsewhere/a", "elsewhere/b"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "src/a/file").write_text("harmless")
    (tmp_path / "src/b/file").hardlink_to(tmp_path / "src/a/file")
    for name in ("a", "b"):
        (tmp_path / "elsewhere" / name / "file").write_text("secret")
    rules = RULES._replace(preserve=Preserve(links=True))
    done = []

    def attack(event):
        if isinstance(event, File) and event.src.endswith("/file"):
            done.append(os.path.relpath(event.dst, tmp_path))
            if len(done) == 2:
                swapped = done[0].split("/")[: depth + 1]
                folder = tmp_path.joinpath(*swapped)
                folder.rename(f"{folder}~")
                folder.symlink_to(tmp_path.joinpath("elsewhere", *swapped[1:]))

    is_well, events = copy(tmp_path / "src", tmp_path / "dst", rules, on_event=attack)
    assert not is_well
    assert failures(events) == [(Step.MAKE_HARD_LINK, "file")]
    assert {os.stat(tmp_path / "elsewhere" / name / "file").st_nlink for name in ("a", "b")} == {1}


def test_nothing_is_ever_wider_than_it_will_be(tmp_path):
    (tmp_path / "src/d").mkdir(parents=True)
    (tmp_path / "src/d/file").write_bytes(b"x" * 100)
    rules = RULES._replace(preserve=Preserve(mode=True, ownership=True))
    seen = []
    target = tmp_path / "dst/d"

    def look(_nbytes):
        seen.append((stat.S_IMODE(os.stat(target).st_mode), stat.S_IMODE(os.stat(target / "file").st_mode)))

    rules = rules._replace(backend="thread")
    copy(tmp_path / "src", tmp_path / "dst", rules, on_bytes=look)
    assert seen == [(0o700, 0o600)]
    assert stat.S_IMODE(os.stat(target / "file").st_mode) == 0o644


@pytest.mark.parametrize("executor", [None, LateExecutor])
def test_interrupted_copy_leaves_nothing_open(tmp_path, executor):
    grow(tmp_path / "src")
    before = open_fds()

    def interrupt(event):
        if isinstance(event, File) and event.src.endswith("b/a/fifo"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(tmp_path / "src", tmp_path / "dst", on_event=interrupt, executor=executor and executor())
    assert not opened_since(before)


def left_out(*texts):
    return tuple(Pattern(text) for text in texts)


@pytest.mark.parametrize("executor", [None, LateExecutor])
def test_patterns_leave_out_files_and_whole_directories(tmp_path, executor):
    grow(tmp_path / "src")
    rules = RULES._replace(patterns=(*left_out("a/", "file *", "/link"), Pattern("file 3", is_include=True)))
    copy(tmp_path / "src", tmp_path / "dst", rules, executor=executor and executor())
    expected = {
        path: what
        for path, what in shape(tmp_path / "src").items()
        if "a" not in path.split("/") and path != "link" and ("file" not in path or path.endswith("file 3"))
    }
    assert expected
    assert shape(tmp_path / "dst") == expected


def test_dry_run_tells_the_same_and_does_nothing(tmp_path):
    grow(tmp_path / "src")
    grow(tmp_path / "dst", 1)
    (tmp_path / "dst/a/file 4").unlink()
    before = shape(tmp_path / "dst")
    _, told = copy(tmp_path / "src", tmp_path / "dst", RULES._replace(is_dry=True), wants_files=True)
    assert shape(tmp_path / "dst") == before
    _, done = copy(tmp_path / "src", tmp_path / "dst", wants_files=True)
    assert [event for event in told if isinstance(event, File)] == [event for event in done if isinstance(event, File)]


def test_dry_run_tells_what_could_not_be_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkdir("src")
    (tmp_path / "src/file").write_text("x")
    (tmp_path / "src/file").chmod(0)
    tmp_path.chmod(0o777)
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        is_well, events = copy("src", "dst", RULES._replace(is_dry=True))
    finally:
        os.seteuid(user)
    assert (is_well, failures(events)) == (False, [(Step.OPEN_SOURCE, "file")])
