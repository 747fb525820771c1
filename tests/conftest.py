"""Puts this folder on the path, so that tests of every package can import :mod:`snippets`."""
