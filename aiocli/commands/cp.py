"""aio cp: copy files and directories.

Follows GNU cp 9.10 in all its options. What they mean is in `_cp_choices`, where copies go in `_cp_targets`, what is
said in `_cp_messages` and `_cp_prompts`.
Deviations from GNU: security contexts are never set (-Z), with a warning where one is given. Directories that
--parents makes are told without quotes, as there, unless their names hold what a terminal would obey. What is told of
an extended attribute that cannot be kept names the file, where GNU's text names the attribute twice. With the mode an
access control list that the source does not have goes, as in GNU 9.1; 9.10 leaves the one of the target's directory.
--keep-directory-symlink does what GNU's manual says, where 9.10 fails.
Where GNU 9.10 loses what was to be kept, ours does not: --backup backs up what is in the way of SOURCE/. too, -u makes
hard links of targets that are new enough only where links are kept, and --parents looks at each target anew, also
behind the first directory that it has made.
"""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from aiocli.commands._cp_choices import Choices, choices_of
from aiocli.commands._cp_options import gnu_options
from aiocli.commands._cp_proof import ProofOptions, manifest_for, proof_of, proof_options
from aiocli.commands._cp_selection import (
    SelectionOptions,
    names_in,
    operands_with,
    selection_of,
    selection_options,
)
from aiocli.ui import status
from aiocli.ui.body import run_body
from aiocli.ui.command import EVENTS, Fatal, GnuCommand, UsageError, standard_options
from aiocli.ui.help import BACKEND_VARIABLES, Example, Manual
from aiocli.ui.options import (
    backend_of,
    backend_option,
    chunk_size_option,
    depth_option,
    jobs_option,
    json_option,
    progress_option,
)
from aiocli.ui.quoting import Quoting
from aiocli.ui.report import Report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from aiocli.commands._cp_targets import Target
    from aiocli.commands._cp_voices import Voice
    from aiocli.engines.copy.copier import Copier
    from aiocli.engines.copy.node import Node
    from aiocli.engines.executor import ForkPool


class OwnOptions(NamedTuple):
    """What aio's own options say.

    Attributes:
        chunk_size: bytes of one read and write; None leaves it to the strategy.
        depth: operations in flight on a named backend; None leaves it to the strategy.
        jobs: processes for a tree, readers of a big file; None is as many as there are processors for us.
        backend: named backend; None is auto.
        disabled: names of fast paths to leave out.
        progress: when to show a bar.
        is_json: tell what happens as JSON.
        proof: what makes copies safe and proves them.
        selection: what is copied, where to, and whether at all.
    """

    chunk_size: int | None = None
    depth: int | None = None
    jobs: int | None = None
    backend: str | None = None
    disabled: frozenset[str] = frozenset()
    progress: str = "never"
    is_json: bool = False
    proof: ProofOptions = ProofOptions()
    selection: SelectionOptions = SelectionOptions()


class CpOptions(NamedTuple):
    """What was asked for.

    Attributes:
        operands: sources, and the destination as the last one unless choices name it.
        choices: what GNU's options say.
        own: what aio's say.
        follows_dangling: POSIX is wanted to the letter: create what dangling links in the target point at.
    """

    operands: tuple[str, ...]
    choices: Choices = Choices()
    own: OwnOptions = OwnOptions()
    follows_dangling: bool = False


MANUAL = Manual(
    usage=("[OPTION]... [-T] SOURCE DEST", "[OPTION]... SOURCE... DIRECTORY", "[OPTION]... -t DIRECTORY SOURCE..."),
    examples=(
        Example(
            "Copy a tree and say what is copied",
            "aio cp -rv photos backup",
            "'photos' -> 'backup'\n'photos/sun.jpg' -> 'backup/sun.jpg'\n",
            files=(("photos/sun.jpg", "yellow\n"),),
        ),
        Example(
            "Bring a copy of a tree up to date",
            "aio cp -auv new/. old",
            "'new/./notes' -> 'old/./notes'\n",
            files=(("new/notes", "today\n"), ("old/other", "")),
        ),
        Example(
            "Keep what is replaced under another name",
            "aio cp -v --backup=numbered new.conf app.conf",
            "'new.conf' -> 'app.conf' (backup: 'app.conf.~1~')\n",
            files=(("new.conf", "a=2\n"), ("app.conf", "a=1\n")),
        ),
        Example(
            "Copy into a directory, with the directories above",
            "aio cp -v --parents etc/app/app.conf backup",
            "etc -> backup/etc\netc/app -> backup/etc/app\n'etc/app/app.conf' -> 'backup/etc/app/app.conf'\n",
            files=(("etc/app/app.conf", "a=1\n"), ("backup/other", "")),
        ),
        Example(
            "Replace a file as a whole once the disk has the new one, read back and compared, and note its digest",
            "aio cp --atomic --verify --manifest=- new.conf app.conf",
            "e7a7672885cd4dbbdbd668c4ce816c7e47e700d56fa73ac5cfdc9e33c99e09c7  app.conf\n",
            files=(("new.conf", "a=2\n"), ("app.conf", "a=1\n")),
        ),
        Example(
            "Copy through one backend, in pieces of a mebibyte",
            "aio cp --backend=thread --chunk-size=1M disk.img copy.img",
            files=(("disk.img", "data\n"),),
        ),
    ),
    exit_status=(
        ("0", "Everything was copied, or was to be passed over."),
        ("1", "Something could not be copied, an answer was no, or the command line was wrong."),
    ),
    environment=(
        ("SIMPLE_BACKUP_SUFFIX", "How names of simple backups end, where -S says nothing; ~ by default."),
        ("VERSION_CONTROL", "Which backups are made, where --backup does not say."),
        *BACKEND_VARIABLES,
    ),
)


