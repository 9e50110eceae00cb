"""The SQLAlchemy Core tables. Times are aware UTC in and out; enums are kept as their words.

Every table that work is claimed from has a next-attempt time and `lease_until`
(DESIGN.md: rows are the truth; runners only nudge).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for INTEGER keys."""


class Utc(TypeDecorator[datetime]):
    """An aware UTC time. A naive one is refused: it would be a guess about a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        in_utc = value.astimezone(UTC)
        return in_utc if dialect.name == "postgresql" else in_utc.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _claimable() -> list[Column[Any]]:
    return [
        Column("attempts", Integer, nullable=False, default=0),
        Column("next_attempt_at", Utc, nullable=False),
        Column("lease_until", Utc),
    ]


sources = Table(
    "sources",
    metadata,
    Column("key", String(100), primary_key=True),
    Column("added_at", Utc, nullable=False),
    Column("cursor", Text),
    Column("next_poll_at", Utc, nullable=False),
    Column("last_run_at", Utc),
    Column("last_good_at", Utc),
    Column("last_outcome", String(30)),
    Column("last_detail", Text, nullable=False, default=""),
    Column("failures", Integer, nullable=False, default=0),
    Column("told_operator_at", Utc),
    Column("lease_until", Utc),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source_key", String(100), ForeignKey("sources.key"), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc, nullable=False),
    Column("outcome", String(30), nullable=False),
    Column("detail", Text, nullable=False, default=""),
    Column("items_seen", Integer, nullable=False, default=0),
    Column("items_kept", Integer, nullable=False, default=0),
    UniqueConstraint("source_key", "started_at"),
)

# Only keyed digests: what concerned nobody cannot be read back (DESIGN.md, forget by default).
seen = Table(
    "seen",
    metadata,
    Column("digest", String(32), primary_key=True),
    Column("seen_at", Utc, nullable=False, index=True),
)

# No names, no handles, no text: a week, a class, a source, a number (R43).
counters = Table(
    "counters",
    metadata,
    Column("week", String(10), primary_key=True),
    Column("category", String(4), primary_key=True),
    Column("source_key", String(100), primary_key=True),
    Column("count", Integer, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String(40), nullable=False),
    Column("native_id", String(500), nullable=False),
    Column("source_key", String(100), nullable=False),
    Column("url", Text, nullable=False),
    Column("author", Text),
    Column("text", Text, nullable=False),
    Column("posted_at", Utc),
    Column("reply_to", Text),
    Column("state", String(20), nullable=False),
    Column("fetched_at", Utc, nullable=False),
    Column("official", Boolean, nullable=False),
    Column("text_digest", String(32), nullable=False),
    Column("next_reread_at", Utc, index=True),
    Column("rereads", Integer, nullable=False, default=0),
    UniqueConstraint("platform", "native_id"),
)

item_versions = Table(
    "item_versions",
    metadata,
    Column("item_id", Id, ForeignKey("items.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("seen_at", Utc, nullable=False),
    Column("state", String(20), nullable=False),
    Column("text", Text, nullable=False),
)

references = Table(
    "reference_numbers",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("id", Id, primary_key=True),
    Column("reference", String(20), nullable=False, unique=True),
    Column("item_id", Id, ForeignKey("items.id"), nullable=False, unique=True),
    Column("found_at", Utc, nullable=False, index=True),
    Column("retention", String(40), nullable=False),
    Column("decision", String(30)),
    Column("decided_at", Utc),
    Column("decided_by", String(30)),
)

# Append-only: the machine's first view is never overwritten (R51). The newest row counts.
assessments = Table(
    "assessments",
    metadata,
    Column("finding_id", Id, ForeignKey("findings.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Utc, nullable=False),
    Column("by", String(30), nullable=False),
    Column("why", Text, nullable=False, default=""),
    Column("assessment", JSON, nullable=False),
    Column("matches", JSON, nullable=False),
    Column("routing", JSON, nullable=False),
)

finding_people = Table(
    "finding_people",
    metadata,
    Column("finding_id", Id, ForeignKey("findings.id"), primary_key=True),
    Column("person_id", String(100), primary_key=True),
)

captures = Table(
    "captures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("exhibit_id", String(60), nullable=False, unique=True),
    Column("finding_id", Id, ForeignKey("findings.id"), index=True),
    Column("version", Integer, nullable=False, default=1),
    Column("url", Text, nullable=False),
    Column("mode", String(20), nullable=False),
    Column("trigger", String(30), nullable=False),
    Column("requested_at", Utc, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("outcome", String(20)),
    Column("detail", Text, nullable=False, default=""),
    Column("missing", JSON, nullable=False, default=list),
    *_claimable(),
    UniqueConstraint("finding_id", "version"),
)

exhibits = Table(
    "exhibits",
    metadata,
    Column("exhibit_id", String(60), primary_key=True),
    Column("capture_id", Id, ForeignKey("captures.id"), unique=True),
    Column("sequence", Integer, nullable=False, unique=True),
    Column("root_digest", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("sealed_at", Utc, nullable=False),
    Column("folder", Text, nullable=False),
)

# Who looked at what was found, whether or not there is an exhibit of it (R79). Append-only.
custody = Table(
    "custody",
    metadata,
    Column("id", Id, primary_key=True),
    Column("finding_id", Id, ForeignKey("findings.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("event", String(30), nullable=False),
    Column("by", String(30), nullable=False),
    Column("reason", Text, nullable=False),
)

# The words to a custody entry of the chain: why, to whom, how. They may name somebody, so they stay here,
# where they can be erased; the chain holds office and event only (R79, docs/adr/0004-erasure.md).
exhibit_custody = Table(
    "exhibit_custody",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("exhibit_id", String(60), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("event", String(40), nullable=False),
    Column("by", String(30), nullable=False),
    Column("reason", Text, nullable=False),
    Column("recipient", Text, nullable=False, default=""),
    Column("how", Text, nullable=False, default=""),
)

case_numbers = Table(
    "case_numbers",
    metadata,
    Column("year", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("reference", String(20), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("owner", String(30), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("held_since", Utc),
)

case_findings = Table(
    "case_findings",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True),
    Column("finding_id", Id, ForeignKey("findings.id"), primary_key=True, index=True),
    Column("added_at", Utc, nullable=False),
    Column("by", String(30), nullable=False),
)

# Exhibits that a person asked for and that belong to no finding. No foreign key: the archive is the truth,
# and the index of exhibits can be made anew from it.
case_exhibits = Table(
    "case_exhibits",
    metadata,
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True),
    Column("exhibit_id", String(60), primary_key=True, index=True),
    Column("added_at", Utc, nullable=False),
    Column("by", String(30), nullable=False),
)

# What people did about a case, in their words (R92). Append-only.
case_log = Table(
    "case_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("by", String(30), nullable=False),
    Column("event", String(30), nullable=False),
    Column("words", Text, nullable=False),
)

exports = Table(
    "exports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False, index=True),
    Column("at", Utc, nullable=False),
    Column("by", String(30), nullable=False),
    Column("audience", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("sha256", String(64), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
)

# Labels belong to the person producing the exhibits: initials and a serial number, never reused (R80).
exhibit_labels = Table(
    "exhibit_labels",
    metadata,
    Column("initials", String(10), primary_key=True),
    Column("serial", Integer, primary_key=True, autoincrement=False),
    Column("exhibit_id", String(60), nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("by", String(30), nullable=False),
    UniqueConstraint("initials", "exhibit_id"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("kind", String(20), nullable=False),
    Column("finding_id", Id, ForeignKey("findings.id"), index=True),
    Column("office", String(30), nullable=False),
    Column("part", String(20), nullable=False),
    Column("address", Text, nullable=False),
    Column("message_id", String(200), nullable=False, unique=True),
    Column("thread", String(200), nullable=False, default=""),
    Column("date", Utc, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    # What the mail says is frozen here by a commit before the first attempt; a retry sends the same.
    Column("message", JSON),
    Column("facts", JSON),
    Column("receipt", Text, nullable=False, default=""),
    Column("last_error", Text, nullable=False, default=""),
    Column("sent_at", Utc),
    *_claimable(),
)

register = Table(
    "register",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("imported_at", Utc, nullable=False),
    Column("people", Integer, nullable=False),
    Column("pupils", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

# One row: who works on this database, and when it last did.
heartbeat = Table(
    "heartbeat",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("started_at", Utc, nullable=False),
    Column("ticked_at", Utc, nullable=False),
)

Index("ix_items_author", items.c.platform, items.c.author)
Index("ix_alerts_due", alerts.c.state, alerts.c.next_attempt_at)
Index("ix_captures_due", captures.c.state, captures.c.next_attempt_at)
