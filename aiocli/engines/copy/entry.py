"""What is copied, and where to: one file of any kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from aiocli.engines.copy.node import Node


class Entry(NamedTuple):
    """One file to copy, of any kind.

    Attributes:
        source: what.
        target: where to.
        top: the operand's target.
        below: the way from there to target, such as "/sub/file"; empty for the operand itself.
        is_new: nothing can be there, as the directory was made just now.
    """

    source: Node
    target: Node
    top: Node
    below: str = ""
    is_new: bool = False

    @property
    def is_operand(self) -> bool:
        """Whether it was named on the command line."""
        return not self.below
