"""The table of commands, the folder and the programs agree."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import aiocli.commands
from aiocli.cli import group
from aiocli.commands import COMMANDS, OTHER_NAMES, _template, load_command
from aiocli.commands.completion import SHELLS
from aiocli.commands.hash import ALGORITHM_NAMES
from aiocli.engines.hash import ALGORITHMS
from aiocli.ui.command import GnuCommand, GnuOption, OwnOption
from aiocli.ui.getopt import Argument
from aiocli.ui.help_facts import sections
from tests.support.program import Program

FOLDER = Path(aiocli.commands.__file__).parent
ALL = {
    "aio": group,
    "template": _template.command,
    **{name: load_command(name) for name in [*COMMANDS, *OTHER_NAMES]},
}


def test_table_and_folder_name_the_same_commands() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py") if not path.stem.startswith("_")}
    assert modules == set(COMMANDS)


def test_other_names_lead_to_commands_of_the_table() -> None:
    assert set(OTHER_NAMES.values()) <= set(COMMANDS)


@pytest.mark.parametrize("name", [*COMMANDS, *OTHER_NAMES])
def test_command_is_parsed_by_gnu_rules_and_says_what_it_does(name: str) -> None:
    command = load_command(name)
    assert isinstance(command, GnuCommand)
    assert command.name == name
    assert command.help


def test_template_is_a_command() -> None:
    assert isinstance(_template.command, GnuCommand)


@pytest.mark.parametrize("command", ALL.values(), ids=ALL)
def test_every_option_has_help_and_every_own_option_a_long_name(command: GnuCommand) -> None:
    for param in command.params:
        if isinstance(param, click.Option) and not param.hidden:
            assert isinstance(param, GnuOption), f"{param.opts}: declare it with option() or flag() of ui.command"
            assert param.help, param.opts
            assert param.help.endswith("."), param.opts
            if isinstance(param, OwnOption):
                assert all(opt.startswith("--") for opt in param.opts)


@pytest.mark.parametrize("command", ALL.values(), ids=ALL)
def test_every_value_has_a_name_and_short_lists_of_values_are_told(command: GnuCommand) -> None:
    for section in sections(command):
        for option in section.options:
            if option.argument is not Argument.NONE:
                assert option.metavar == option.metavar.upper() != "VALUE", option
            assert all(value in option.text for value in option.values), option


@pytest.mark.parametrize("command", ALL.values(), ids=ALL)
def test_manual_has_examples_and_statuses(command: GnuCommand) -> None:
    manual = command.manual
    assert manual.examples
    assert {"0", "1"} <= {code for code, _ in manual.exit_status}
    for text in [meaning for _, meaning in manual.exit_status + manual.environment]:
        assert text.endswith(".")
    assert all(text.isascii() for example in manual.examples for text in example[:3])
    assert not any(example.purpose.endswith((".", ":")) for example in manual.examples)
    assert all(command.name == "aio" or f"aio {command.name}" in example.command for example in manual.examples)


def test_every_shell_has_a_module() -> None:
    folder = FOLDER.parent / "ui"
    assert {path.stem.partition("_")[2] for path in folder.glob("completion_*.py")} == set(SHELLS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_shows_the_table_summary_command(aio: Program, name: str) -> None:
    result = aio(name, "--help")
    assert (result.status, result.stderr) == (0, b""), result
    assert result.stdout.startswith(f"Usage: aio {name}".encode()), result
    assert aio(name, "-h").stdout == result.stdout


def test_group_help_lists_every_command_with_its_summary(aio: Program) -> None:
    text = " ".join(aio("--help").stdout.decode().split())
    for name, summary in COMMANDS.items():
        assert f"{name} {summary}" in text


def test_help_of_hash_names_the_engines_algorithms() -> None:
    assert tuple(ALGORITHMS) == ALGORITHM_NAMES
