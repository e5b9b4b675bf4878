"""Patterns that programs otherwise write by hand on asynchronous files, ready made."""
