"""Class decorators for file classes of one's own: methods and attributes of the file object, by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aiocli.aiofiles._methods import Attribute, make_direct, make_in_turn

if TYPE_CHECKING:
    from collections.abc import Callable

C = TypeVar("C", bound=type)


def delegate_to_executor(*attrs: str) -> Callable[[C], C]:
    """Add coroutine methods that call the file object's in a thread, in the order of the calls."""
    return _adding(attrs, make_in_turn)


def proxy_method_directly(*attrs: str) -> Callable[[C], C]:
    """Add methods that call the file object's here and now."""
    return _adding(attrs, make_direct)


def proxy_property_directly(*attrs: str) -> Callable[[C], C]:
    """Add attributes of the file object."""
    return _adding(attrs, Attribute)


def cond_delegate_to_executor(*attrs: str) -> Callable[[C], C]:
    """Add coroutine methods as `delegate_to_executor` does: memory is no reason for another order."""
    return delegate_to_executor(*attrs)


def _adding(attrs: tuple[str, ...], make: Callable[[str], object]) -> Callable[[C], C]:
    def add(cls: C) -> C:
        for name in attrs:
            setattr(cls, name, make(name))
        return cls

    return add
