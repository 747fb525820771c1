"""Text in code that addresses whoever judges it: :mod:`.detector` finds it, :mod:`.phrases` has its words."""
