"""Text in code that addresses whoever judges it: :mod:`.detector` finds it by the words in :mod:`.phrases`."""
