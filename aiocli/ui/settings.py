"""What the environment says, read once by cli and handed down as a value."""

from __future__ import annotations

from typing import NamedTuple


class Settings(NamedTuple):
    """The environment's part of a command's input; nothing below cli looks at the environment.

    Attributes:
        backend: a backend's name as given, unchecked, or "auto".
        backend_source: where that name comes from, for messages.
        disabled: names of fast paths to leave out (AIO_DISABLE).
        is_posixly_correct: options end at the first operand (POSIXLY_CORRECT).
        is_utf8: the locale's character set is UTF-8.
        columns: width of help texts.
        color: whether text for people is coloured: auto, always or never.
        is_multi_call: run under the name of the tool that it replaces.
        version_control: which backups are made (VERSION_CONTROL), unchecked; empty if that is not said.
        posix2_version: edition of POSIX that tail follows (_POSIX2_VERSION), unchecked; empty if that is not said.
        backup_suffix: how names of simple backups end (SIMPLE_BACKUP_SUFFIX), unchecked; empty if that is not said.
    """

    backend: str = "auto"
    backend_source: str = "AIO_BACKEND"
    disabled: frozenset[str] = frozenset()
    is_posixly_correct: bool = False
    is_utf8: bool = True
    is_multi_call: bool = False
    columns: int = 80
    color: str = "never"
    version_control: str = ""
    backup_suffix: str = ""
    posix2_version: str = ""
