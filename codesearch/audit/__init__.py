"""Whole-repository audits: fragments of a snapshot in, clone classes out, and what a team does with them.

The retriever's joins propose pairs, the cascade verifies them, classes are grown from verified pairs so that
every member matches its class. Then the repository's own files hide what it accepted, the baseline says what
is new, and the gate passes or closes.
"""
