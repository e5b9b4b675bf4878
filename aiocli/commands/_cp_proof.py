"""The options of `aio cp` that make copies safe, prove them, or tell about them: what they are, and what they mean."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from aiocli.ui.command import Fatal, OwnOption, UsageError, flag, option
from aiocli.ui.options import explain_option, no_cache_option, together
from aiocli.ui.output import print_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from aiocli.commands._cp_choices import Choices
    from aiocli.core.events import Digested
    from aiocli.engines.copy.rules import CopyRules
    from aiocli.ui.quoting import Quoting
    from aiocli.ui.report import Report

_BUFFER_BYTES = 64 * 1024


class ProofOptions(NamedTuple):
    """What was asked for.

    Attributes:
        is_atomic: targets are the old or the new file at any moment.
        syncs: success means that it is on the device.
        verifies: what was written is read back and compared.
        resumes: what targets hold already is proved, and kept.
        leaves_cache: the page cache stays as it was found.
        explains: one line a file says how its data went.
        algorithms: names of digests for the manifest.
        manifest: where the digests go, "-" is standard output; None makes none.
    """

    is_atomic: bool = False
    syncs: bool = False
    verifies: bool = False
    resumes: bool = False
    leaves_cache: bool = False
    explains: bool = False
    algorithms: tuple[str, ...] = ()
    manifest: str | None = None

    def applied_to(self, rules: CopyRules) -> CopyRules:
        """Return rules with these options in them."""
        return rules._replace(
            is_atomic=self.is_atomic,
            syncs=self.syncs,
            verifies=self.verifies,
            resumes=self.resumes,
            leaves_cache=self.leaves_cache,
            explains=self.explains,
            digests=self.algorithms,
        )


def _flag(name: str, help_text: str) -> Callable[..., Any]:
    return flag(name, cls=OwnOption, help=help_text)


_OPTIONS = (
    _flag(
        "--atomic",
        "Let targets be the old file or the complete new one at any moment, whatever happens: copies take their names "
        "when they are on the device. Other hard links of a target keep the old file.",
    ),
    _flag("--fsync", "Succeed only when files and directories are on the device."),
    _flag("--verify", "Read what was written back from the device, and compare it with what was read."),
    option(
        "--hash",
        "algorithms",
        cls=OwnOption,
        multiple=True,
        metavar="ALG",
        is_list=True,
        help="Compute digests of what is copied, from the same read, for --manifest: sha256 (the default) or any that "
        "aio hash -a knows; several by commas or several options.",
    ),
    option(
        "--manifest",
        cls=OwnOption,
        metavar="FILE",
        help="Write the digests of the copies to FILE, as aio hash -c takes them; - is standard output.",
    ),
    _flag(
        "--resume",
        "Go on with copies that were broken off: what a target holds is compared with its SOURCE byte by byte, and "
        "written from the first difference on.",
    ),
    no_cache_option,
    explain_option,
)


proof_options = together(_OPTIONS)
"""Adds these options; their values are the arguments that `proof_of` takes."""


def proof_of(given: Mapping[str, Any], choices: Choices, backend: str | None, quoting: Quoting) -> ProofOptions:
    """Make sense of the options.

    Args:
        given: their values by name.
        choices: what GNU's options say.
        backend: the named backend; None is auto.
        quoting: for messages.

    Raises:
        Fatal: two of them exclude each other, or there is no such algorithm.
    """
    manifest = given["manifest"]
    if given["algorithms"] and manifest is None:
        raise UsageError("--hash needs --manifest=FILE")
    proof = ProofOptions(
        is_atomic=given["atomic"],
        syncs=given["fsync"],
        verifies=given["verify"],
        resumes=given["resume"],
        leaves_cache=given["no_cache"],
        explains=given["explains"],
        algorithms=_algorithms(given["algorithms"], quoting) if manifest is not None else (),
        manifest=manifest,
    )
    shares_blocks = choices.reflink == "always"
    for is_wrong, first, second in (
        (proof.is_atomic and proof.resumes, "--atomic", "--resume"),
        (proof.leaves_cache and backend is not None, "--no-cache", f"--backend={backend}"),
        (proof.verifies and shares_blocks, "--verify", "--reflink=always"),
        (manifest is not None and shares_blocks, "--manifest", "--reflink=always"),
    ):
        if is_wrong:
            raise Fatal(f"cannot combine {first} and {second}")
    return proof


def _algorithms(given: tuple[str, ...], quoting: Quoting) -> tuple[str, ...]:
    from aiocli.engines.hash.algorithms import ALGORITHMS, DEFAULT, find

    names: dict[str, None] = {}
    for name in ",".join(given).split(",") if given else (DEFAULT,):
        try:
            names[find(name).name] = None
        except KeyError:
            raise Fatal(f"unknown algorithm {quoting.quote(name)}; here are: {', '.join(ALGORITHMS)}") from None
    return tuple(names)


@contextmanager
def manifest_for(proof: ProofOptions, report: Report) -> Iterator[Callable[[Digested], None] | None]:
    """Yield what takes the digests; at the end of the block they are in their file, all at once.

    Standard output gets them as they come. If the block is left by an exception the file is what it was.

    Raises:
        Fatal: there can be no such file.
        OutputError: standard output is full, closed or gone.
    """
    is_tagged = len(proof.algorithms) > 1
    if proof.manifest is None:
        yield None
        return
    if proof.manifest == "-":
        yield lambda event: print_text(_lines(event, is_tagged=is_tagged))
        return
    from aiocli.engines.replace import open_to_replace

    name = report.quoting.quoteaf(proof.manifest)
    try:
        fd, commit, discard = open_to_replace(proof.manifest)
    except OSError as error:
        raise Fatal(f"cannot create {name}: {os.strerror(error.errno or 0)}") from None
    file = _ManifestFile(proof.manifest, fd, is_tagged=is_tagged)
    try:
        yield file.add
        if file.is_copied:
            report.error(f"not overwriting {name}, which is among the copied files, with the manifest")
            return
        try:
            file.finish()
            commit()
        except OSError as error:
            report.error(f"error writing {name}: {os.strerror(error.errno or 0)}")
    finally:
        discard()


class _ManifestFile:
    """Collects lines and writes them; what fails is told at the end, so that the copies go on.

    Attributes:
        is_copied: it is itself a source or a target of what was copied, and must stay.
    """

    def __init__(self, path: str, fd: int, *, is_tagged: bool) -> None:
        self.is_copied = False
        self._path = path
        self._fd = fd
        self._is_tagged = is_tagged
        self._pending = bytearray()
        self._error: OSError | None = None

    def add(self, event: Digested) -> None:
        """Take a file's digests."""
        self.is_copied = self.is_copied or self._is_one_of(event)
        self._pending += os.fsencode(_lines(event, is_tagged=self._is_tagged))
        if len(self._pending) >= _BUFFER_BYTES:
            self._flush()

    def _is_one_of(self, event: Digested) -> bool:
        name = os.path.basename(self._path)
        for path in (event.src, event.dst):
            if os.path.basename(path) == name or os.path.islink(self._path):
                with suppress(OSError):
                    if os.path.samefile(path, self._path):
                        return True
        return False

    def finish(self) -> None:
        """Write what is left.

        Raises:
            OSError: not everything is written.
        """
        self._flush()
        if self._error is not None:
            raise self._error

    def _flush(self) -> None:
        data, self._pending = memoryview(self._pending), bytearray()
        try:
            while data and self._error is None:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            self._error = error


def _lines(event: Digested, *, is_tagged: bool) -> str:
    """Write a file's digests as `aio hash` does."""
    from aiocli.engines.hash.algorithms import Form, find
    from aiocli.engines.hash.lists import LineForm, lines_writer

    # Without a tag those that are no digests need the size of the file.
    forms = (LineForm(name, is_tagged or find(name).form is not Form.DIGEST) for name, _ in event.digests)
    return lines_writer(forms)([digest for _, digest in event.digests], event.dst, 0)
