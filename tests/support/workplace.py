"""Scripts that prepare a directory and run programs there, each without a shell, so that thousands take seconds.

A script is commands with semicolons between: `mkdir d; echo hi > d/f; chmod 600 d/f; umask 077; cp -r d new`. Most are
a shell's, with the few options that tests need; these are the workplace's own:

    su nobody                       give all to nobody, and run programs as that user from here on (if we are root)
    answer LINE...                  what programs can read from standard input
    mksock NAME                     make a socket
    fill NAME OFFSET LENGTH LETTER  write the letter, or `zero`, into a file
    setfacl SPEC NAME               SPEC is `u:NUMBER:PERMISSIONS`; behind `d:` for the default list of a directory
    mount NAME                      mount an empty tmpfs on a directory until the end of the script

When the first program runs, all that is there gets the same old time, but for what `touch -d` has dated. `$PWD` is the
directory. Every other command is a program.
"""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import struct
import subprocess
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.support.privileges import NOBODY
from tests.support.trees import Tree, dated_tree_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.warm import Answer

OLD_NS = 1_000_000_000_123_456_789
SECOND_NS = 10**9
_NO_ID = 0xFFFFFFFF


class Job(NamedTuple):
    """One run of a program that a script asks for."""

    words: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    stdin: bytes
    umask: int
    user: int | None


class ScriptOutcome(NamedTuple):
    """What the programs of a script did.

    Attributes:
        answers: command lines, and what came of them.
        tree: the directory that they left.
        seen: what was asked to be looked at there, too.
    """

    answers: tuple[tuple[str, Answer], ...]
    tree: Tree
    seen: Any


def run_steps(
    script: str, folder: Path, run: Callable[[Job], Answer], look: Callable[[Path], Any] | None = None
) -> ScriptOutcome:
    """Make the folder, run a script in it, describe what it left, and remove it.

    Args:
        script: see the module.
        folder: does not exist; it and its parent must be passable for everybody.
        run: runs a program.
        look: looks at the folder in the end.
    """
    folder.mkdir()
    folder.chmod(0o777)
    workplace = Workplace(os.fspath(folder), run)
    try:
        for words in _parse(script):
            workplace.do(words)
        tree = dated_tree_of(folder, read_before=workplace.names)
        return ScriptOutcome(tuple(workplace.answers), tree, look and look(folder))
    finally:
        workplace.clear()


@cache
def _parse(script: str) -> list[tuple[str, ...]]:
    lexer = shlex.shlex(script, posix=True, punctuation_chars=";")
    lexer.whitespace_split = True
    lexer.commenters = ""
    steps: list[list[str]] = [[]]
    for word in lexer:
        if word == ";":
            steps.append([])
        else:
            steps[-1].append(word)
    return [tuple(step) for step in steps if step]


