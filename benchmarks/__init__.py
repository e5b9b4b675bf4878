"""Benchmarks, one script a question; see README.md. Not for tests: they judge no result."""
