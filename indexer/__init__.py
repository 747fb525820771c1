"""Corpus to index: files enter, an immutable snapshot on disk leaves.

``corpus`` lists and decodes files, ``parsing`` cuts them into fragments, ``normal`` computes their normal
forms and fingerprints, ``embedding`` turns them into vectors, ``vectors`` holds nearest-neighbour
structures, ``segments`` is the on-disk format, and ``build`` runs them in that order. To add a language
see ``parsing``, an embedder ``embedding``.
"""
