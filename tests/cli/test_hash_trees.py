"""What `aio hash` reads beyond its operands: trees, and files that lists name."""

from __future__ import annotations

import hashlib
import os
import subprocess

import pytest

from tests.support.gnu import gnu, run_gnu
from tests.support.privileges import unprivileged
from tests.support.program import Started

WORDS = b"is no regular file, passed over"


@pytest.fixture
def tree(aio):
    """Make a small tree in the program's directory."""
    for name in ("src/a.c", "src/a.o", "src/build/b.o", "src/sub/c.c", "src/sub/keep.o", "src-more"):
        path = aio.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return aio.cwd


def line_of(tree, name):
    return (
        f"{hashlib.sha256((tree / os.fsdecode(name)).read_bytes()).hexdigest()}  ".encode() + os.fsencode(name) + b"\n"
    )


def lines_of(tree, *names):
    return b"".join(line_of(tree, name) for name in names)


def test_trees_are_read_in_the_order_of_names_between_other_operands(aio, tree):
    result = aio("hash", "-r", "src-more", "src", "src/a.c")
    names = ("src-more", "src/a.c", "src/a.o", "src/build/b.o", "src/sub/c.c", "src/sub/keep.o", "src/a.c")
    assert result.outcome() == (0, lines_of(tree, *names), b"")


def test_list_of_a_tree_checks(aio, tree):
    for name in (b"new\nline", b"back\\slash", b"\xff"):
        with open(os.fsencode(tree) + b"/src/" + name, "wb") as file:
            file.write(name)
    (tree / "list").write_bytes(aio("hash", "-r", "-a", "md5,sha1", "src").stdout)
    assert aio("hash", "-c", "--quiet", "list").outcome() == (0, b"", b"")


def test_many_files_come_in_order(aio):
    names = sorted(f"d{number % 7}/s{number % 11}/{number}" for number in range(1500))
    for name in names:
        path = aio.cwd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    assert aio("hash", "-r", *(f"d{number}" for number in range(7))).outcome() == (0, lines_of(aio.cwd, *names), b"")


def test_without_operand_the_current_directory_is_read(aio, tree):
    assert aio("hash", "-r", "--exclude=src/").outcome() == (0, line_of(tree, "./src-more"), b"")
    assert aio("hash", "-r", ".", "--exclude=src/").stdout == line_of(tree, "./src-more")


def test_standard_input_is_read_between_trees(aio, tree):
    digest = hashlib.sha256(b"standard input").hexdigest().encode()
    result = aio("hash", "-r", "src/build", "-", stdin=b"standard input")
    assert result.outcome() == (0, line_of(tree, "src/build/b.o") + digest + b"  -\n", b"")


def test_directory_is_refused_unless_trees_are_asked_for(aio, tree):
    result = aio("hash", "src", "src-more")
    assert result.outcome() == (1, line_of(tree, "src-more"), b"aio hash: src: Is a directory\n")


def test_empty_tree_is_no_failure(aio):
    (aio.cwd / "empty").mkdir()
    assert aio("hash", "-r", "empty").outcome() == (0, b"", b"")


def test_what_is_missing_is_told_in_its_turn(aio, tree):
    result = aio("hash", "-r", "src/build", "gone", "src-more")
    expected = lines_of(tree, "src/build/b.o", "src-more")
    assert result.outcome() == (1, expected, b"aio hash: gone: No such file or directory\n")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--exclude=*.o",), ["a.c", "sub/c.c"]),
        (("--exclude", "*.o", "--include", "keep.o"), ["a.c", "sub/c.c", "sub/keep.o"]),
        (("--include", "keep.o", "--exclude", "*.o"), ["a.c", "sub/c.c"]),
        (("--exclude=/sub", "--exclude=/*.o"), ["a.c", "build/b.o"]),
        (("--exclude=*", "--include=*/", "--include=*.c"), ["a.c", "sub/c.c"]),
    ],
)
def test_patterns_say_what_is_read(aio, tree, options, expected):
    result = aio("hash", "-r", *options, "src")
    assert result.outcome() == (0, lines_of(tree, *(f"src/{name}" for name in expected)), b"")


