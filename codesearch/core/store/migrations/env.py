"""What alembic runs: the packaged migrations over the connection it is handed."""

from __future__ import annotations

from alembic import context

from codesearch.core.store.models import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