@click.command("cp", cls=GnuCommand, manual=MANUAL)
@gnu_options
@chunk_size_option
@depth_option
@jobs_option
@progress_option
@json_option
@selection_options
@proof_options
@backend_option
@standard_options
@click.argument("operands", metavar="SOURCE... DEST", nargs=-1)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    operands: tuple[str, ...],
    chunk_size: int | None,
    depth: int | None,
    jobs: int | None,
    progress: str | None,
    is_json: bool,
    backend: str | None,
    **given: Any,
) -> int:
    """Copy SOURCE to DEST, or several SOURCEs into DIRECTORY.

    With -f and --backup, copying a file onto itself makes a backup of it.
    """
    settings, quoting = ctx.obj, Quoting(ctx.obj.is_utf8)
    warn = Report(ctx.command_path, quoting).note
    choices = choices_of(ctx.meta[EVENTS], settings, quoting, has_selinux=os.path.exists(SELINUX), warn=warn)
    selection = selection_of(given, ctx.meta[EVENTS], choices, quoting)
    if selection.is_dry:
        choices = choices._replace(is_verbose=True)
    has_directory = choices.target_directory is not None or bool(selection.directories)
    if selection.files_from is not None:
        names = names_in(selection.files_from, quoting)
        operands = operands_with(operands, names, ndestinations=0 if has_directory else 1)
        if not names:
            return status.OK
    _check_operands(operands, choices, quoting, has_directory=has_directory)
    backend = backend_of(settings, backend)
    proof = proof_of(given, choices, backend, quoting)
    if selection.is_dry:
        proof = proof._replace(manifest=None)  # the one that is there stays as well
    own = OwnOptions(
        chunk_size=chunk_size,
        depth=depth,
        jobs=jobs,
        backend=backend,
        disabled=settings.disabled,
        progress=progress or ("never" if settings.is_multi_call else "auto"),
        proof=proof,
        selection=selection,
        is_json=is_json,
    )
    if is_json and own.proof.manifest == "-":
        raise Fatal("cannot combine --json and --manifest=-")
    options = CpOptions(operands, choices, own, follows_dangling=settings.is_posixly_correct)
    return run_body(ctx, lambda report: run(options, report))


SELINUX = "/sys/fs/selinux/status"
"""Is there where the kernel gives files security contexts."""


def _check_operands(operands: tuple[str, ...], choices: Choices, quoting: Quoting, *, has_directory: bool) -> None:
    """Refuse numbers of operands, and ways to name the destination, that make no sense.

    Raises:
        Fatal: GNU's words.
    """
    if not operands:
        raise UsageError("missing file operand")
    if len(operands) == 1 and not has_directory:
        raise UsageError(f"missing destination file operand after {quoting.quoteaf(operands[0])}")
    if choices.is_file_target and has_directory:
        raise Fatal("cannot combine --target-directory (-t) and --no-target-directory (-T)")
    if choices.is_file_target and len(operands) > 2:
        raise UsageError(f"extra operand {quoting.quoteaf(operands[2])}")


