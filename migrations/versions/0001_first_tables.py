"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "characters",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.String, unique=True),
        sa.Column("name", sa.String, nullable=False),
        *(
            sa.Column(name, sa.String, nullable=False)
            for name in ("profile", "personality", "scenario", "first_mes", "mes_example")
        ),
        sa.Column("lorebook", sa.JSON, nullable=False),
        sa.Column("voice", sa.JSON, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("avatar_url", sa.String, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "chat_logs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("turn_id", sa.String, nullable=False, unique=True),
        sa.Column(
            "character_id",
            sa.Integer,
            sa.ForeignKey("characters.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("user_message", sa.String, nullable=False),
        sa.Column("character_response", sa.String, nullable=False),
        sa.Column("written", sa.String, nullable=False),
        sa.Column("audio_file", sa.String, nullable=False),
        sa.Column("timestamp", sa.DateTime, nullable=False),
        sa.Column("emotion", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.Column("engine", sa.String, nullable=False),
        sa.Column("model", sa.String, nullable=False),
        sa.Column("stages", sa.JSON, nullable=False),
    )
    op.create_index("ix_chat_logs_character", "chat_logs", ["character_id", "id"])
    op.create_table(
        "training_data",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("filename", sa.String, nullable=False),
        sa.Column("transcript", sa.String, nullable=False),
        sa.Column("duration", sa.Double, nullable=False),
        sa.Column("speaker", sa.String, nullable=False),
        sa.Column("emotion", sa.String, nullable=False),
        sa.Column("quality", sa.Double, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "models",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("model_path", sa.String, nullable=False),
        sa.Column("character_id", sa.Integer, sa.ForeignKey("characters.id", ondelete="SET NULL")),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("epochs_trained", sa.Integer, nullable=False),
        sa.Column("loss", sa.Double),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("event_type", sa.String, nullable=False),
        sa.Column("message", sa.String, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("timestamp", sa.DateTime, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
    )
    op.create_index("ix_events_event_type", "events", ["event_type"])
    op.create_table(
        "state",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("value", sa.String, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("state", "events", "models", "training_data", "chat_logs", "characters"):
        op.drop_table(table)
