"""The store: which files, contents and fragments an index knows, in SQLite or PostgreSQL.

In: files, contents (blobs) and fragments of a run, in bulk. Out: what a snapshot sees. A snapshot is a run's
number; rows of files say from which run to which they are valid, so readers of one snapshot are not disturbed
by a run that is being written, and a run that died is undone by :func:`.history.forget_after`. Blobs and
fragments are immutable and belong to content, not to a place. :class:`.database.Database` opens a store; the
modules beside it hold one kind of row or question each. A new column is a change in :mod:`.models`, a
migration in ``migrations/versions`` and a new :data:`.schema.HEAD`; a test compares the migrated schema with
the models. Importing it costs SQLAlchemy (0.3 s); alembic is imported only to migrate.
"""
