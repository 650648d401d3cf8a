"""What each character says for words that are written otherwise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the list."""
    op.add_column(
        "characters",
        sa.Column("pronunciations", sa.JSON, nullable=False, server_default=sa.text("'[]'")),
    )


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("characters") as characters:
        characters.drop_column("pronunciations")
