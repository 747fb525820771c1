"""Asks a model about pairs: within a budget (:mod:`.budget`), each pair once (:mod:`.verdict_cache`).

:mod:`.model_judge` decides what is asked and when to stop, :mod:`.hearing` hears the model about one pair
until an answer holds, :mod:`.prompting` writes what is asked from the versioned files in ``prompts``: to
change a prompt, add a file with the next version.
"""
