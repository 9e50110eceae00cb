"""The first schema.

Revision: 0001, after None.
"""

import sqlalchemy as sa
from alembic import op

from monitor.store.tables import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "counters",
        sa.Column("week", sa.String(length=10), nullable=False),
        sa.Column("category", sa.String(length=4), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("week", "category", "source_key", name=op.f("pk_counters")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("ticked_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.String(length=40), nullable=False),
        sa.Column("native_id", sa.String(length=500), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("posted_at", Utc(), nullable=True),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("fetched_at", Utc(), nullable=False),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.Column("text_digest", sa.String(length=32), nullable=False),
        sa.Column("next_reread_at", Utc(), nullable=True),
        sa.Column("rereads", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("platform", "native_id", name=op.f("uq_items_platform")),
    )
    op.create_index("ix_items_author", "items", ["platform", "author"], unique=False)
    op.create_index(op.f("ix_items_next_reread_at"), "items", ["next_reread_at"], unique=False)
    op.create_table(
        "reference_numbers",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_reference_numbers")),
    )
    op.create_table(
        "register",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("imported_at", Utc(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("pupils", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_register")),
    )
    op.create_table(
        "seen",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_seen")),
    )
    op.create_index(op.f("ix_seen_seen_at"), "seen", ["seen_at"], unique=False)
    op.create_table(
        "sources",
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("next_poll_at", Utc(), nullable=False),
        sa.Column("last_run_at", Utc(), nullable=True),
        sa.Column("last_good_at", Utc(), nullable=True),
        sa.Column("last_outcome", sa.String(length=30), nullable=True),
        sa.Column("last_detail", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("told_operator_at", Utc(), nullable=True),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sources")),
    )
    op.create_table(
        "findings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("found_at", Utc(), nullable=False),
        sa.Column("retention", sa.String(length=40), nullable=False),
        sa.Column("decision", sa.String(length=30), nullable=True),
        sa.Column("decided_at", Utc(), nullable=True),
        sa.Column("decided_by", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_findings_item_id_items")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_findings")),
        sa.UniqueConstraint("item_id", name=op.f("uq_findings_item_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_findings_reference")),
    )
    op.create_index(op.f("ix_findings_found_at"), "findings", ["found_at"], unique=False)
    op.create_table(
        "item_versions",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seen_at", Utc(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_versions_item_id_items")),
        sa.PrimaryKeyConstraint("item_id", "number", name=op.f("pk_item_versions")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_key", sa.String(length=100), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("finished_at", Utc(), nullable=False),
        sa.Column("outcome", sa.String(length=30), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("items_seen", sa.Integer(), nullable=False),
        sa.Column("items_kept", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["source_key"], ["sources.key"], name=op.f("fk_runs_source_key_sources")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("source_key", "started_at", name=op.f("uq_runs_source_key")),
    )
    op.create_table(
        "alerts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("office", sa.String(length=30), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("thread", sa.String(length=200), nullable=False),
        sa.Column("date", Utc(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("message", sa.JSON(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("sent_at", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Utc(), nullable=False),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_alerts_finding_id_findings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
        sa.UniqueConstraint("key", name=op.f("uq_alerts_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_alerts_message_id")),
    )
    op.create_index("ix_alerts_due", "alerts", ["state", "next_attempt_at"], unique=False)
    op.create_index(op.f("ix_alerts_finding_id"), "alerts", ["finding_id"], unique=False)
    op.create_index(op.f("ix_alerts_state"), "alerts", ["state"], unique=False)
    op.create_table(
        "assessments",
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("assessment", sa.JSON(), nullable=False),
        sa.Column("matches", sa.JSON(), nullable=False),
        sa.Column("routing", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_assessments_finding_id_findings")
        ),
        sa.PrimaryKeyConstraint("finding_id", "number", name=op.f("pk_assessments")),
    )
    op.create_table(
        "captures",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exhibit_id", sa.String(length=60), nullable=False),
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("trigger", sa.String(length=30), nullable=False),
        sa.Column("requested_at", Utc(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Utc(), nullable=False),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_captures_finding_id_findings")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("exhibit_id", name=op.f("uq_captures_exhibit_id")),
        sa.UniqueConstraint("finding_id", "version", name=op.f("uq_captures_finding_id")),
    )
    op.create_index("ix_captures_due", "captures", ["state", "next_attempt_at"], unique=False)
    op.create_index(op.f("ix_captures_finding_id"), "captures", ["finding_id"], unique=False)
    op.create_index(op.f("ix_captures_state"), "captures", ["state"], unique=False)
    op.create_table(
        "custody",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["finding_id"], ["findings.id"], name=op.f("fk_custody_finding_id_findings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_custody")),
    )
    op.create_index(op.f("ix_custody_finding_id"), "custody", ["finding_id"], unique=False)
    op.create_table(
        "finding_people",
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_finding_people_finding_id_findings")
        ),
        sa.PrimaryKeyConstraint("finding_id", "person_id", name=op.f("pk_finding_people")),
    )
    op.create_table(
        "exhibits",
        sa.Column("exhibit_id", sa.String(length=60), nullable=False),
        sa.Column("capture_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("root_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed_at", Utc(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["capture_id"], ["captures.id"], name=op.f("fk_exhibits_capture_id_captures")
        ),
        sa.PrimaryKeyConstraint("exhibit_id", name=op.f("pk_exhibits")),
        sa.UniqueConstraint("capture_id", name=op.f("uq_exhibits_capture_id")),
        sa.UniqueConstraint("sequence", name=op.f("uq_exhibits_sequence")),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the backup that the upgrade made")
