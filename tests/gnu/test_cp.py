"""`aio cp` and GNU cp on the same command lines: status, output, messages, and the trees that they leave."""

from __future__ import annotations

import os
import socket

import pytest

from tests.support.gnu import both, compare, compare_script, run_script, tree_of
from tests.support.privileges import NOBODY, unprivileged


def prepare(folder):
    """Make one of everything that a copy may meet."""
    for name in ("f", "g", "d/f", "d/sub/f", "full/f"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}\n")
    for name in ("e", "d/empty", "blocked/f", "over"):
        (folder / name).mkdir(parents=True)
    (folder / "over/d").write_text("no directory")
    (folder / "hard").hardlink_to(folder / "f")
    (folder / "soft").symlink_to("f")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "loop").symlink_to("loop")
    (folder / "to e").symlink_to("e")
    (folder / "d/soft").symlink_to("f")
    (folder / "d/dangling").symlink_to("nowhere")
    os.mkfifo(folder / "d/fifo")
    os.mkfifo(folder / "p")
    (folder / "g").chmod(0o640)
    (folder / "exec").write_text("#!/bin/sh\n")
    (folder / "exec").chmod(0o4755)


def since(line):
    """Tell the version that first names the file, too, that a directory is in the way of."""
    return (9, 10) if "blocked" in line else (0, 0)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "f",
        "f new",
        "f g",
        "f e",
        "f e/",
        "f e/.",
        "f g e",
        "f d/f e",
        "d/f f e",
        "f f e",
        "f ./f e",
        "f hard e",
        "f new/",
        "f nodir/new",
        "f g nope",
        "f g exec",
        "f g f/x",
        "f f",
        "f ./f",
        "f hard",
        "f soft",
        "soft f",
        "soft new",
        "soft soft",
        "soft e",
        "f dangling",
        "f loop",
        "loop new",
        "dangling new",
        "nope new",
        "nope f e",
        "f nope g e",
        "nope nowhere/new",
        "d new",
        "d e",
        "f d g e",
        ". e",
        "f blocked",
        "f g blocked",
        "f/x new",
        "f f/x",
        "exec new",
        "exec g",
        "g new",
        "'to e' new",
        "f 'to e'",
        "d/../f f",
        "f/ new",
        "/dev/null new",
        "/dev/null g",
        "f /dev/null",
        "-v f new",
        "-v f e",
        "-v f g e",
        "-v f nope g e",
        "-v f nodir/new",
        "-v d e",
        "-v f f",
        "-v 'to e/../f' e",
        "-v f e/../e//",
        "-v ./f e/",
        "-- f new",
        "f -v new",
        "f new -- -v",
        "--verb f new",
        "-vy",
        "--foo f new",
        "--recursiv=3 f new",
        "-v -v f new",
    ],
)
def test_files_are_copied_as_gnu_does(aio, line):
    compare_script(aio, "cp", f"cp {line}", prepare=prepare, tree=True, since=since(line))


def test_empty_names_are_told_as_gnu_does(aio):
    for line in (("", "e"), ("f", ""), ("",), ("", ""), ("f", "", "e"), ("f", "g", "")):
        compare(aio, "cp", *line)


@pytest.mark.parametrize(
    "line",
    [
        "-r d new",
        "-R d e",
        "-r d/ e",
        "-r d/. e",
        "-r d/. new",
        "-r d f",
        "-r d over",
        "-r d nodir/new",
        "-r d full e",
        "-r d d e",
        "-r f d e",
        "-r d nope f e",
        "-r f new",
        "-r f blocked",
        "-r soft new",
        "-r soft e",
        "-r soft f",
        "-r soft dangling",
        "-r soft soft",
        "-r dangling new",
        "-r dangling e",
        "-r dangling g",
        "-r loop e",
        "-r p new",
        "-r p e",
        "-r p g",
        "-r 'to e' new",
        "-r 'to e' d",
        "-r 'to e/' new",
        "-r d 'to e'",
        "-r d dangling",
        "-r d soft",
        "-r hard f",
        "-r hard new",
        "-r exec new",
        "-r /dev/null new",
        "-r e new",
        "-r d e f",
        "-rv f new",
        "-rv e new",
        "-rv soft p new e",
        "-rv f d/empty nope g e",
    ],
)
def test_trees_are_copied_as_gnu_does(aio, line):
    compare_script(aio, "cp", f"cp {line}", prepare=prepare, tree=True, since=since(line))


