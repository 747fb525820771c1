"""What ``docs/models.md`` shows, measured: the embedders, the lanes around the default one, and their cost.

What enters: the embedders of ``configs/models.toml`` (:mod:`.contenders`) and the test splits of the labelled
data (:mod:`.yardsticks`). What leaves: ``codesearch.eval-retrieval/1`` documents per model (:mod:`.quality`)
and per lane (:mod:`.lanes`), and times and sizes (:mod:`.cost`). A further embedder is one entry in
``configs/models.toml``; a further data set is one line in :mod:`.yardsticks`.
"""
