"""Embedders: fragments enter, L2-normalised float32 rows leave, each row a function of its fragment alone.

One file per embedder behind :class:`codesearch.core.protocols.Embedder`; :mod:`.registry` builds one from
its entry in ``configs/models.toml``. :mod:`.static` is the default, :mod:`.hashed_ngrams` the baseline that
learns nothing (its weights of words serve the pair features too). :mod:`.transformer` runs any
sentence-transformers model that :mod:`.pretrained` finds, with :mod:`.torch_runtime` below it and
:mod:`.code_text` as what it reads.
"""
