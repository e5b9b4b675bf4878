"""`aio cp` and GNU cp on the same command lines: status, output, messages, and the trees that they leave."""

from __future__ import annotations

import os
import shlex

import pytest

from tests.support.duel import lines_of
from tests.support.gnu import both, compare, compare_script, run_script, tree_of

PREPARE = """
    mkdir -p d/sub full e d/empty blocked/f over; echo f > f; echo g > g; echo d/f > d/f; echo d/sub/f > d/sub/f;
    echo full/f > full/f; echo x > over/d; ln f hard; ln -s f soft; ln -s nowhere dangling; ln -s loop loop; ln -s
    e 'to e'; ln -s f d/soft; ln -s nowhere d/dangling; mkfifo d/fifo p; chmod 640 g; echo '#!/bin/sh' > exec;
    chmod 4755 exec
"""
"""One of everything that a copy may meet."""

FILES = """
    f
    f new
    f g
    f e
    f e/
    f e/.
    f g e
    f d/f e
    d/f f e
    f f e
    f ./f e
    f hard e
    f new/
    f nodir/new
    f g nope
    f g exec
    f g f/x
    f f
    f ./f
    f hard
    f soft
    soft f
    soft new
    soft soft
    soft e
    f dangling
    f loop
    loop new
    dangling new
    nope new
    nope f e
    f nope g e
    nope nowhere/new
    d new
    d e
    f d g e
    . e
    f blocked
    f g blocked
    f/x new
    f f/x
    exec new
    exec g
    g new
    'to e' new
    f 'to e'
    d/../f f
    f/ new
    /dev/null new
    /dev/null g
    f /dev/null
    -v f new
    -v f e
    -v f g e
    -v f nope g e
    -v f nodir/new
    -v d e
    -v f f
    -v 'to e/../f' e
    -v f e/../e//
    -v ./f e/
    -- f new
    f -v new
    f new -- -v
    --verb f new
    -vy
    --foo f new
    --recursiv=3 f new
    -v -v f new
"""

TREES = """
    -r d new
    -R d e
    -r d/ e
    -r d/. e
    -r d/. new
    -r d f
    -r d over
    -r d nodir/new
    -r d full e
    -r d d e
    -r f d e
    -r d nope f e
    -r f new
    -r f blocked
    -r soft new
    -r soft e
    -r soft f
    -r soft dangling
    -r soft soft
    -r dangling new
    -r dangling e
    -r dangling g
    -r loop e
    -r p new
    -r p e
    -r p g
    -r 'to e' new
    -r 'to e' d
    -r 'to e/' new
    -r d 'to e'
    -r d dangling
    -r d soft
    -r hard f
    -r hard new
    -r exec new
    -r /dev/null new
    -r e new
    -r d e f
    -rv f new
    -rv e new
    -rv soft p new e
    -rv f d/empty nope g e
    -r . e
    -r d d
    -r d d/sub
    -r d d/new
    -r d e/../d
    -r d d/sub e
    -r d/.. new
    -r f d g d
    -r d new; cp -r d new
    -r d e; cp -r d e
    -r d e; cp -r d e; cp -r e d/sub
"""

IN_THE_WAY = """
    cp -r d/. t; rm t/f; mkdir t/f; cp -r d/. t
    cp -r d/. t; rm t/sub; echo x > t/sub; cp -r d/. t
    cp -r d/. t; rm t/sub; ln -s nowhere t/sub; cp -r d/. t
    cp -r d/. t; rm t/sub; ln -s ../e t/sub; cp -r d/. t
    cp -r d/. t; rm t/f; ln -s nowhere t/f; cp -r d/. t
    cp -r d/. t; rm t/f; ln -s ../g t/f; cp -r d/. t
    cp -r d/. t; rm t/fifo; echo x > t/fifo; cp -r d/. t
    cp -r d/. t; rm t/fifo; mkdir t/fifo; cp -r d/. t
    cp -r d/. t; rm t/soft; mkdir t/soft; cp -r d/. t
    cp -r d/. t; chmod 600 t/f t/sub; cp -r d/. t
    chmod 0500 d/sub d/empty; cp -r d t
    chmod 0700 d/sub; chmod 2775 d/empty; chmod 1777 d; cp -r d t
    chmod 0640 d/f; chmod 0111 d/sub/f; umask 077; cp -r d t; cp f new
    umask 0; cp -r d t; cp f new
    umask 0777; cp f new
    umask 027; cp -r d t; cp f g exec e
    rm d/fifo; ln d/f d/hard; cp -r d t
"""

PERMISSIONS = """
    secret new
    f secret g e
    f locked
    f locked/new
    locked/f new
    f closed/new
    f closed
    closed/f new
    -r d new
    -rv readonly new
    -r readonly locked
    f unwritable
    -r closed new
    -r f secret g e
    -v secret new
"""

NAMES = [b"new\nline", b"\x1b[31mred", b"caf\xe9", "café".encode(), b"-dash", b"a:b", b"sp ace", b"\xff\xfe", b"$x"]


def since(line):
    """Tell the version that first names the file, too, that a directory is in the way of."""
    return (9, 10) if "blocked" in line or "mkdir t/" in line else (0, 0)


