"""One line that says how a file's data went, from what ran and never from what was to be expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiocli.ui.sizes import format_size

if TYPE_CHECKING:
    from collections.abc import Iterable


def explain(
    attempts: Iterable[tuple[str, str]], nbytes: int, seconds: float, *, backend: str | None = None, remark: str = ""
) -> str:
    """Say how data went: `plain, 12 B in 0.001 s (11.7 KiB/s); not reflink: another file system`.

    Args:
        attempts: (strategy, why it gave up, or "" if it did it) in order.
        nbytes: how much was moved.
        seconds: how long it took; 0 leaves the rate out.
        backend: the named backend, None if there is none.
        remark: what else is to be known; may be empty.
    """
    tried = list(attempts)
    strategy = next((name for name, refusal in tried if not refusal), "nothing moved")
    by = f" by {backend}" if backend is not None and strategy == "context" else ""
    rate = f" ({format_size(round(nbytes / seconds))}/s)" if seconds > 0 and nbytes else ""
    said = f"{strategy}{by}, {format_size(nbytes)} in {seconds:.3f} s{rate}"
    if remark:
        said += f", {remark}"
    refused: dict[str, list[str]] = {}
    for name, refusal in tried:
        if refusal:
            refused.setdefault(refusal, []).append(name)
    return "; ".join([said, *(f"not {', '.join(names)}: {refusal}" for refusal, names in refused.items())])
