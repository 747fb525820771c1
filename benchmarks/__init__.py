"""Measured claims: speed and quality of codesearch beside its peers.

``python -m benchmarks NAME...`` runs benchmarks, writes ``benchmarks/results/NAME.json`` (machine, load,
versions, commit, date, counts, seeds and figures) and regenerates ``docs/benchmarks.md`` and
``docs/models.md`` from all results; ``python -m benchmarks report`` only regenerates. Labelled data is read
from the folder ``$CODESEARCH_DATA``, the code of ``growth`` from folders named with ``--source NAME=FOLDER``.
``python -m benchmarks judged`` draws and scores what people judge, see :mod:`benchmarks.judged`.

A benchmark is one module with ``run`` (measure, give a JSON document) and ``table`` (the Markdown lines of
that document), registered in :mod:`benchmarks.registry`. A peer is one file in :mod:`benchmarks.peers`.
"""
