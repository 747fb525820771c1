"""Shared vocabulary of the pipeline: values, errors, settings, protocols and the store.

Everything else in the project imports from here and this package imports nothing of ours. Values that cross a
module boundary live in :mod:`.types` (code) and :mod:`.results` (answers); the plug points are in
:mod:`.protocols`. To add a kind of value, put it in the module whose paragraph it belongs to; to add a
failure, add a subclass in :mod:`.errors` so that it carries its own exit code.
"""
