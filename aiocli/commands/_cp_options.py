"""The options of GNU cp, as Click and help know them; what they mean is in `_cp_choices`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiocli.ui.command import option
from aiocli.ui.options import together

if TYPE_CHECKING:
    from collections.abc import Callable

SPARSE = ("never", "auto", "always")
REFLINK = ("auto", "always", "never")
UPDATE = ("all", "none", "none-fail", "older")
ATTRIBUTES = ("mode", "timestamps", "ownership", "links", "context", "xattr", "all")
CONTROL = (("none", "off"), ("simple", "never"), ("existing", "nil"), ("numbered", "t"))
"""Each of these in the order in which GNU lists them."""

_SOURCES = "Sources"
_TARGETS = "Where to"
_EXISTING = "Existing targets"
_LINKS = "Links"
_KEPT = "Attributes"
_DATA = "Data"


def _option(*names: str, **settings: Any) -> Callable[..., Any]:
    return option(*names, expose_value=False, **settings)


def _flag(*names: str, **settings: Any) -> Callable[..., Any]:
    return _option(*names, is_flag=True, **settings)


# In GNU's order, which is that of the possibilities that an ambiguous abbreviation has.
GNU_OPTIONS = (
    _flag("-a", "--archive", "archive", group=_KEPT, help="Keep all that can be kept: -dR --preserve=all."),
    _flag("--attributes-only", "attributes_only", group=_DATA, help="Copy no data: targets get the attributes alone."),
    _option(
        "-b",
        "--backup",
        "backup",
        group=_EXISTING,
        is_flag=False,
        flag_value="",
        metavar="CONTROL",
        values=tuple(word for words in CONTROL for word in words),
        help="Keep what is replaced under another name: numbered or t (NAME.~1~, NAME.~2~), simple or never "
        "(NAME~), existing or nil (numbered where numbered ones are, else simple; the default), none or off (do not).",
    ),
    _flag(
        "--copy-contents",
        "copy_contents",
        group=_DATA,
        help="With -r, read FIFOs and devices instead of making them again.",
    ),
    _flag("--debug", "debug", help="Tell how each file is copied; implies -v."),
    _flag("-L", "--dereference", "dereference", group=_LINKS, help="Follow all symbolic links in SOURCE."),
    _flag("-f", "--force", "force", group=_EXISTING, help="Remove a target that cannot be opened, and try again."),
    _flag("-i", "--interactive", "interactive", group=_EXISTING, help="Ask before replacing; undoes -n."),
    _flag("-l", "--link", "link", group=_LINKS, help="Make hard links instead of copies."),
    _flag("-n", "--no-clobber", "no_clobber", group=_EXISTING, help="Pass over what is there; undoes -i."),
    _flag("-P", "--no-dereference", "no_dereference", group=_LINKS, help="Follow no symbolic links in SOURCE."),
    _option(
        "--no-preserve",
        "no_preserve",
        group=_KEPT,
        metavar="LIST",
        values=ATTRIBUTES,
        is_list=True,
        help="Do not keep these attributes: mode, timestamps, ownership, links, context, xattr, all.",
    ),
    _flag("-T", "--no-target-directory", "no_target_directory", group=_TARGETS, help="Take DEST for the copy's name."),
    _flag("-x", "--one-file-system", "one_file_system", group=_SOURCES, help="Leave other file systems out."),
    _flag(
        "--parents",
        "parents",
        unlisted=("--path",),
        group=_TARGETS,
        help="Copy to DIRECTORY/SOURCE, with the directories in between.",
    ),
    _option(
        "-p",
        "--preserve",
        "preserve",
        group=_KEPT,
        is_flag=False,
        flag_value="",
        metavar="LIST",
        values=ATTRIBUTES,
        is_list=True,
        help="Keep these attributes: mode (with access control lists), timestamps, ownership, links (hard ones), "
        "context (security), xattr (extended), all; mode,ownership,timestamps by default.",
    ),
    _flag("-R", "-r", "--recursive", "recursive", group=_SOURCES, help="Copy directories and all in them."),
    _flag(
        "--remove-destination",
        "remove_destination",
        group=_EXISTING,
        help="Remove what is there before copying.",
    ),
    _option(
        "--sparse",
        "sparse",
        group=_DATA,
        metavar="WHEN",
        values=SPARSE,
        help="Make holes: auto (where SOURCE has them; the default), always (wherever there are zeros enough) or "
        "never.",
    ),
    _option(
        "--reflink",
        "reflink",
        group=_DATA,
        is_flag=False,
        flag_value="always",
        metavar="WHEN",
        values=REFLINK,
        help="Share blocks with SOURCE: auto (where the file system can; the default), always (or fail; the default "
        "of --reflink alone) or never.",
    ),
    _flag(
        "--strip-trailing-slashes", "strip_slashes", group=_SOURCES, help="Ignore slashes at the end of each SOURCE."
    ),
    _option(
        "-S",
        "--suffix",
        "suffix",
        group=_EXISTING,
        metavar="SUFFIX",
        help="End the names of simple backups with SUFFIX instead of ~; implies -b.",
    ),
    _flag("-s", "--symbolic-link", "symbolic_link", group=_LINKS, help="Make symbolic links instead of copies."),
    _option(
        "-t",
        "--target-directory",
        "target_directory",
        group=_TARGETS,
        metavar="DIRECTORY",
        help="Copy all SOURCEs into DIRECTORY.",
    ),
    _option(
        "-u",
        "--update",
        "update",
        group=_EXISTING,
        is_flag=False,
        flag_value="older",
        metavar="UPDATE",
        values=UPDATE,
        help="Choose what to replace: older (what is older than SOURCE; the default of -u), none (as -n), none-fail "
        "(nothing, and what is there is a failure) or all.",
    ),
    _flag("-v", "--verbose", "verbose", help="Print a line for each file that is copied."),
    _flag(
        "--keep-directory-symlink",
        "keep_directory_symlink",
        group=_TARGETS,
        help="Copy into directories that symbolic links in DEST lead to.",
    ),
    _option(
        "-Z",
        "--context",
        "context",
        group=_KEPT,
        is_flag=False,
        flag_value="",
        metavar="CONTEXT",
        help="Set the security context of targets; passed over, with a warning where CONTEXT is given.",
    ),
    _flag("-d", "keep_links", group=_LINKS, help="Keep links as links: -P --preserve=links."),
    _flag("-H", "follow_operands", group=_LINKS, help="Follow the symbolic links on the command line, no others."),
)
"""Their values are told by the events alone, as their order matters."""


gnu_options = together(GNU_OPTIONS)
"""Adds all options of GNU cp."""
