"""Candidate pairs to decisions with calibrated probabilities.

Two fragments enter, a :class:`~codesearch.core.results.Decision` leaves. :mod:`.cascade` asks the cheapest
evidence first: equal keys, then token alignment, then boosted trees over the features of :mod:`.features`;
:mod:`.evidence` and :mod:`.explain` say why. A decision depends on the two fragments
alone, so ``query``, ``compare`` and ``eval`` agree.
"""
