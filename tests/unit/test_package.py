"""The names of the package."""

import subprocess
import sys

import pytest

import aiocli


def test_every_public_name_is_there():
    for name in aiocli.__all__:
        assert getattr(aiocli, name) is not None
        assert name in dir(aiocli)


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = aiocli.nonsense


def test_importing_the_package_imports_nothing_else():
    script = (
        "import sys; before = set(sys.modules); import aiocli; "
        "print(sorted(set(sys.modules) - before - {'aiocli', 'typing', '__future__'}))"
    )
    ended = subprocess.run([sys.executable, "-c", f"import typing; {script}"], capture_output=True, text=True)
    assert ended.stdout == "[]\n"