def test_files_named_on_the_command_line_are_read_whatever_the_patterns(aio, tree):
    assert aio("hash", "-r", "--exclude=*.o", "src/a.o").stdout == line_of(tree, "src/a.o")


def test_what_is_no_pattern_is_refused_before_anything_is_read(aio, tree):
    for pattern, shown in (("\\", r"\\"), ("[b-a]", "[b-a]")):
        message = f"aio hash: invalid pattern: '{shown}'\n".encode()
        assert aio("hash", "-r", f"--exclude={pattern}", "src").outcome() == (1, b"", message)


def test_what_git_ignores_is_left_out_if_asked_for(aio, tree):
    (tree / "src/.git").mkdir()
    (tree / "src/.git/config").touch()
    (tree / "src/.gitignore").write_text("*.o\n")
    (tree / "src/sub/.gitignore").write_text("!keep.o\n")
    names = ("src/.gitignore", "src/a.c", "src/sub/.gitignore", "src/sub/c.c", "src/sub/keep.o")
    assert aio("hash", "-r", "--gitignore", "src").outcome() == (0, lines_of(tree, *names), b"")
    result = aio("hash", "-r", "--gitignore", "--include=b.o", "--exclude=sub", "--exclude=.*", "src")
    assert result.stdout == lines_of(tree, "src/a.c", "src/build/b.o")


@pytest.fixture
def linked(tree):
    """Links to a file and to directories, in a tree and beside it."""
    (tree / "to-sub").symlink_to("src/sub")
    (tree / "to-file").symlink_to("src-more")
    (tree / "src/sub/to-file").symlink_to("c.c")
    (tree / "src/sub/up").symlink_to("..")
    return tree


@pytest.mark.parametrize("options", [(), ("-H",), ("-P", "-H"), ("-L", "-H")])
def test_links_are_followed_where_they_are_named(aio, linked, options):
    result = aio("hash", "-r", *options, "to-sub", "to-file")
    assert result.outcome() == (0, lines_of(linked, "to-sub/c.c", "to-sub/keep.o", "to-file"), b"")


@pytest.mark.parametrize("option", ["-L", "--dereference"])
def test_all_links_are_followed_if_asked_for_and_loops_are_told(aio, linked, option):
    result = aio("hash", "-r", "-P", option, "--exclude=build", "src")
    names = ["a.c", "a.o", "sub/c.c", "sub/keep.o", "sub/to-file"]
    message = b"aio hash: src/sub/up: warning: recursive directory loop\n"
    assert result.outcome() == (0, lines_of(linked, *(f"src/{name}" for name in names)), message)


def test_no_links_are_followed_if_asked_for(aio, linked):
    result = aio("hash", "-rP", "to-sub", "to-file", "src/build")
    messages = b"".join(b"aio hash: %s: is a symbolic link, passed over\n" % name for name in (b"to-sub", b"to-file"))
    assert result.outcome() == (0, line_of(linked, "src/build/b.o"), messages)


def test_what_is_no_file_is_passed_over_with_a_note(aio, tree):
    os.mkfifo(tree / "src/build/fifo")
    result = aio("hash", "-r", "src/build")
    assert result.outcome() == (0, line_of(tree, "src/build/b.o"), b"aio hash: src/build/fifo: %s\n" % WORDS)


def test_named_fifo_is_read(aio):
    os.mkfifo(aio.cwd / "fifo")
    with Started(["sh", "-c", "printf content >fifo"], cwd=aio.cwd):
        result = aio("hash", "fifo")
    assert result.outcome() == (0, hashlib.sha256(b"content").hexdigest().encode() + b"  fifo\n", b"")


def test_directory_that_may_not_be_read_is_a_failure_and_the_rest_goes_on(aio, tree):
    prefix = unprivileged()
    tree.parent.chmod(0o755)
    tree.chmod(0o755)
    (tree / "src/build").chmod(0)
    result = aio("hash", "-r", "--exclude=*.o", "src", prefix=prefix)
    expected = lines_of(tree, "src/a.c", "src/sub/c.c")
    assert result.outcome() == (1, expected, b"aio hash: src/build: Permission denied\n")


