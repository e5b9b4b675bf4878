"""`aio completion SHELL`: what the real shells make of the scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess

import pytest

from aiocli.commands import COMMANDS, OTHER_NAMES
from aiocli.commands.completion import SHELLS
from tests.support.program import AIO, Program, environment
from tests.support.terminal import Terminal

LINKS = ("cat", "md5sum")
INSERT_ALL = b"\x14"  # Ctrl-T, bound below to what inserts all completions

# The functions show which words the shell would have run the program with.
SHOWING = "".join(f"{name}() {{ printf '<%s>' \"$@\"; echo ' end'; }}\n" for name in ("aio", *LINKS))

BASHRC = rf"""
PS1='ready> '
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind '"\C-t": insert-completions'
eval "$(aio completion bash {" ".join(LINKS)})"
{SHOWING}
"""

ZSHRC = rf"""
PS1='ready> '
unset zle_bracketed_paste
autoload -U compinit && compinit -u -D
zle -C all-matches complete-word _generic
bindkey '^T' all-matches
zstyle ':completion:all-matches:*' insert yes
zstyle ':completion:all-matches::::' completer _all_matches _complete
aio completion zsh {" ".join(LINKS)} > _aio && source ./_aio
{SHOWING}
"""


class Typed:
    """A shell on a terminal: completions are what it inserts into the line."""

    def __init__(self, command, cwd, env):
        self.terminal = Terminal(command, cwd, env)
        self.terminal.read_until(b"ready> ")

    def complete(self, line):
        self.terminal.type(line.encode() + INSERT_ALL + b"\n")
        shown = self.terminal.read_until(b"> end")
        words = re.findall(rb"<([^<>]*)>", shown[shown.rindex(b"\n", 0, shown.rindex(b"> end")) :])
        *before, last = line.split(" ")[1:]
        return {word.decode() for word in words[len(before) :]} - {last}

    def close(self):
        self.terminal.__exit__(None, None, None)


class Asked:
    """Fish, which tells what it would complete."""

    def __init__(self, cwd, env):
        self.cwd, self.env = cwd, environment(**env)
        self.run(f"aio completion fish {' '.join(LINKS)} > script")

    def complete(self, line):
        return {word for word, _, _ in (shown.partition("\t") for shown in self.shown(line))}

    def shown(self, line):
        return self.run("source script; complete -C $argv[1]", line).splitlines()

    def run(self, *script):
        command = ["fish", "--no-config", "-c", *script]
        done = subprocess.run(command, cwd=self.cwd, env=self.env, capture_output=True, check=True)
        assert done.stderr == b""
        return done.stdout.decode()

    def close(self):
        pass


@pytest.fixture(scope="module", params=SHELLS)
def shell(request, tmp_path_factory):
    """A shell that has loaded its script, in a directory that holds `notes.txt` and `-x`."""
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    for name in ("notes.txt", "-x"):
        (folder / name).touch()
    for name, content in ((".bashrc", BASHRC), (".zshrc", ZSHRC)):
        (folder / name).write_text(content)
    env = {"HOME": str(folder), "ZDOTDIR": str(folder), "PATH": f"{AIO.parent}:{os.environ['PATH']}"}
    if request.param == "bash":
        opened = Typed(["bash", "--noprofile", "--rcfile", ".bashrc", "-i"], folder, env)
    elif request.param == "zsh":
        opened = Typed(["zsh", "-d", "-i"], folder, env)
    else:
        opened = Asked(folder, env)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("aio ca", {"cat"}),
        ("aio c", {"cat", "cp", "completion"}),
        ("aio --vers", {"--version"}),
        ("aio --backend u", {"uring"}),
        ("aio --backend=u", {"--backend=uring"}),
        ("aio --backend uring ca", {"cat"}),
        ("aio --backend=uring do", {"doctor"}),
        ("aio cat --numb", {"--number", "--number-nonblank"}),
        ("aio --backend uring cat --show-e", {"--show-ends"}),
        ("aio cat --backend th", {"thread"}),
        ("aio cat --backend=th", {"--backend=thread"}),
        ("aio cat --color=n", {"--color=never"}),
        ("aio cp --progress=al", {"--progress=always"}),
        ("aio hash -a sha3-3", {"sha3-384"}),
        ("aio hash -a md5,blake2", {"md5,blake2b", "md5,blake2s"}),
        ("aio hash --algorithm=md5,sha38", {"--algorithm=md5,sha384"}),
        ("aio hash --alg", {"--algorithm"}),
        ("aio cat no", {"notes.txt"}),
        ("aio cat -n notes.txt no", {"notes.txt"}),
        ("aio cat --backend=uring no", {"notes.txt"}),
        ("aio cp cat --recur", {"--recursive"}),
        ("aio tail -n no", set()),
        ("aio tail --lines=no", set()),
        ("aio cat --backend no", set()),
        ("aio cat -- --numb", set()),
        ("aio cat -- no", {"notes.txt"}),
        ("aio cat -- -", {"-x"}),
        ("aio no-such --numb", set()),
        ("aio help do", {"doctor"}),
        ("aio completion z", {"zsh"}),
        ("md5sum --che", {"--check"}),
        ("md5sum no", {"notes.txt"}),
        ("md5sum --alg", set()),
        ("cat --number-", {"--number-nonblank"}),
    ],
)
def test_shell_completes(shell, line, expected):
    assert shell.complete(line) == expected


def test_bash_that_keeps_equals_signs_in_words_completes_values(shell):
    if not isinstance(shell, Typed) or shell.terminal.command[0] != "bash":
        return
    shell.terminal.type(b"breaks=$COMP_WORDBREAKS COMP_WORDBREAKS=${COMP_WORDBREAKS//=}; aio\n")
    shell.terminal.read_until(b"> end")
    assert shell.complete("aio cat --backend=u") == {"--backend=uring"}
    assert shell.complete("aio hash --algorithm=md5,sha38") == {"--algorithm=md5,sha384"}
    assert shell.complete("aio cat --backend=uring no") == {"notes.txt"}
    shell.terminal.type(b"COMP_WORDBREAKS=$breaks; aio\n")
    shell.terminal.read_until(b"> end")


def test_zsh_and_fish_describe(shell):
    if isinstance(shell, Asked):
        assert "--number\tNumber all output lines" in shell.shown("aio cat --number")
        assert "cp\tCopy files and directories" in shell.shown("aio c")
    elif shell.terminal.command[0] == "zsh":
        shell.terminal.type(b"aio cat --numb\t\t")
        shell.terminal.read_until(b"Number all output lines")
        shell.terminal.type(b"\x15aio c\t\t")  # Ctrl-U: the line is gone
        shell.terminal.read_until(b"Copy files and directories")
        shell.terminal.type(b"\x15")
    else:
        assert shell.terminal.command[0] == "bash"  # which shows names alone


@pytest.mark.parametrize("shell_name", SHELLS)
def test_script_is_the_same_each_time_and_names_all_commands(aio: Program, shell_name: str) -> None:
    status, out, err = aio("completion", shell_name).outcome()
    assert (status, err) == (0, b"")
    assert aio("completion", shell_name).stdout == out
    for name in COMMANDS:
        assert name.encode() in out
    assert b"md5sum" not in out
    assert b"md5sum" in aio("completion", shell_name, *OTHER_NAMES).stdout


@pytest.mark.parametrize("shell_name", SHELLS)
def test_shell_accepts_the_script(aio: Program, shell_name: str) -> None:
    if shutil.which(shell_name) is None:
        pytest.skip(f"{shell_name} is not installed")
    script = aio("completion", shell_name, *OTHER_NAMES).stdout
    (aio.cwd / "script").write_bytes(script)
    done = subprocess.run([shell_name, "-n", "script"], cwd=aio.cwd, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "missing shell; there are: bash, zsh, fish"),
        (("tcsh",), "unknown shell 'tcsh'; there are: bash, zsh, fish"),
        (("bash", "ls"), "aio is nothing under the name 'ls'; there are: cat, cp, "),
    ],
)
def test_wrong_usage_ends_with_2(aio: Program, args: tuple[str, ...], message: str) -> None:
    result = aio("completion", *args)
    assert (result.status, result.stdout) == (2, b"")
    assert result.stderr.startswith(f"aio completion: {message}".encode())
    assert result.stderr.endswith(b"Try 'aio completion --help' for more information.\n")
