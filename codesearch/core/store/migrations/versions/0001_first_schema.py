"""The first schema: corpora, blobs, fragments, versioned files, runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

big_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "meta",
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "corpora",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_corpora"),
        sa.UniqueConstraint("name", name="uq_corpora_name"),
    )
    op.create_table(
        "blobs",
        sa.Column("id", big_id, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(16), nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("role_by_content", sa.String(20), nullable=True),
        sa.Column("encoding", sa.String(40), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_blobs"),
        sa.UniqueConstraint("hash", "language", name="uq_blobs_hash_language"),
    )
    op.create_table(
        "fragments",
        sa.Column("id", big_id, autoincrement=False, nullable=False),
        sa.Column("blob_id", big_id, nullable=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("container", sa.Text(), nullable=False),
        sa.Column("start_line", sa.Integer(), nullable=False),
        sa.Column("end_line", sa.Integer(), nullable=False),
        sa.Column("layout", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_fragments"),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name="fk_fragments_blob_id"),
    )
    op.create_index("ix_fragments_blob_id", "fragments", ["blob_id"])
    op.create_index("ix_fragments_key", "fragments", ["key"])
    op.create_table(
        "files",
        sa.Column("id", big_id, autoincrement=False, nullable=False),
        sa.Column("corpus_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("modified_ns", sa.BigInteger(), nullable=False),
        sa.Column("blob_id", big_id, nullable=True),
        sa.Column("language", sa.String(40), nullable=True),
        sa.Column("role", sa.String(20), nullable=True),
        sa.Column("rule", sa.String(100), nullable=True),
        sa.Column("reason", sa.String(40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("removed_in", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
        sa.ForeignKeyConstraint(["corpus_id"], ["corpora.id"], name="fk_files_corpus_id"),
        sa.ForeignKeyConstraint(["blob_id"], ["blobs.id"], name="fk_files_blob_id"),
    )
    op.create_index("ix_files_corpus_id_path", "files", ["corpus_id", "path"])
    op.create_index("ix_files_blob_id", "files", ["blob_id"])
    op.create_index("ix_files_added_in", "files", ["added_in"])
    op.create_index("ix_files_removed_in", "files", ["removed_in"])
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