def prepare(folder):
    """Make some of what a copy may meet, for the installed program."""
    for name in ("f", "g", "d/f", "d/sub/f"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"content of {name}\n")
    (folder / "e").mkdir()
    (folder / "d/soft").symlink_to("f")
    os.mkfifo(folder / "p")


@pytest.mark.parametrize("line", ["", *lines_of(FILES)])
def test_files_are_copied_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; cp {line}", since=since(line))


@pytest.mark.parametrize("names", ["'' e", "f ''", "''", "'' ''", "f '' e", "f g ''"])
def test_empty_names_are_told_as_gnu_does(cp_same, names):
    cp_same(f"{PREPARE}; cp {names}")


@pytest.mark.parametrize("line", lines_of(TREES))
def test_trees_are_copied_as_gnu_does(cp_same, line):
    cp_same(f"{PREPARE}; cp {line}", since=since(line))


@pytest.mark.parametrize("script", lines_of(IN_THE_WAY))
def test_what_is_in_the_way_and_modes_are_met_as_gnu_does(cp_same, script):
    # The older one names one file only where a directory is in the way.
    cp_same(f"{PREPARE}; {script}", since=since(script))


@pytest.mark.parametrize("line", ["-rv src new", "-rv src/ e", "-rv src/. e", "-av src new"])
def test_trees_are_told_in_gnus_order(cp_same, line):
    steps = ["mkdir e src"]
    for number in range(40):
        folder = f"src/{number % 4}/{number % 3}"
        steps += [f"mkdir {folder}", f"echo {number} > '{folder}/file {number * 7919 % 101}'"]
        steps.append(f"""ln -s nowhere "src/{number * 31 % 97}'" """)
    cp_same("; ".join([*steps, f"cp {line}"]), since=(0, 0))


@pytest.mark.parametrize("options", ["-rv", "-av", "-r"])
def test_failures_in_a_tree_are_told_in_gnus_order(cp_same, options):
    steps = [f"mkdir src/d{number}" for number in range(12)]
    steps += [f"echo x > src/d{number}/{name}" for number in range(12) for name in range(3)]
    steps += [f"chmod 0 src/d{number}/1" for number in range(12)]
    steps.append("chmod 0 src/d3 src/d7; chmod 400 src/d5; su nobody")
    cp_same("; ".join([*steps, f"cp {options} src new"]), since=(0, 0))


@pytest.mark.parametrize("line", lines_of(PERMISSIONS))
def test_permissions_are_met_as_gnu_does(cp_same, line):
    folders = "locked closed d readonly readonly/sub"
    files = "f g secret unwritable locked/f closed/f d/a d/secret readonly/sub/f"
    steps = [f"mkdir {folders} e", *(f"echo {name} > {name}" for name in files.split())]
    steps.append(
        "chmod 0 secret d/secret closed; chmod 444 unwritable; chmod 555 locked readonly/sub readonly; chmod 777 e"
    )
    steps.append(f"su nobody; chown 0:0 . {folders} {files} e")
    cp_same("; ".join([*steps, f"cp {line}"]), since=(0, 0))


@pytest.mark.parametrize("link", ["ln d/f t/d/f", "ln -s ../../d/f t/d/f"], ids=["hard link", "symbolic link"])
def test_a_tree_is_not_copied_over_its_own_files(cp_same, link):
    cp_same(f"{PREPARE}; mkdir -p t/d; {link}; cp -r d t", since=(0, 0))


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_names_are_quoted_as_gnu_does(aio, locale):
    def prepare_names(folder):
        for name in NAMES[::2]:
            with open(bytes(folder) + b"/" + name, "wb") as file:
                file.write(name)
        (folder / "e").mkdir()

    compare(aio, "cp", "-v", "--", *NAMES, "e", prepare=prepare_names, env={"LC_ALL": locale}, since=(9, 10), tree=True)


@pytest.mark.parametrize("name", NAMES)
def test_one_name_is_quoted_as_gnu_does(cp_same, name):
    cp_same(f"cp -- {shlex.quote(os.fsdecode(name))}")


@pytest.mark.parametrize("script", ["cp p new", "cp p g", "cp f p", "cp --copy-contents -r p new", "cp -f p g"])
def test_fifos_are_read_and_written_as_gnu_does(aio, script):
    other = f"timeout 100 cat {'p >got' if script == 'cp f p' else 'f >p'}"
    compare_script(aio, "cp", f"{other} & {script}; status=$?; wait; exit $status", prepare=prepare, tree=True)


def test_standard_descriptors_may_be_closed_as_with_gnu(aio):
    ours, theirs = both(aio, "cp", prepare=prepare)
    for script in ("cp f new <&- >&- 2>&-; echo $?", "cp -v f new >&- ; echo $?", "cp nope new 2>&-; echo $?"):
        results = [run_script(program, script) for program in (ours, theirs)]
        assert results[0].outcome() == results[1].outcome()
    assert tree_of(ours.cwd) == tree_of(theirs.cwd)


@pytest.mark.parametrize(
    "script", ["cp -v f nope e", "cp -rv d/sub nope e; cp -av d/sub e", "cp -x", "cp f f; cp d new; cp -n f g"]
)
def test_the_installed_program_does_what_its_warm_copy_does(aio, script):
    compare_script(aio, "cp", script, prepare=prepare, tree=True)
