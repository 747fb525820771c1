"""The judge without a model: labelled pairs, and what they say about others.

Precedents enter :func:`.memories.load_memories`; :class:`.judge.PrecedentJudge` weighs the nearest of them,
and names those that a model is shown. :mod:`.kernel` says how alike two pairs are (docs/adr/0008).
"""
