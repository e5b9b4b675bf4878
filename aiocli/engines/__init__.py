"""The work itself. No click, no rich, no printing; engines report through values and callbacks."""
