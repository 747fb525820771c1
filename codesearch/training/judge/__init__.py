"""How a local judge is fine-tuned: precedents enter, the folder of a LoRA adapter leaves.

:mod:`.lesson` says what is learnt and what is held out, :mod:`.exercise` writes a precedent as a prompt and
the answer to it, :mod:`.adapter` opens the model with fresh adapters and reads its losses, :mod:`.run` is the
loop, :mod:`.card` tells what came of it, :mod:`.build` ties them together. To learn from something else than
precedents, make :class:`~codesearch.core.feedback.Precedent` values of it.
"""
