"""Asynchronous files on caio: backends, contexts, files, streams. Prints nothing, knows no click."""
