"""What every long-lived process shares, whoever it talks to: the web server and the agent server.

One :class:`.live_index.LiveIndex` is as new as what was published last; requests name code by
:class:`.sources.Named` and open no file but those of :class:`.corpus_files.CorpusFiles`; the work is done off
the event loop in a :class:`.pool.WorkPool`.
"""