async def run(options: CpOptions, report: Report) -> None:
    """Copy each source to the destination or into it.

    Raises:
        Fatal: there is no such destination, or a worker was killed, for want of memory perhaps.
    """
    from aiocli.commands._cp_messages import Teller
    from aiocli.commands._cp_prompts import Prompt
    from aiocli.commands._cp_rules import rules_of
    from aiocli.commands._cp_targets import open_targets
    from aiocli.commands._cp_voices import voices_for
    from aiocli.engines.copy.copier import Copier

    choices, own = options.choices, options.own
    rules = rules_of(choices, own, follows_dangling=options.follows_dangling)
    rules = own.selection.applied_to(own.proof.applied_to(rules))
    prompt = Prompt(report)
    with open_targets(options, report.quoting) as targets, manifest_for(own.proof, report) as manifest:
        is_verbose, is_debug = (choices.is_verbose, choices.is_debug) if not own.is_json else (False, False)
        tell = Teller(report, is_verbose=is_verbose, is_debug=is_debug, on_digested=manifest)
        if own.backend is not None:
            await _require_backend(own.backend)
        if choices.is_recursive:
            _allow_many_open_files()
        with (
            _pool_for(options, targets) as pool,
            voices_for(targets, rules, own, report, tell, pool) as voices,
        ):
            copier = Copier(
                rules,
                voices[0],
                executor=pool,
                on_bytes=voices[0].advance,
                ask=prompt,
                wants_files=is_verbose or own.is_json,
            )
            try:
                if len(targets) == 1:
                    is_well = await _copy_all(targets[0], copier, voices[0])
                else:
                    is_well = await _copy_to_each(targets, copier, voices)
            except RuntimeError as error:
                if not _is_of_killed_worker(error):
                    raise
                raise Fatal("a worker process was killed: the copy is not complete") from None
            if not is_well:
                report.fail()
    prompt.close()
    tell.finish()


def _is_of_killed_worker(error: RuntimeError) -> bool:
    from concurrent.futures import BrokenExecutor

    return isinstance(error, BrokenExecutor)


def _allow_many_open_files() -> None:
    """Raise the limit as far as everyone may: each directory on the way down stays open at both ends."""
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def _copy_all(target: Target, copier: Copier, tell: Voice) -> bool:
    """Copy the operands to one destination; return whether all went well."""
    is_well = True
    for source in target.sources:
        is_well &= await _copy(source, target, copier, tell)
    return is_well


async def _copy_to_each(targets: Sequence[Target], copier: Copier, voices: Sequence[Voice]) -> bool:
    """Copy the operands to several destinations, reading every file once; return whether all went well."""
    from aiocli.core.loop import wait_for_loop
    from aiocli.engines.copy.shared import SharedRead

    await wait_for_loop()
    import asyncio

    shared = SharedRead(len(targets))

    async def copy_to(target: Target, voice: Voice) -> bool:
        twin = shared.join(copier, voice, voice.advance)
        try:
            return await _copy_all(target, twin, voice)
        finally:
            shared.leave()

    tasks = [asyncio.ensure_future(copy_to(target, voice)) for target, voice in zip(targets, voices, strict=True)]
    try:
        return all(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _copy(source: str, target: Target, copier: Copier, tell: Voice) -> bool:
    """Copy one operand, with the directories above it if those are asked for; return whether all went well."""
    from aiocli.commands._cp_targets import is_onto_itself
    from aiocli.engines.copy.node import AT_FDCWD, Node

    node, copy = Node(AT_FDCWD, source, source), target.node_of(source)
    if target.has_parents:
        return await _copy_with_parents(node, copy, copier, tell)
    rules = copier.rules
    if rules.backup is not None and rules.unlinks_if_unopenable and is_onto_itself(source, target):
        from aiocli.engines.copy.backups import backup_name

        name = backup_name(copy, rules.backup, rules.suffix)
        copier.rules = rules._replace(backup=None)
        return await copier.copy(node, Node(AT_FDCWD, name, name))
    return await copier.copy(node, copy)


async def _copy_with_parents(node: Node, copy: Node, copier: Copier, tell: Voice) -> bool:
    from aiocli.engines.copy.parents import Parents
    from aiocli.engines.copy.steps import CopyFailed

    parents = Parents(node.path, copy, copier.rules, tell.tell_parent)
    try:
        is_new = parents.make()
    except CopyFailed as failed:
        tell(failed.failure)
        return False
    is_well = await copier.copy(node, copy, is_new=is_new)
    try:
        parents.finish()
    except CopyFailed as failed:
        tell(failed.failure)
        return False
    return is_well


async def _require_backend(name: str) -> None:
    """Make the backend's context before any target is emptied.

    Raises:
        BackendUnavailable: it does not work here.
    """
    from aiocli.core.context import get_default_context
    from aiocli.core.loop import wait_for_loop

    await wait_for_loop()
    get_default_context(name)


def _pool_for(options: CpOptions, targets: Sequence[Target]) -> AbstractContextManager[ForkPool | None]:
    """Start workers where a tree will need them, before any thread or loop exists."""
    from aiocli.core.processors import count_processors

    own = options.own
    nworkers = own.jobs or count_processors()
    if not options.choices.is_recursive or own.backend is not None or nworkers < 2 or len(targets) > 1:
        return nullcontext()
    if not any(os.path.isdir(source) for source in targets[0].sources):
        return nullcontext()
    from aiocli.engines.executor import fork_pool

    return fork_pool(nworkers) or nullcontext()
