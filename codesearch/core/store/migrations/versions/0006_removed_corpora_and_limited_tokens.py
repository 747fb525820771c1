"""Corpora that were removed, and tokens that see some corpora only."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns."""
    op.add_column("corpora", sa.Column("removed_in", sa.Integer()))
    op.add_column("access_tokens", sa.Column("corpora", sa.Text()))
