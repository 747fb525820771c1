"""The prompting study: how well one's own model judges labelled pairs, by prompt, context and temperature.

What enters: labelled pairs (:mod:`.data`), what is to be tried (:mod:`.plan`) and a model. What leaves: a
folder with every answer (:mod:`.answer_log`), ``study.json`` (:mod:`.document`) and ``study.html``
(:mod:`.page`, :mod:`.charts`).

:mod:`.run` puts it together. Pairs become cases of the judge (:mod:`.cases`, over the code of
:mod:`.corpus`), each is shown with what was retrieved for it and never with its own label
(:mod:`.exhibits`), and asked about once per cell and repeat (:mod:`.asking`). Every parser turns the answers
into labels (:mod:`.reading`), which are counted (:mod:`.figures`), set beside those that need no model
(:mod:`.baselines`) and compared (:mod:`.comparisons`).

One more variant of context is a member of :class:`.plan.Variant`; prompts and parsers are the judge's own.
"""
