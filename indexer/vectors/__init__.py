"""Nearest-neighbour structures over int8 rows, behind :class:`codesearch.core.protocols.VectorIndex`.

:mod:`.flat` is exact, :mod:`.ivf` is for more than :data:`.choice.FLAT_LIMIT` rows, :mod:`.ivf_pq` for less
memory than these take. To add one, write a file with a class that passes
``tests/contracts/test_vector_index.py`` and name it in :mod:`.choice`.
"""
