"""Joins: every pair of contents that may be clones, without comparing every pair.

A snapshot and some of its rows enter; pairs of positions among these rows leave, each with an estimate of
what verification will find. The work grows with the number of rows, not with its square: a list of rows that
share something is compared within itself only while it is short, and every row keeps few partners.

A join is functions over parts (classes of hashes, ranges of positions, orders, ranges of pairs) that
:class:`codesearch.core.workers.Workers` run anywhere, and what puts their answers together here. Whatever
bounds it, such as how many contents hold an n-gram, is known over the whole before a part uses it, so that
the pairs are the same for any number of parts; ``tests/retriever/test_joins_in_parts.py`` holds every join
to it.

MinHash and its orders are numpy here and no library: the known ones take a Python loop per n-gram.
"""