class Workplace:
    """A directory in which a script is run.

    Attributes:
        folder: its path.
        run: runs a program.
        answers: command lines of programs, and what came of them.
        names: of what was there when the first program ran.
    """

    def __init__(self, folder: str, run: Callable[[Job], Answer]) -> None:
        self.folder = folder
        self.run = run
        self.answers: list[tuple[str, Answer]] = []
        self.names: set[str] = set()
        self._dates: list[tuple[str, int]] = []
        self._owners: list[tuple[str, int, int]] = []
        self._mounts: list[str] = []
        self._stdin = b""
        self._umask = 0o022
        self._user: int | None = None

    def do(self, words: tuple[str, ...]) -> None:
        """Do one step."""
        name, *args = (word.replace("$PWD", self.folder) for word in words)
        step = getattr(self, f"do_{name}", None)
        if step is not None:
            step(*args)
        else:
            self._program(name, *args)

    def clear(self) -> None:
        """Remove everything."""
        for path in reversed(self._mounts):
            subprocess.run(["umount", "--lazy", path], check=True)
        if os.geteuid() != 0:
            for head, _, _ in os.walk(self.folder):
                os.chmod(head, 0o700)
        shutil.rmtree(self.folder)

    def _program(self, *words: str) -> None:
        if not self.names:
            self._make_old()
        env = {}
        while "=" in words[0]:
            key, _, env[key] = words[0].partition("=")
            words = words[1:]
        job = Job(words, self.folder, env, self._stdin, self._umask, self._user)
        self.answers.append((shlex.join(words), self.run(job)))

    def _make_old(self) -> None:
        paths = [self.folder]
        for head, folders, files in os.walk(self.folder):
            paths += [os.path.join(head, name) for name in (*folders, *files)]
        self.names = {os.path.relpath(path, self.folder) for path in paths}
        for path in paths:
            if self._user is not None:
                self._set_owner(path, self._user, self._user)
        for name, user, group in self._owners:
            self._set_owner(name, user, group)
        for path in reversed(paths):
            os.utime(path, ns=(OLD_NS + SECOND_NS, OLD_NS), follow_symlinks=False)
        for name, date_ns in self._dates:
            self._set_date(name, date_ns)

    def _path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def _set_date(self, name: str, date_ns: int) -> None:
        os.utime(self._path(name), ns=(date_ns + SECOND_NS, date_ns), follow_symlinks=False)

    def _set_owner(self, name: str, user: int, group: int) -> None:
        path = self._path(name)
        mode = os.lstat(path).st_mode
        os.chown(path, user, group, follow_symlinks=False)
        if not stat.S_ISLNK(mode):
            os.chmod(path, stat.S_IMODE(mode))  # chown takes the set-id bits away

    def do_mkdir(self, *names: str) -> None:
        for name in names:
            if name != "-p":
                os.makedirs(self._path(name), exist_ok=True)

    def do_echo(self, text: str, arrow: str, name: str) -> None:
        assert arrow == ">"
        with open(self._path(name), "wb") as file:
            file.write(os.fsencode(text) + b"\n")

    def do_ln(self, *names: str) -> None:
        if names[0] == "-s":
            os.symlink(names[1], self._path(names[2]))
        else:
            os.link(self._path(names[0]), self._path(names[1]), follow_symlinks=False)

    def do_mkfifo(self, *names: str) -> None:
        for name in names:
            os.mkfifo(self._path(name))

    def do_mksock(self, *names: str) -> None:
        for name in names:
            os.mknod(self._path(name), stat.S_IFSOCK | 0o755)

    def do_mknod(self, name: str, kind: str, major: str, minor: str) -> None:
        device = os.makedev(int(major), int(minor))
        try:
            os.mknod(self._path(name), (stat.S_IFCHR if kind == "c" else stat.S_IFBLK) | 0o644, device)
        except PermissionError:
            pytest.skip("only root may make devices")

    def do_chmod(self, mode: str, *names: str) -> None:
        for name in names:
            os.chmod(self._path(name), int(mode, 8))

    def do_chown(self, owner: str, *names: str) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root may give files away")
        user, _, group = owner.partition(":")
        for name in names:
            self._owners.append((name, int(user), int(group)))
            self._set_owner(*self._owners[-1])

    def do_touch(self, option: str, date: str, *names: str) -> None:
        assert option == "-d"
        seconds, _, fraction = date.removeprefix("@").partition(".")
        for name in names:
            self._dates.append((name, int(seconds) * SECOND_NS + int(fraction.ljust(9, "0"))))
            self._set_date(*self._dates[-1])

    def do_truncate(self, option: str, size: str, name: str) -> None:
        assert option == "-s"
        with open(self._path(name), "ab") as file:
            file.truncate(int(size))

    def do_setfattr(self, _n: str, key: str, _v: str, value: str, name: str) -> None:
        # Where there are no attributes, both programs meet the same file without.
        with suppress(OSError):
            os.setxattr(self._path(name), key, os.fsencode(value), follow_symlinks=False)

    def do_setfacl(self, spec: str, name: str) -> None:
        kind = "default" if spec.startswith("d:") else "access"
        _, user, permissions = spec.removeprefix("d:").split(":")
        mode = os.stat(self._path(name)).st_mode
        bits = sum(bit for letter, bit in zip("rwx", (4, 2, 1), strict=True) if letter in permissions)
        entries = [
            (0x01, mode >> 6 & 7, _NO_ID),
            (0x02, bits, int(user)),
            (0x04, mode >> 3 & 7, _NO_ID),
            (0x10, mode >> 3 & 7 | bits, _NO_ID),
            (0x20, mode & 7, _NO_ID),
        ]
        value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
        with suppress(OSError):
            os.setxattr(self._path(name), f"system.posix_acl_{kind}", value)

    def do_rm(self, *names: str) -> None:
        for name in names:
            path = self._path(name)
            if name == "-r":
                continue
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)

    def do_mount(self, name: str) -> None:
        command = ["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self._path(name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"cannot mount: {done.stderr.strip()}")
        self._mounts.append(self._path(name))

    def do_umask(self, mask: str) -> None:
        self._umask = int(mask, 8)

    def do_su(self, _name: str) -> None:
        if os.geteuid() == 0:
            self._user = NOBODY

    def do_answer(self, *lines: str) -> None:
        self._stdin = "".join(f"{line}\n" for line in lines).encode()

    def do_fill(self, name: str, offset: str, length: str, letter: str) -> None:
        with open(self._path(name), "r+b" if os.path.exists(self._path(name)) else "wb") as file:
            file.seek(int(offset))
            file.write((b"\0" if letter == "zero" else letter.encode()) * int(length))
