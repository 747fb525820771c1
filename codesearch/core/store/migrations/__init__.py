"""Alembic migrations of the store, run by :mod:`codesearch.core.store.schema`."""
