"""Cases, custody and exports.

Revision: 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op

from monitor.store.tables import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_numbers",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_case_numbers")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=20), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("owner", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("held_since", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
    )
    op.create_index(op.f("ix_cases_state"), "cases", ["state"], unique=False)
    op.create_table(
        "exhibit_custody",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("exhibit_id", sa.String(length=60), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_exhibit_custody")),
    )
    op.create_index(op.f("ix_exhibit_custody_exhibit_id"), "exhibit_custody", ["exhibit_id"], unique=False)
    op.create_table(
        "exhibit_labels",
        sa.Column("initials", sa.String(length=10), nullable=False),
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("exhibit_id", sa.String(length=60), nullable=False),
        sa.Column("given_at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("initials", "serial", name=op.f("pk_exhibit_labels")),
        sa.UniqueConstraint("initials", "exhibit_id", name=op.f("uq_exhibit_labels_initials")),
    )
    op.create_table(
        "case_exhibits",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("exhibit_id", sa.String(length=60), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_exhibits_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "exhibit_id", name=op.f("pk_case_exhibits")),
    )
    op.create_index(op.f("ix_case_exhibits_exhibit_id"), "case_exhibits", ["exhibit_id"], unique=False)
    op.create_table(
        "case_log",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_log_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_log")),
    )
    op.create_index(op.f("ix_case_log_case_id"), "case_log", ["case_id"], unique=False)
    op.create_table(
        "exports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_exports_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exports")),
    )
    op.create_index(op.f("ix_exports_case_id"), "exports", ["case_id"], unique=False)
    op.create_table(
        "case_findings",
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("finding_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("added_at", Utc(), nullable=False),
        sa.Column("by", sa.String(length=30), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_findings_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["findings.id"], name=op.f("fk_case_findings_finding_id_findings")
        ),
        sa.PrimaryKeyConstraint("case_id", "finding_id", name=op.f("pk_case_findings")),
    )
    op.create_index(op.f("ix_case_findings_finding_id"), "case_findings", ["finding_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("restore the backup that the upgrade made")
