"""The backends as test parameters; those that do not work here are skipped, and say why."""

import pytest

from aiocli.core.backends import BACKENDS, unavailable


def _param(name):
    reason = unavailable(name)
    marks = pytest.mark.skip(reason=f"backend {name}: {reason}") if reason else ()
    return pytest.param(name, id=name, marks=marks)


BACKEND_PARAMS = [_param(name) for name in BACKENDS]
FILE_PARAMS = [pytest.param(None, id="auto"), *BACKEND_PARAMS]
"""For AIOFile(backend=...): auto and every backend."""
