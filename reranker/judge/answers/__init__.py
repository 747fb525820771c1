"""From what a model wrote to an :class:`~codesearch.core.judge.Answer`, and what is wrong with one.

:mod:`.parsers` names the parsers and runs them. Each way of answering has its module: :mod:`.json_object`
(alone or in prose), :mod:`.tagged` (between ``<answer>`` tags), :mod:`.prose` (``verdict: ...``),
:mod:`.labels` (one label, or the probabilities of labels); :mod:`.values` reads the parts that they find.
:mod:`.checks` compares an answer with what was shown.

A parser takes a :class:`~reranker.judge.completer.Completion`, whose text may be anything, and returns None
for what it does not understand. It never guesses, and raises nothing but :class:`.values.Contradiction`. To
add one, write a function like these and name it in :data:`.parsers.PARSERS`.
"""

from reranker.judge.answers.checks import problem_with, retry_note
from reranker.judge.answers.parsers import PARSERS, parse_answer

__all__ = ["PARSERS", "parse_answer", "problem_with", "retry_note"]
