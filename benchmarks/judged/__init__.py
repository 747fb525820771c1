"""Judged precision: reported pairs and decoys, labelled by someone who sees neither score nor origin.

``python -m benchmarks judged draw --audit DOCUMENT FOLDER --output FOLDER`` draws a round from documents of
``codesearch audit --json`` and writes ``sample.jsonl`` for whoever labels (rows ``{"pair", "languages", "a",
"b"}``, shuffled) and ``key.jsonl``, which is kept from them (rows ``{"pair", "origin"}``). Both stay outside
the repository, because the decoys' text is not ours to publish.

Labels are rows ``{"pair", "verdict"}``, the verdict ``clone`` or ``not_clone``. ``python -m benchmarks
judged score LABELS --key KEY`` gives the shares; ``--keep NAME`` also keeps the labels, by the hash of their
pair, in ``benchmarks/judged/rounds/NAME.jsonl`` and publishes all rounds that are kept there.
"""

from benchmarks.judged.score import table

__all__ = ["table"]