@pytest.mark.parametrize("is_option", [False, True])
def test_file_that_digests_go_to_is_no_part_of_the_tree(aio, tree, is_option):
    message = b"aio hash: src/sums: is the output, passed over\n"
    (tree / "src/sums").write_bytes(b"old")
    if is_option:
        result = aio("hash", "-r", "-o", "src/sums", "src")
    else:
        with open(tree / "src/sums", "wb") as output:
            result = aio("hash", "-r", "src", stdout=output)
    assert (result.status, result.stderr) == (0, message)
    assert aio("hash", "-c", "src/sums").stdout.count(b": OK\n") == 5


@pytest.mark.parametrize("source", ["list", "-"])
@pytest.mark.parametrize(("option", "end"), [("--files-from", b"\n"), ("--files0-from", b"\0")])
def test_names_come_from_a_list(aio, tree, source, option, end):
    names = [b"src/a.c", b"src/a.o", b" blank", b"\xff"]
    for name in names[2:]:
        with open(os.fsencode(tree) + b"/" + name, "wb") as file:
            file.write(name)
    listed = end.join(names)
    (tree / "list").write_bytes(listed)
    result = aio("hash", f"{option}={source}", stdin=listed)
    assert result.outcome() == (0, lines_of(tree, *names), b"")
    assert aio("hash", option, source, stdin=listed + end).stdout == result.stdout


def test_names_from_a_list_may_be_trees(aio, tree):
    assert aio("hash", "--files-from=-", stdin=b"src/build\n").outcome() == (
        1,
        b"",
        b"aio hash: src/build: Is a directory\n",
    )
    assert aio("hash", "-r", "--files-from=-", stdin=b"src/build\n").stdout == line_of(tree, "src/build/b.o")


def test_list_without_names_reads_nothing(aio):
    assert aio("hash", "--files-from=-").outcome() == (0, b"", b"")


@pytest.mark.parametrize("source", ["list", "-", "gone", "src", "/dev/null"])
def test_lists_that_are_wrong_are_told_as_gnu_wc_does(aio, tree, source):
    listed = b"src/a.c\0\0-\0src/a.o\0\0"
    (tree / "list").write_bytes(listed)
    with open(tree / "list", "rb") as file:
        ours = aio("hash", f"--files0-from={source}", stdin=file.fileno())
    with open(tree / "list", "rb") as file:
        theirs = subprocess.run(
            ["wc", f"--files0-from={source}"],
            executable=gnu("wc"),
            cwd=tree,
            env={"LC_ALL": "C"},
            stdin=file,
            capture_output=True,
            check=False,
        )
    told = theirs.stderr.replace(b"from stdin,", b"from standard input,")  # as 9.1 says it
    assert ours.stderr == told.replace(b"wc: ", b"aio hash: ")
    assert ours.status == theirs.returncode
    assert ours.stdout.count(b"src/a") == theirs.stdout.count(b"src/a")


def test_operands_beside_a_list_are_too_many(aio, tree):
    result = aio("hash", "--files0-from=-", "src/a.c", "src/a.o", stdin=b"src-more\0")
    theirs = run_gnu("wc", "--files0-from=-", "src/a.c", "src/a.o", cwd=tree)
    ours = result.stderr.replace(b"Try 'aio hash ", b"Try 'wc ").replace(b"aio hash: ", b"wc: ")
    assert (result.status, ours) == (theirs.returncode, theirs.stderr)


def test_one_list_is_enough(aio):
    result = aio("hash", "--files-from=a", "--files0-from=b")
    assert result.outcome() == (1, b"", b"aio hash: cannot combine --files-from and --files0-from\n")


@pytest.mark.parametrize("options", [("--progress=always",), ("--json",)])
def test_names_that_come_through_a_pipe_are_not_counted_away(aio, tree, options):
    script = f"exec {aio.path} hash {' '.join(options)} --files-from=/dev/fd/3 3<&0"
    names = b"".join(name + b"\n" for name in (b"src/a.c", b"src/a.o", b"src-more") * 200)
    result = subprocess.run(["sh", "-c", script], cwd=tree, input=names, capture_output=True, check=False, timeout=60)
    assert result.returncode == 0
    assert result.stdout.count(b"src-more") == 200