@pytest.mark.parametrize(
    "line",
    ["-r . e", "-r d d", "-r d d/sub", "-r d d/new", "-r d e/../d", "-r d d/sub e", "-r d/.. new", "-r f d g d"],
)
def test_directories_into_themselves_are_told_as_gnu_does(aio, line):
    # What was copied until then depends on the directory's order.
    compare_script(aio, "cp", f"cp {line}", prepare=prepare)


@pytest.mark.parametrize("lines", ["d new; cp -r d new", "d e; cp -r d e", "d e; cp -r d e; cp -r e d/sub"])
def test_trees_are_copied_over_trees_as_gnu_does(aio, lines):
    compare_script(aio, "cp", f"cp -r {lines}", prepare=prepare, tree=True)


@pytest.mark.parametrize(
    "script",
    [
        "cp -r d/. t; rm t/f; mkdir t/f; cp -r d/. t",
        "cp -r d/. t; rm -r t/sub; echo x >t/sub; cp -r d/. t",
        "cp -r d/. t; rm -r t/sub; ln -s nowhere t/sub; cp -r d/. t",
        "cp -r d/. t; rm -r t/sub; ln -s ../e t/sub; cp -r d/. t",
        "cp -r d/. t; rm t/f; ln -s nowhere t/f; cp -r d/. t",
        "cp -r d/. t; rm t/f; ln -s ../g t/f; cp -r d/. t",
        "cp -r d/. t; rm t/fifo; echo x >t/fifo; cp -r d/. t",
        "cp -r d/. t; rm t/fifo; mkdir t/fifo; cp -r d/. t",
        "cp -r d/. t; rm t/soft; mkdir t/soft; cp -r d/. t",
        "cp -r d/. t; chmod 600 t/f t/sub; cp -r d/. t",
        "chmod 0500 d/sub d/empty; cp -r d t",
        "chmod 0700 d/sub; chmod 2775 d/empty; chmod 1777 d; cp -r d t",
        "chmod 0640 d/f; chmod 0111 d/sub/f; umask 077; cp -r d t; cp f new",
        "umask 0; cp -r d t; cp f new",
        "umask 0777; cp f new",
        "umask 027; cp -r d t; cp f g exec e",
        "rm d/fifo; ln d/f d/hard; cp -r d t; stat -c %h t/f",
    ],
)
def test_what_is_in_the_way_and_modes_are_met_as_gnu_does(aio, script):
    # The order of a directory may differ between two; where messages come from several files it is told below.
    since = (9, 10) if "mkdir t/" in script else (0, 0)  # 9.1 names one file only
    compare_script(aio, "cp", script, prepare=prepare, tree=True, since=since)


@pytest.mark.parametrize("line", ["-rv ../src new", "-rv ../src/ e", "-rv ../src/. e"])
def test_trees_are_told_in_gnus_order(aio, line):
    # One source for both, so that the directory gives its names in the same order.
    src = aio.cwd.parent / "src"
    for number in range(40):
        (src / f"{number % 4}/{number % 3}").mkdir(parents=True, exist_ok=True)
        (src / f"{number % 4}/{number % 3}/file {number * 7919 % 101}").write_text(str(number))
        (src / f"{number * 31 % 97}'").symlink_to("nowhere")
    compare(aio, "cp", *line.split(), prepare=lambda folder: (folder / "e").mkdir(), tree=True)


def test_failures_in_a_tree_are_told_in_gnus_order(aio):
    src = aio.cwd.parent / "src"
    for number in range(12):
        (src / f"d{number}").mkdir(parents=True)
        for file in range(3):
            (src / f"d{number}/{file}").write_text("x")
        (src / f"d{number}/1").chmod(0)
    for name in ("d3", "d7"):
        (src / name).chmod(0)
    (src / "d5").chmod(0o400)
    os.chown(src, NOBODY if os.geteuid() == 0 else -1, -1)
    for path in src.rglob("*"):
        os.chown(path, NOBODY if os.geteuid() == 0 else -1, -1)
    compare(aio, "cp", "-rv", "../src", "new", prefix=unprivileged(), tree=True)


