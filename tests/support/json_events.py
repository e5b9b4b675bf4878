"""Reads what `--json` printed, and holds each line to the schema that the docs promise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/events.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def events_of(output: bytes, *, with_progress: bool = False) -> list[dict[str, Any]]:
    """Parse output, checking each line against the schema.

    Args:
        output: lines.
        with_progress: also return how far it was, which is told or not depending on the machine's speed.
    """
    events = [json.loads(line) for line in output.splitlines()]
    for event in events:
        VALIDATOR.validate(event)
    return [event for event in events if with_progress or event["event"] != "progress"]
