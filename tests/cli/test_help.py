"""--help, `aio help`, its examples, colours, and what was meant by wrong names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from aiocli.cli import group
from aiocli.commands import COMMANDS, OTHER_NAMES, load_command
from aiocli.ui.help_facts import examples, sections
from tests.support.program import Program
from tests.support.terminal import Terminal

USAGE = 2
ESCAPES = re.compile(rb"\x1b\[[0-9;]*m")
HELPS = {"aio": ("--help",), **{name: (name, "--help") for name in COMMANDS}}
TIMES = ("0.5", "5", "50")
"""Seconds that an example gives itself, and how many it gets instead where the machine was too busy for that."""
EXAMPLES = [
    pytest.param(example, id=f"{path} {number}")
    for path, command in [
        ("aio", group),
        *((f"aio {name}", load_command(name)) for name in COMMANDS),
        *((name, load_command(name)) for name in OTHER_NAMES),
    ]
    for number, example in enumerate(examples(command, path))
]


def pattern_of(output: str) -> str:
    """A line of three dots stands for any lines, three dots in a line for anything."""
    lines = re.sub(r"^\.\.\.\n", "\0", output, flags=re.MULTILINE)
    return re.escape(lines).replace("\0", "(?:.*\n)*").replace(re.escape("..."), ".*")


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_prints_what_is_shown(aio, example):
    for name, content in example.files:
        (aio.cwd / name).parent.mkdir(parents=True, exist_ok=True)
        (aio.cwd / name).write_text(content)
    for name in ("aio", *OTHER_NAMES):
        folder = aio.link(name).path.parent
    env = {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(aio.cwd)}
    bash = Program(aio.cwd, Path("/bin/bash"))
    for seconds in TIMES if TIMES[0] in example.command else TIMES[:1]:
        command, output = (text.replace(TIMES[0], seconds) for text in (example.command, example.output))
        result = bash("-c", f"exec 2>&1; {command}", env=env)
        if is_as_shown := re.fullmatch(pattern_of(output), result.stdout.decode()):
            break
    assert result.status == 0, result
    assert is_as_shown, result


@pytest.mark.parametrize("name", [*COMMANDS, *OTHER_NAMES])
def test_help_shows_options_examples_statuses_and_variables(aio, name):
    command = load_command(name)
    text = (aio("help", name) if name in COMMANDS else aio.link(name)("--help")).stdout.decode()
    flowing = " ".join(text.split())
    for title, options in sections(command):
        assert f"\n{title}:\n" in text
        for option in options:
            assert f"  {option.term}" in text
            assert " ".join(option.text.split()) in flowing
    for example in examples(command, f"aio {name}" if name in COMMANDS else name):
        assert f"    $ {example.command}\n" in text
        assert all(f"    {line.expandtabs()}\n" in text for line in example.output.splitlines())
    for heading in ("Usage:", "\nExamples:\n", "\nExit status:\n", "\nEnvironment:\n"):
        assert heading in text


@pytest.mark.parametrize("name", COMMANDS)
def test_help_command_prints_what_the_option_prints(aio, name):
    expected = aio(name, "--help").outcome()
    assert expected[0] == 0
    assert aio("help", name).outcome() == expected


def test_help_alone_is_the_help_of_aio(aio):
    assert aio("help").outcome() == aio("--help").outcome()


@pytest.mark.parametrize("name", [name for name in OTHER_NAMES if name not in COMMANDS])
def test_help_of_another_name_is_that_of_its_link(aio, name):
    assert aio("help", name).outcome() == aio.link(name)("--help").outcome()


@pytest.mark.parametrize("columns", [40, 60, 80, 100])
@pytest.mark.parametrize("args", HELPS.values(), ids=HELPS)
def test_lines_fit_the_columns(aio, args, columns):
    text = aio(*args, env={"COLUMNS": str(columns)}).stdout.decode()
    prose, _, rest = text.partition("\nExamples:\n")
    for line in [*prose.splitlines(), *rest.partition("\nExit status:\n")[2].splitlines()]:
        assert len(line) <= columns or " " not in line.strip() or line.strip().startswith("-"), line


@pytest.mark.parametrize(
    ("columns", "expected"), [("", 80), ("0", 80), ("1", 40), ("200", 100), ("80x", 80), ("-5", 80)]
)
def test_columns_out_of_reason_are_brought_back(aio, columns, expected):
    wanted = aio("cat", "--help", env={"COLUMNS": str(expected)})
    assert aio("cat", "--help", env={"COLUMNS": columns}).stdout == wanted.stdout


@pytest.mark.parametrize(("columns", "expected"), [(50, 50), (90, 90), (0, 80)])
def test_help_is_as_wide_as_the_terminal(aio, columns, expected):
    expected = aio("hash", "--help", env={"COLUMNS": str(expected)}).stdout
    with Terminal([str(aio.path), "hash", "--help"], aio.cwd, {"TERM": "dumb"}, columns=columns) as terminal:
        assert terminal.read_all().replace(b"\r\n", b"\n") == expected


COLORED = [
    ({}, True),
    ({"TERM": "dumb"}, False),
    ({"NO_COLOR": "1"}, False),
    ({"NO_COLOR": ""}, True),
    ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ({"FORCE_COLOR": "1", "TERM": "dumb"}, True),
]


@pytest.mark.parametrize(("env", "is_colored"), COLORED)
def test_help_on_a_terminal_is_coloured_if_the_environment_does_not_mind(aio, env, is_colored):
    with Terminal([str(aio.path), "cat", "--help"], aio.cwd, env) as terminal:
        shown = terminal.read_all().replace(b"\r\n", b"\n")
    assert (b"\x1b[" in shown) == is_colored
    assert ESCAPES.sub(b"", shown) == aio("cat", "--help").stdout


@pytest.mark.parametrize(
    ("env", "is_colored"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_help_in_a_pipe_is_coloured_only_if_that_is_forced(aio, env, is_colored):
    assert (b"\x1b[" in aio("cat", "--help", env=env).stdout) == is_colored
    assert (b"\x1b[" in aio.link("md5sum")("--help", env=env).stdout) == is_colored


@pytest.mark.parametrize(
    "line",
    [
        ["--color=always", "--help"],
        ["--color", "--help"],
        ["--help", "--color"],
        ["--color=always", "help"],
        ["--color=always", "help", "cat"],
        ["--color=always", "cat", "--help"],
        ["--color=never", "cat", "--color", "--help"],
        ["cat", "--color=always", "--help"],
        ["cat", "--help", "--color=always"],
        ["cat", "--color=never", "--help", "--color=always"],
        ["help", "--color=always", "cat"],
        ["help", "cat", "--color=always"],
        ["help", "--color=always", "md5sum"],
        ["help", "--color=always"],
    ],
    ids=" ".join,
)
def test_option_colours_help_against_the_environment(aio, line):
    never = [
        word.replace("always", "never") if "=" in word else word.replace("--color", "--color=never") for word in line
    ]
    shown, plain = aio(*line, env={"NO_COLOR": "1"}), aio(*never, env={"FORCE_COLOR": "1"})
    assert (shown.status, plain.status) == (0, 0)
    assert b"\x1b[" in shown.stdout
    assert b"\x1b[" not in plain.stdout
    assert ESCAPES.sub(b"", shown.stdout) == plain.stdout


@pytest.mark.parametrize(("line", "program"), [(["--color=x", "cat"], "aio"), (["cat", "--color=x"], "aio cat")])
def test_wrong_word_for_colour_is_told(aio, line, program):
    message = f"{program}: invalid argument 'x' for '--color'; valid arguments are: auto, always, never\n"
    assert aio(*line).outcome() == (1, b"", message.encode())


def test_colour_option_leaves_data_alone(aio):
    assert aio("cat", "--color=always", stdin=b"data\n").outcome() == (0, b"data\n", b"")
    assert aio.link("md5sum")("--color").status == 1  # GNU's names have GNU's options alone


@pytest.mark.parametrize(
    ("name", "meant"),
    [("cta", "aio cat"), ("CAT", "aio cat"), ("hahs", "aio hash"), ("comp", "aio completion"), ("md5sum", "aio hash")],
)
def test_unknown_command_is_told_with_what_was_meant(aio, name, meant):
    message = f"'{name}' is not an aio command\nTry 'aio{{}} --help' for more information.\nDid you mean '{{}}'?\n"
    assert aio(name).outcome() == (USAGE, b"", f"aio: {message.format('', meant)}".encode())
    if name not in OTHER_NAMES:
        wanted = message.format(" help", meant.replace("aio", "aio help"))
        assert aio("help", name).outcome() == (USAGE, b"", f"aio help: {wanted}".encode())


@pytest.mark.parametrize("name", ["no-such", "", "x", "ls", "\x1b[31m"])
def test_unknown_command_that_is_like_none_is_told_alone(aio, name):
    assert b"Did you mean" not in aio(name).stderr
    assert b"Did you mean" not in aio("help", "" if name else "no-such").stderr


@pytest.mark.parametrize(
    ("line", "meant", "status"),
    [
        (["cat", "--nubmer"], "--number", 1),
        (["cat", "--backen"], "--backend", 1),
        (["cat", "--backend-=uring"], "--backend", 1),
        (["cp", "--recusive"], "--recursive", 1),
        (["cp", "--prog=always"], "--progress", 1),
        (["hash", "--algoritm", "md5"], "--algorithm", 1),
        (["doctor", "--jsn"], "--json", USAGE),
        (["--backnd=x", "cat"], "--backend", USAGE),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_unknown_option_is_told_in_gnus_words_and_then_what_was_meant(aio, line, meant, status):
    result = aio(*line)
    program = "aio" if line[0].startswith("-") else f"aio {line[0]}"
    wrong = next(word for word in line if word.startswith("--"))
    text = f"{program}: unrecognized option '{wrong}'\nTry '{program} --help' for more information.\n"
    assert result.outcome() == (status, b"", f"{text}Did you mean '{meant}'?\n".encode())


@pytest.mark.parametrize("option", ["--frobnicate", "--x", "--=", "--\x1b[31m"])
def test_unknown_option_that_is_like_none_is_told_alone(aio, option):
    assert b"Did you mean" not in aio("cat", option).stderr


def test_links_say_what_gnu_says_and_no_more(aio):
    expected = b"cat: unrecognized option '--nubmer'\nTry 'cat --help' for more information.\n"
    assert aio.link("cat")("--nubmer").outcome() == (1, b"", expected)


def test_help_takes_one_command(aio):
    expected = b"aio help: extra operand 'cp'\nTry 'aio help --help' for more information.\n"
    assert aio("help", "cat", "cp").outcome() == (USAGE, b"", expected)


@pytest.mark.parametrize("source", ["cli.py", "ui/color.py"])
def test_variables_that_are_read_are_told(source):
    import aiocli
    from aiocli.commands import COMMANDS, load_command
    from aiocli.ui.help import BACKEND_VARIABLES
    from aiocli.ui.help_facts import COMMON_VARIABLES

    text = (Path(aiocli.__file__).parent / source).read_text()
    read = set(re.findall(r'environ\.get\("(\w+)"|"(\w+)" in environ', text))
    names = {first or second for first, second in read} - {"LC_ALL", "LC_CTYPE", "LANG"}
    assert names
    told = [term for name in COMMANDS for term in load_command(name).manual.environment]
    assert names <= {name for name, _ in (*told, *BACKEND_VARIABLES, *COMMON_VARIABLES)}
