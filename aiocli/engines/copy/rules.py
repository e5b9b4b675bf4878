"""What a copy is to keep, to follow and to spare: frozen values that also travel to worker processes."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aiocli.engines.selection import Pattern


class Dereference(Enum):
    """Which symbolic links of the source are followed."""

    NEVER = "never"
    OPERANDS = "operands"
    ALWAYS = "always"


class Make(Enum):
    """What is made of a file: directories are always made as directories."""

    COPY = "copy"
    ATTRIBUTES = "attributes"
    """The file and its attributes, no data; what a target that is there holds stays."""
    HARD_LINK = "hard link"
    SYMBOLIC_LINK = "symbolic link"


class Existing(Enum):
    """What becomes of a target that is there, and is no directory."""

    REPLACE = "replace"
    ASK = "ask"
    SKIP = "skip"
    REFUSE = "refuse"
    """It stays, and that is a failure."""


class Sparse(Enum):
    """Where holes come from."""

    AUTO = "auto"
    """They are where the source has them."""
    ALWAYS = "always"
    """Wherever there are zeros enough."""
    NEVER = "never"
    """Nowhere: every block is written."""


class Clone(Enum):
    """Whether blocks are shared with the source."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class BackupMethod(Enum):
    """How the backup of a target is named."""

    SIMPLE = "simple"
    """Name and suffix."""
    NUMBERED = "numbered"
    """Name, `.~`, one more than the highest there is, `~`."""
    EXISTING = "existing"
    """Numbered where numbered ones are there already, else simple."""


class Preserve(NamedTuple):
    """What a copy takes over from its source beside the data.

    Attributes:
        mode: permission bits and access control lists.
        ownership: user and group.
        timestamps: of the last access and the last change, to the nanosecond.
        links: files that are one file in the source are one in the target.
        xattr: extended attributes.
        context: the security context.
        is_default_mode: new files get the mode of any new file, whatever the source's is.
        requires_xattr: an extended attribute that cannot be kept is a failure; else it is passed over in silence
            where the file system cannot hold it.
        requires_context: the same for the security context.
        is_quiet: nothing is said of attributes and contexts that cannot be kept, and need not be.
    """

    mode: bool = False
    ownership: bool = False
    timestamps: bool = False
    links: bool = False
    xattr: bool = False
    context: bool = False
    is_default_mode: bool = False
    requires_xattr: bool = False
    requires_context: bool = False
    is_quiet: bool = False

    @property
    def is_any(self) -> bool:
        """Whether a file's own attributes are to be looked at when its data are there."""
        return self.mode or self.ownership or self.timestamps or self.xattr or self.context or self.is_default_mode


class CopyRules(NamedTuple):
    """How everything named on one command line is copied.

    Attributes:
        is_recursive: directories are copied with all that is in them.
        dereference: which symbolic links are followed.
        reads_special: FIFOs and devices are read as if they were files; else they are made again.
        make: what is made of files.
        existing: what becomes of targets that are there.
        only_newer: copy only what is newer than its target, or has none.
        backup: how a target that is there is kept under another name; None does not.
        suffix: of simple backups.
        unlinks_first: remove a target before it is opened.
        unlinks_if_unopenable: remove a target that cannot be opened, and try again.
        stays_on_filesystem: leave directories empty that are on another file system.
        keeps_directory_links: a symbolic link to a directory in the target serves as that directory.
        follows_dangling: create what a dangling link in the target points at, as POSIX has it.
        preserve: what is kept of the source's attributes.
        sparse: where holes come from.
        clone: whether blocks are shared with the source.
        patterns: which files below an operand are meant; all, if there are none.
        is_dry: tell what would be done, and do nothing.
        backend: named backend; None is auto.
        chunk_size: bytes of one read and write; None leaves it to the strategy.
        depth: reads in flight on a named backend; None leaves it to the strategy.
        jobs: readers of one big file; None leaves it to the strategy.
        disabled: names of fast paths to leave out.
        is_atomic: a file's name leads to what was there, or to the complete copy, at any moment.
        syncs: a copy counts as made when it is on the device.
        verifies: what was written is read back past the page cache, and compared with what was read.
        digests: names of algorithms; what each makes of a file's data is told.
        resumes: what a target holds already is compared with the source, and written from the first difference on.
        leaves_cache: the page cache keeps what it held, and nothing of this copy.
        explains: how each file's data went is told.
        tells_details: the same in GNU's words, and also of copies that failed.
        umask: the process's.
        has_chown_privilege: failures to give files away matter, and modes bar nothing.
    """

    is_recursive: bool = False
    dereference: Dereference = Dereference.ALWAYS
    reads_special: bool = True
    make: Make = Make.COPY
    existing: Existing = Existing.REPLACE
    only_newer: bool = False
    backup: BackupMethod | None = None
    suffix: str = "~"
    unlinks_first: bool = False
    unlinks_if_unopenable: bool = False
    stays_on_filesystem: bool = False
    keeps_directory_links: bool = False
    follows_dangling: bool = False
    preserve: Preserve = Preserve()
    sparse: Sparse = Sparse.AUTO
    clone: Clone = Clone.AUTO
    patterns: tuple[Pattern, ...] = ()
    is_dry: bool = False
    backend: str | None = None
    chunk_size: int | None = None
    depth: int | None = None
    jobs: int | None = None
    disabled: frozenset[str] = frozenset()
    is_atomic: bool = False
    syncs: bool = False
    verifies: bool = False
    digests: tuple[str, ...] = ()
    resumes: bool = False
    leaves_cache: bool = False
    explains: bool = False
    tells_details: bool = False
    umask: int = 0o022
    has_chown_privilege: bool = True

    @property
    def sees_data(self) -> bool:
        """Whether the data must pass through this process, as something is made of them."""
        return self.verifies or bool(self.digests)

    @property
    def omitted(self) -> int:
        """Permission bits that what is made gets only when it has its owner: all but those of the user, or none."""
        return 0o077 if self.preserve.ownership else 0

    @property
    def is_durable(self) -> bool:
        """Whether names, too, are to be on the device before success is told."""
        return self.syncs or self.is_atomic
