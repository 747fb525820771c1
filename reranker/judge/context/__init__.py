"""What a judge is told beside the two fragments of a case, cut to a budget of tokens.

A case enters :meth:`.gather.ContextSource.context`, a :class:`~codesearch.core.judge.CaseContext` leaves.

- ``sides`` and ``files``: the two sides, and what their files declare; ``corpus``: what the index knows.
- ``definitions`` (with ``calls`` and ``meaning``), ``surroundings``, ``contrast``: the pieces of one kind.
- ``excerpt``: code as it may be shown; ``budget``: which pieces fit.

The pieces of a pair are the same whichever of its sides comes first, and what cannot be found (a file that is
gone, a language without a grammar) is left out. One more kind is a member of
:class:`~codesearch.core.judge.ContextKind` and a module that makes its pieces.
"""
