"""Makes caio's submodules importable one at a time, as `aiocli.core._caio.linux_uring` and so on.

`import caio` imports and probes every backend (30 to 125 ms). This module has caio's directory as its own
search path instead, so that importing one backend runs that backend only. A genuine `import caio` still works
beside it, before or after: the two share the C types and nothing else.
"""

from __future__ import annotations

import importlib.util

_caio = importlib.util.find_spec("caio")
__path__ = list(_caio.submodule_search_locations or ()) if _caio is not None else []