@pytest.mark.parametrize(
    "line",
    [
        "secret new",
        "f secret g e",
        "f locked",
        "f locked/new",
        "locked/f new",
        "f closed/new",
        "f closed",
        "closed/f new",
        "-r d new",
        "-rv readonly new",
        "-r readonly locked",
        "f unwritable",
        "-r closed new",
        "-r f secret g e",
        "-v secret new",
    ],
)
def test_permissions_are_met_as_gnu_does(aio, line):
    def prepare_for_nobody(folder):
        for name in ("f", "g", "secret", "unwritable", "locked/f", "closed/f", "d/a", "d/secret", "readonly/sub/f"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(name)
        (folder / "e").mkdir(mode=0o777)
        for name, mode in {
            "secret": 0,
            "d/secret": 0,
            "unwritable": 0o444,
            "locked": 0o555,
            "closed": 0,
            "readonly/sub": 0o555,
            "readonly": 0o555,
            "e": 0o777,
        }.items():
            (folder / name).chmod(mode)

    compare(aio, "cp", *line.split(), prepare=prepare_for_nobody, prefix=unprivileged(), tree=True)


NAMES = [b"new\nline", b"\x1b[31mred", b"caf\xe9", "café".encode(), b"-dash", b"a:b", b"sp ace", b"\xff\xfe", b"$x"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_are_quoted_as_gnu_does(aio, locale):
    def prepare_names(folder):
        for name in NAMES[::2]:
            with open(bytes(folder) + b"/" + name, "wb") as file:
                file.write(name)
        (folder / "e").mkdir()

    compare(aio, "cp", "-v", "--", *NAMES, "e", prepare=prepare_names, env={"LC_ALL": locale}, since=(9, 10), tree=True)
    for name in NAMES:
        compare(aio, "cp", "--", name, env={"LC_ALL": locale}, since=(9, 10))


def test_socket_is_made_again_as_gnu_does(aio):
    def prepare_socket(folder):
        with socket.socket(socket.AF_UNIX) as listener:
            os.chdir(folder)
            listener.bind("s")

    before = os.getcwd()
    try:
        compare(aio, "cp", "-r", "s", "new", prepare=prepare_socket, tree=True)
    finally:
        os.chdir(before)


@pytest.mark.parametrize("script", ["cp p new", "cp p g", "cp f p"])
def test_fifos_are_read_and_written_as_gnu_does(aio, script):
    other = "cat p >got" if script == "cp f p" else "cat f >p"
    compare_script(aio, "cp", f"{other} & {script}; status=$?; wait; exit $status", prepare=prepare, tree=True)


@pytest.mark.parametrize("size", [0, 1, 4096, 1_000_000])
@pytest.mark.parametrize("where", ["start", "middle", "end", "all"])
def test_holes_take_no_more_room_than_gnus(aio, where, size):
    def prepare_hole(folder):
        with open(folder / "src", "wb") as file:
            if where != "start" and where != "all":
                file.write(b"x" * size)
            file.truncate(file.tell() + 10_000_000)
            file.seek(0, os.SEEK_END)
            if where != "end" and where != "all":
                file.write(b"y" * size)

    ours, theirs = both(aio, "cp", prepare=prepare_hole)
    for program in (ours, theirs):
        assert program("src", "dst").outcome() == (0, b"", b"")
    assert tree_of(ours.cwd) == tree_of(theirs.cwd)
    assert (ours.cwd / "dst").stat().st_blocks <= (theirs.cwd / "dst").stat().st_blocks


def test_standard_descriptors_may_be_closed_as_with_gnu(aio):
    ours, theirs = both(aio, "cp", prepare=prepare)
    for script in ("cp f new <&- >&- 2>&-; echo $?", "cp -v f new >&- ; echo $?", "cp nope new 2>&-; echo $?"):
        results = [run_script(program, script) for program in (ours, theirs)]
        assert results[0].outcome() == results[1].outcome()
    assert tree_of(ours.cwd) == tree_of(theirs.cwd)


@pytest.mark.parametrize(
    "script",
    [
        "mkdir -p t/d; ln d/f t/d/f; cp -r d t; cat d/f",
        "mkdir -p t/d; ln -s ../../d/f t/d/f; cp -r d t; cat d/f",
    ],
    ids=["hard link", "symbolic link"],
)
def test_a_tree_is_not_copied_over_its_own_files(aio, script):
    compare_script(aio, "cp", script, prepare=prepare, tree=True)
