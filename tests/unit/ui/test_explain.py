"""The line that says how data went."""

import pytest

from aiocli.ui.explain import explain


@pytest.mark.parametrize(
    ("args", "options", "line"),
    [
        (([("plain", "")], 0, 0.0), {}, "plain, 0 B in 0.000 s"),
        (([("plain", "")], 2048, 0.5), {}, "plain, 2 KiB in 0.500 s (4 KiB/s)"),
        (
            ([("reflink", "no"), ("overlapped", "small"), ("splice", "no"), ("plain", "")], 10, 1.0),
            {"remark": "verified"},
            "plain, 10 B in 1.000 s (10 B/s), verified; not reflink, splice: no; not overlapped: small",
        ),
        (([("context", "")], 1, 1.0), {"backend": "uring"}, "context by uring, 1 B in 1.000 s (1 B/s)"),
        (([], 0, 0.1), {"remark": "complete already"}, "nothing moved, 0 B in 0.100 s, complete already"),
    ],
)
def test_line_tells_what_ran_and_why_nothing_else(args, options, line):
    assert explain(*args, **options) == line
