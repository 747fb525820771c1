"""Embedders: fragments enter, L2-normalised float32 rows leave, each row a function of its fragment alone.

One file per embedder behind :class:`codesearch.core.protocols.Embedder`; :mod:`.registry` builds one from
its entry in ``configs/models.toml``. :mod:`.ngrams` holds the features that the shipped embedder and the
pair features share.
"""
