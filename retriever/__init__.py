"""Fragment to ranked candidates, without comparing everything with everything.

Fragments enter; every lane of :mod:`.lanes` proposes rows of a snapshot, :mod:`.fusion` merges the
rankings, and :mod:`.candidates` returns one list per fragment. Lanes only propose: what a pair is worth is
settled by ``reranker`` from the two fragments alone. To add a lane, write one file in ``lanes`` and name
it in ``lanes/__init__``.
"""
