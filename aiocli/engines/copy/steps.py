"""What was being done when a copy failed, and what warnings are about: commands have a message for each."""

from __future__ import annotations

from aiocli.core.events import Failure


class Step:
    """The values of Failure.step."""

    OPEN_SOURCE = "open source"
    CREATE = "create"
    WRITE_THROUGH_LINK = "write through a dangling link"
    COPY_THROUGH_NEW_LINK = "copy through a link just created"
    OVERWRITE_DIRECTORY = "overwrite a directory"
    OVERWRITE_WITH_DIRECTORY = "overwrite with a directory"
    OVERWRITE_NEW = "overwrite a file just created"
    REPLACE_REFUSED = "replace a file that is to stay"
    DECLINED = "declined"
    """The answer to a question was no: a failure of which nothing more is said."""
    READ = "read"
    WRITE = "write"
    CLOSE = "close"
    SYNC = "sync"
    MAKE_TEMPORARY = "make a temporary file"
    GIVE_NAME = "give a finished file its name"
    COMPARE = "compare what is there"
    """Of path, the target, with other."""
    READ_BACK = "read back"
    DIFFERS = "target differs from source"
    """Of path, the target, and other; at an offset if that is known."""
    UNVERIFIABLE = "cannot be read back"
    CLONE = "clone"
    REPLACED_MEANWHILE = "source was replaced"
    STAT = "stat"
    LIST = "list"
    OMIT_DIRECTORY = "omit a directory"
    MAKE_DIRECTORY = "make directory"
    INTO_ITSELF = "copy into itself"
    LINK_TO_DIRECTORY = "hard link to a directory"
    CYCLE = "cyclic link"
    SET_MODE = "set mode"
    CLEAR_MODE = "take permissions away before a new owner comes"
    KEEP_TIMES = "keep times"
    KEEP_OWNER = "keep owner"
    KEEP_LINK_OWNER = "keep owner of a link"
    KEEP_PERMISSIONS = "keep mode and access control list"
    SET_PERMISSIONS = "set default mode"
    LIST_XATTRS = "list extended attributes"
    GET_XATTR = "get extended attribute"
    """Of path; other is the attribute's name, as for SET_XATTR."""
    SET_XATTR = "set extended attribute"
    SET_XATTRS = "set extended attributes at all"
    GET_CONTEXT = "get security context"
    SET_CONTEXT = "set security context"
    OPEN_UP_DIRECTORY = "make a directory writable"
    READ_LINK = "read link"
    MAKE_LINK = "make link"
    MAKE_LINK_TO = "make link to the source"
    MAKE_HARD_LINK = "make hard link"
    RELATIVE_LINK = "relative link elsewhere"
    SAME_FILE = "same file"
    REMOVE = "remove"
    MAKE_SPECIAL = "make special file"
    MAKE_FIFO = "make fifo"
    UNKNOWN_KIND = "unknown file type"
    BACK_UP = "back up"
    BACKUP_IS_SOURCE = "backup would destroy source"
    UNDO_BACKUP = "undo backup"
    STAT_PARENT = "stat a directory above"
    PARENT_IS_FILE = "a directory above is none"
    MAKE_PARENT = "make a directory above"
    PARENT_TIMES = "keep times of a directory above"
    PARENT_OWNER = "keep owner of a directory above"
    PARENT_MODE = "keep mode of a directory above"


class Warn:
    """The values of Note.kind."""

    REPEATED_FILE = "source file twice"
    REPEATED_DIRECTORY = "source directory twice"
    READ_FROM_CACHE = "read back from memory"
    """The file system of path has no way past the page cache: what was verified is what it holds there."""


class CopyFailed(Exception):
    """A copy of one file ends here; carries what is told of it.

    Attributes:
        failure: the event.
    """

    def __init__(
        self, step: str, path: str, error: OSError | None = None, other: str = "", offset: int | None = None
    ) -> None:
        super().__init__(step, path)
        self.failure = Failure(step, path, (error and error.errno) or 0, other, offset=offset)


class failing:  # reads as a phrase, like contextlib.suppress
    """Turn an OSError of the block into CopyFailed: `with failing(Step.STAT, path):`."""

    __slots__ = ("other", "path", "step")

    def __init__(self, step: str, path: str, other: str = "") -> None:
        self.step = step
        self.path = path
        self.other = other

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise CopyFailed from an OSError."""
        if isinstance(error, OSError):
            raise CopyFailed(self.step, self.path, error, self.other) from None
