"""caio's submodules one at a time, beside the genuine package."""

import subprocess
import sys

import pytest

from tests.support.backends import BACKEND_PARAMS


def _python(script):
    return subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("backend", BACKEND_PARAMS)
def test_loading_one_backend_imports_no_other(backend):
    ended = _python(
        "import sys\n"
        "from aiocli.core.backends import BACKENDS, load\n"
        f"load({backend!r})\n"
        "loaded = {b.name for b in BACKENDS.values() if f'aiocli.core._caio.{b.module}' in sys.modules}\n"
        f"assert loaded == {{{backend!r}}}, loaded\n"
        "assert 'caio' not in sys.modules\n"
        "assert 'asyncio' not in sys.modules or loaded == {'python'}\n"
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize("order", ["ours first", "caio first"])
def test_genuine_caio_works_beside_ours_in_both_orders(order, tmp_path):
    (tmp_path / "data").write_bytes(b"content")
    statements = ["import caio", "modules = [load(name) for name in names]"]
    script = "\n".join(
        [
            "import asyncio, os",
            "from aiocli.core.backends import load, working",
            "from aiocli.core.context import create_context",
            "names = working()",
            *(statements if order == "caio first" else reversed(statements)),
            "async def main():",
            f"    fd = os.open({str(tmp_path / 'data')!r}, os.O_RDONLY)",
            "    for variant in caio.variants_asyncio:",
            "        context = variant.AsyncioContext(max_requests=8)",
            "        assert await context.read(7, fd, 0) == b'content'",
            "        context.close()",
            "    for name in names:",
            "        context = create_context(backend=name)",
            "        assert await context.read(7, fd, 0) == b'content'",
            "        context.close()",
            "asyncio.run(main())",
        ]
    )
    ended = _python(script)
    assert (ended.returncode, ended.stderr) == (0, "")
