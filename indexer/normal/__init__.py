"""Normal forms of a fragment: what stays when layout, names and literals are taken away.

A :class:`~codesearch.core.types.Tokens` enters; keys for exact lookup (:mod:`.keys`), winnowed n-grams for
near misses (:mod:`.winnow`) and identifier sub-tokens for meaning (:mod:`.subtokens`) leave. All are
functions of the tokens alone, so equal code has equal forms wherever it stands.
"""
