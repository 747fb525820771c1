"""How a cross-encoder is fine-tuned: labelled code enters, a folder that scores pairs leaves.

:mod:`.splits` says what is learnt from and what is held out, :mod:`.pairs` makes pairs of labelled code,
:mod:`.draw` draws batches of them, easy ones first, :mod:`.network` opens the transformer and gives it a head
and adapters, :mod:`.run` is the loop and :mod:`.checkpoint` what it keeps, :mod:`.export` writes ONNX with
8-bit weights, :mod:`.build` ties them together.
"""
