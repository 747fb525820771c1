"""What requests want done, as functions that run in a thread of the pool and give the values of the core.

Routes of the API and pages share them: the first write documents of what comes back, the second HTML.
"""
