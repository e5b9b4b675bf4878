"""Exit statuses, named."""

OK = 0
FAILURE = 1
"""Something failed, did not match, or was asked wrongly (as GNU has it)."""
USAGE = 2
"""Wrong usage of the group itself, of doctor or of completion."""
BUG = 70
"""A bug in aio (EX_SOFTWARE)."""
