"""What `aio cp` says of what happens: GNU's words for each of the engine's events."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from aiocli.core.errors import OutputError
from aiocli.core.events import Details, Digested, Explained, Failure, File, Note, Removed, Skipped, Unbacked
from aiocli.engines.copy.steps import Step, Warn
from aiocli.ui.explain import explain
from aiocli.ui.output import print_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiocli.core.events import Event
    from aiocli.ui.report import Report

MESSAGES = {
    Step.OPEN_SOURCE: "cannot open {path} for reading",
    Step.CREATE: "cannot create regular file {path}",
    Step.WRITE_THROUGH_LINK: "not writing through dangling symlink {path}",
    Step.COPY_THROUGH_NEW_LINK: "will not copy {path} through just-created symlink {other}",
    Step.OVERWRITE_DIRECTORY: "cannot overwrite directory {path} with non-directory {other}",
    Step.OVERWRITE_WITH_DIRECTORY: "cannot overwrite non-directory {path} with directory {other}",
    Step.OVERWRITE_NEW: "will not overwrite just-created {path} with {other}",
    Step.REPLACE_REFUSED: "not replacing {path}",
    Step.DECLINED: "",
    Step.READ: "error reading {path}",
    Step.WRITE: "error writing {path}",
    Step.CLOSE: "failed to close {path}",
    Step.SYNC: "fsync failed for {path}",
    Step.MAKE_TEMPORARY: "cannot create a temporary file for {path}",
    Step.GIVE_NAME: "cannot replace {path}",
    Step.COMPARE: "cannot compare {path} with {other}",
    Step.READ_BACK: "cannot read back {path}",
    Step.DIFFERS: "{path} differs from {other} at byte {offset}",
    Step.UNVERIFIABLE: "cannot verify {path}: neither a file nor a block device",
    Step.CLONE: "failed to clone {path} from {other}",
    Step.REPLACED_MEANWHILE: "skipping file {path}, as it was replaced while being copied",
    Step.STAT: "cannot stat {path}",
    Step.LIST: "cannot access {path}",
    Step.OMIT_DIRECTORY: "-r not specified; omitting directory {path}",
    Step.MAKE_DIRECTORY: "cannot create directory {path}",
    Step.INTO_ITSELF: "cannot copy a directory, {path}, into itself, {other}",
    Step.LINK_TO_DIRECTORY: "will not create hard link {path} to directory {other}",
    Step.CYCLE: "cannot copy cyclic symbolic link {path}",
    Step.SET_MODE: "preserving permissions for {path}",
    Step.CLEAR_MODE: "clearing permissions for {path}",
    Step.KEEP_TIMES: "preserving times for {path}",
    Step.KEEP_OWNER: "failed to preserve ownership for {path}",
    Step.KEEP_LINK_OWNER: "failed to preserve ownership for {path}",
    Step.KEEP_PERMISSIONS: "preserving permissions for {path}",
    Step.SET_PERMISSIONS: "setting permissions for {path}",
    Step.LIST_XATTRS: "listing attributes of {path}",
    Step.GET_XATTR: "getting attribute {other} of {path}",
    Step.SET_XATTR: "setting attribute {other} for {path}",
    Step.SET_XATTRS: "setting attributes for {path}",
    Step.GET_CONTEXT: "failed to get security context of {path}",
    Step.SET_CONTEXT: "failed to set the security context of {path}",
    Step.OPEN_UP_DIRECTORY: "setting permissions for {path}",
    Step.READ_LINK: "cannot read symbolic link {path}",
    Step.MAKE_LINK: "cannot create symbolic link {path}",
    Step.MAKE_LINK_TO: "cannot create symbolic link {path} to {other}",
    Step.MAKE_HARD_LINK: "cannot create hard link {path} to {other}",
    Step.RELATIVE_LINK: "{plain}: can make relative symbolic links only in current directory",
    Step.SAME_FILE: "{path} and {other} are the same file",
    Step.REMOVE: "cannot remove {path}",
    Step.MAKE_SPECIAL: "cannot create special file {path}",
    Step.MAKE_FIFO: "cannot create fifo {path}",
    Step.UNKNOWN_KIND: "{path} has unknown file type",
    Step.BACK_UP: "cannot backup {path}",
    Step.BACKUP_IS_SOURCE: "backing up {path} might destroy source;  {other} not copied",
    Step.UNDO_BACKUP: "cannot un-backup {path}",
    Step.STAT_PARENT: "failed to get attributes of {path}",
    Step.PARENT_IS_FILE: "{path} exists but is not a directory",
    Step.MAKE_PARENT: "cannot make directory {path}",
    Step.PARENT_TIMES: "failed to preserve times for {path}",
    Step.PARENT_OWNER: "failed to preserve ownership for {path}",
    Step.PARENT_MODE: "failed to preserve permissions for {path}",
}
"""Step -> what is said of its failure, the system's word for why comes behind it; nothing where it is empty.

