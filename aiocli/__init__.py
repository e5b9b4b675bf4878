"""Asynchronous file utilities: the library under `aio`."""
