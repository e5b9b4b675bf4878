"""The table of commands, the folder and the programs agree."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

import aiocli.commands
from aiocli.cli import load_command
from aiocli.commands import COMMANDS, OTHER_NAMES, _template
from aiocli.commands.hash import ALGORITHM_NAMES
from aiocli.engines.hash import ALGORITHMS
from aiocli.ui.command import GnuCommand, OwnOption
from tests.support.program import Program

FOLDER = Path(aiocli.commands.__file__).parent


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


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help_and_every_own_option_a_long_name(name: str) -> None:
    for param in load_command(name).params:
        if isinstance(param, click.Option) and not param.hidden:
            assert param.help, param.opts
            if isinstance(param, OwnOption):
                assert all(opt.startswith("--") for opt in param.opts)


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