{path} and {other} are quoted always, {plain} is the path quoted where it needs that.
"""

NOTES = {
    Warn.REPEATED_FILE: "warning: source file {path} specified more than once",
    Warn.REPEATED_DIRECTORY: "warning: source directory {path} specified more than once",
    Warn.READ_FROM_CACHE: "warning: {path} was verified from memory, its file system has no way past the page cache",
}
"""Kind of a note -> its text."""


class Teller:
    """Says what happens, as a callback of the engine's; what cannot be said holds up no copy, but see `finish`.

    Args:
        report: takes what went wrong.
        is_verbose: say what goes well, too.
        is_debug: say how, and what was left as it is.
        on_digested: takes the digests of what was copied.
    """

    def __init__(
        self,
        report: Report,
        *,
        is_verbose: bool = False,
        is_debug: bool = False,
        on_digested: Callable[[Digested], None] | None = None,
    ) -> None:
        self.report = report
        self._on_digested = on_digested
        self._has_said_cached = False
        self._output_error: OutputError | None = None
        self.is_verbose = is_verbose
        self.is_debug = is_debug

    def __call__(self, event: Event) -> None:
        """Say what is to be said of an event.

        Raises:
            OutputError: nobody reads standard output any more.
        """
        quoteaf = self.report.quoting.quoteaf
        if isinstance(event, Failure):
            self._tell_failure(event)
        elif isinstance(event, Note):
            self._tell_note(event)
        elif isinstance(event, File) and self.is_verbose:
            backup = f" (backup: {quoteaf(event.backup)})" if event.backup else ""
            self._print(f"{quoteaf(event.src)} -> {quoteaf(event.dst)}{backup}")
        elif isinstance(event, Removed) and self.is_verbose:
            self._print(f"removed {quoteaf(event.path)}")
        elif isinstance(event, Unbacked) and self.is_verbose:
            self._print(f"{quoteaf(event.backup)} -> {quoteaf(event.path)} (unbackup)")
        elif isinstance(event, Skipped) and self.is_debug:
            self._print(f"skipped {quoteaf(event.path)}")
        elif isinstance(event, Details) and self.is_debug:
            self._print(f"copy offload: {event.offload}, reflink: {event.reflink}, sparse detection: {event.sparse}")

        elif isinstance(event, Digested) and self._on_digested is not None:
            self._on_digested(event)
        elif isinstance(event, Explained):
            said = explain(event.attempts, event.nbytes, event.seconds, backend=event.backend, remark=event.remark)
            self.report.note(f"{quoteaf(event.src)} -> {quoteaf(event.dst)}: {said}")

    def tell_parent(self, src: str, dst: str) -> None:
        """Say that a directory above a target was made; as in GNU without quotes, but for what a terminal obeys."""
        if self.is_verbose:
            names = (name if name.isprintable() else self.report.quoting.quoteaf(name) for name in (src, dst))
            self._print(" -> ".join(names))

    def _tell_note(self, note: Note) -> None:
        if note.kind == Warn.READ_FROM_CACHE:  # it will be so for each file
            if self._has_said_cached:
                return
            self._has_said_cached = True
        self.report.note(self.describe(note))

    def _tell_failure(self, failure: Failure) -> None:
        text = self.describe(failure)
        if not failure.is_warning:
            self.report.fail()
        if text:
            self.report.note(text)

    def describe(self, event: Failure | Note) -> str:
        """Put what failed, or is worth a warning, into words; empty where there are none."""
        if isinstance(event, Note):
            return self._fill(NOTES[event.kind], event.path, event.other)
        text = self._fill(MESSAGES[event.step], event.path, event.other, event.offset)
        return f"{text}: {os.strerror(event.errno)}" if text and event.errno else text

    def _fill(self, template: str, path: str, other: str, offset: int | None = None) -> str:
        quoting = self.report.quoting
        names = {"path": quoting.quoteaf(path), "other": quoting.quoteaf(other), "plain": quoting.quotef(path)}
        return template.format(**names, offset=offset)

    def _print(self, line: str) -> None:
        if self.report.before_print is not None:
            self.report.before_print()
        if self._output_error is not None:
            return
        try:
            print_text(f"{line}\n")
        except OutputError as error:
            if error.errno == errno.EPIPE:
                raise
            self._output_error = error

    def finish(self) -> None:
        """Raise what kept lines from being said.

        Raises:
            OutputError: standard output is full or closed.
        """
        if self._output_error is not None:
            raise self._output_error
