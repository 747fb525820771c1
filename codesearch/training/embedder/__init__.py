"""How the static embedder is made: labelled fragments enter, int8 rows and their features leave.

:mod:`.selection` chooses which features get a row of their own, :mod:`.dataset` turns fragments into rows,
:mod:`.batches` draws batches and drops features, :mod:`.bag` learns the rows by the contrastive loss of
:mod:`.contrastive`, :mod:`.validation` watches retrieval on held-out problems, :mod:`.runlog` keeps the
curves, :mod:`.run` ties them together.
"""
