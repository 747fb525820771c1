"""Measuring on labelled data.

What enters: fragments and pairs with labels (:mod:`.datasets`), and what the product answered about them:
ranked neighbours, probabilities, verdicts. What leaves: plain numbers with their counts, from :mod:`.ranking`
(MAP@R, P@1, recall@k), :mod:`.metrics` (precision, recall, calibration, intervals) and :mod:`.bands` (recall
by clone type, micro and macro). These modules run no part of the product: the commands do, and hand over
arrays.

To add a metric: one function with its definition and source in the docstring, beside those that take the same
arrays, and a test that compares it with the definition written out in plain Python.
"""
