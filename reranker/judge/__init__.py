"""The judge: final verdicts on the pairs that the cascade leaves open.

A :class:`~codesearch.core.judge.Case` enters, a :class:`~codesearch.core.judge.Ruling` leaves, or None
where the cascade's decision stands. :mod:`.stage` asks in turn: the user's own verdicts
(:mod:`.user_verdicts`), a model (:mod:`.asking`) where one is set, the precedents (:mod:`.precedents`).

A model is a :class:`~.completer.Completer`: at a server (:mod:`.chat`) or in this process (:mod:`.local`).
What it reads of code is made by :mod:`.view`, beside what :mod:`.context` retrieves; :mod:`.answers` reads
and checks what it says; :mod:`.manipulation` finds text that addresses it. To add a kind of model, write a
completer and name it in ``codesearch/judges.py``; to add a judge, implement
:class:`~codesearch.core.protocols.Judge`.
"""
