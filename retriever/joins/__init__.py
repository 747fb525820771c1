"""Joins: every pair of contents that may be clones, without comparing every pair.

A snapshot and some of its rows enter; pairs of positions among these rows leave, each with an estimate of
what verification will find. The work grows with the number of rows, not with its square: a list of rows that
share something is compared within itself only while it is short, and every row keeps few partners.

MinHash and its orders are numpy here and no library: the known ones take a Python loop per n-gram.
"""
