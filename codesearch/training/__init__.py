"""How the shipped models are made: ``codesearch train embedder`` and ``codesearch train calibration``.

Labelled fragments enter, the files of one folder below ``models/`` leave, with a model card that says from
what they were made. Training is deterministic: the same data gives the same bytes.
"""
