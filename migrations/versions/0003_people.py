"""Who: people, tokens, sign-ins, the audit trail and its seals, answered requests, scans, alerts, the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.grants import append_only, mutable, updatable
from wms.db import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the alert"),
        sa.Column(
            "kind",
            sa.String(),
            nullable=False,
            comment="What it is about, a word with a dot: message.refused",
        ),
        sa.Column(
            "subject",
            sa.String(),
            nullable=False,
            comment="What it is about by number or name: a document, a sensor",
        ),
        sa.Column("severity", sa.String(), nullable=False, comment="notice, warning or critical"),
        sa.Column("message", sa.String(), nullable=False, comment="Marked sentence, translated by the page"),
        sa.Column("facts", postgresql.JSONB(), nullable=False, comment="Facts of the sentence"),
        sa.Column("raised_at", UtcDateTime(), nullable=False, comment="When it was first raised"),
        sa.Column("last_at", UtcDateTime(), nullable=False, comment="When it was last raised"),
        sa.Column("times", sa.BigInteger(), nullable=False, comment="How often it was raised while open"),
        sa.Column("acknowledged_at", UtcDateTime(), nullable=True, comment="When a person took note"),
        sa.Column("acknowledged_by_id", sa.BigInteger(), nullable=True, comment="Who took note"),
        sa.Column("note", sa.String(), nullable=True, comment="What that person said"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        comment="Something that needs a look; open until a person acknowledges it",
    )
    op.create_index(op.f("ix_alert_raised_at"), "alert", ["raised_at"], unique=False)
    op.create_index(
        "uq_alert_open",
        "alert",
        ["kind", "subject"],
        unique=True,
        postgresql_where=sa.text("acknowledged_at is null"),
    )
    op.create_table(
        "answered_request",
        sa.Column(
            "request_id", sa.Uuid(), nullable=False, comment="Number made by the asker, once per request"
        ),
        sa.Column(
            "answered_at",
            UtcDateTime(),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was answered",
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="Who asked"),
        sa.Column("device", sa.String(), nullable=True, comment="Device it came from"),
        sa.Column(
            "content_digest", sa.String(), nullable=False, comment="SHA-256 of who asked what, hexadecimal"
        ),
        sa.Column("refusal", sa.String(), nullable=True, comment="Reason in one word when the answer is no"),
        sa.Column(
            "answer",
            postgresql.JSONB(),
            nullable=False,
            comment="The answer; for a refusal its status, sentence and facts",
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_answered_request")),
        comment="A writing request and its final answer",
    )
    op.create_table(
        "attempt_count",
        sa.Column(
            "kind", sa.String(), nullable=False, comment="What is attempted: password, badge, address, token"
        ),
        sa.Column(
            "key_digest",
            sa.String(),
            nullable=False,
            comment="SHA-256 of the name, badge or address, hexadecimal",
        ),
        sa.Column("since", UtcDateTime(), nullable=False, comment="When the span began"),
        sa.Column("attempts", sa.BigInteger(), nullable=False, comment="Attempts within the span"),
        sa.PrimaryKeyConstraint("kind", "key_digest", name=op.f("pk_attempt_count")),
        comment="Attempts at one thing within a span of time",
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the entry"),
        sa.Column(
            "recorded_at",
            UtcDateTime(),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When the action ended",
        ),
        sa.Column(
            "action", sa.String(), nullable=False, comment="What was done, a word with a dot: receipt.scan"
        ),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="Who did it; 0 is the system itself"),
        sa.Column("device", sa.String(), nullable=True, comment="Device it was done on"),
        sa.Column("request_id", sa.Uuid(), nullable=True, comment="Request that asked for it"),
        sa.Column("outcome", sa.String(), nullable=False, comment="done, refused or read"),
        sa.Column("refusal", sa.String(), nullable=True, comment="Reason of the refusal in one word"),
        sa.Column(
            "changes",
            postgresql.JSONB(),
            nullable=False,
            comment="Changed rows: table, key, kind (insert, update, delete), columns with old and new value",
        ),
        sa.Column(
            "marks",
            postgresql.JSONB(),
            nullable=False,
            comment="Facts said by the code: ids of postings, page read, facts of the refusal",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        comment="One action of one person; never changed",
    )
    op.create_index(op.f("ix_audit_entry_action"), "audit_entry", ["action"], unique=False)
    op.create_index(op.f("ix_audit_entry_by_id"), "audit_entry", ["by_id"], unique=False)
    op.create_index(op.f("ix_audit_entry_recorded_at"), "audit_entry", ["recorded_at"], unique=False)
    op.create_table(
        "audit_seal",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the seal; the chain's order"),
        sa.Column(
            "sealed_at",
            UtcDateTime(),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When the batch was closed",
        ),
        sa.Column(
            "previous_digest",
            sa.String(),
            nullable=False,
            comment="Digest of the seal before; 64 zeros for the first",
        ),
        sa.Column(
            "digest",
            sa.String(),
            nullable=False,
            comment="SHA-256 over the previous digest and every entry, hexadecimal",
        ),
        sa.Column(
            "entry_ids",
            sa.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="Entries of the batch in ascending order",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_seal")),
        comment="A chained digest over a batch of audit entries",
    )
    op.create_table(
        "audit_sealed",
        sa.Column("entry_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="The entry"),
        sa.Column("seal_id", sa.BigInteger(), nullable=False, comment="Its seal"),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_audit_sealed")),
        comment="Which seal holds an audit entry",
    )
    op.create_table(
        "flow_run",
        sa.Column("id", sa.Uuid(), nullable=False, comment="Random number in the handheld's address"),
        sa.Column("flow", sa.String(), nullable=False, comment="Name of the flow"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="Whose run it is"),
        sa.Column("began_at", UtcDateTime(), nullable=False, comment="When it began"),
        sa.Column("seen_at", UtcDateTime(), nullable=False, comment="Last answer"),
        sa.Column(
            "ended_at",
            UtcDateTime(),
            nullable=True,
            comment="When its last screen was answered or it was left",
        ),
        sa.Column(
            "version",
            sa.BigInteger(),
            nullable=False,
            comment="Counts answers; a button on an older screen does nothing",
        ),
        sa.Column("step", sa.String(), nullable=True, comment="Class of the step that waits"),
        sa.Column("state", postgresql.JSONB(), nullable=False, comment="Fields of that step"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flow_run")),
        comment="Where one run of a handheld flow stands",
    )
    op.create_index(op.f("ix_flow_run_by_id"), "flow_run", ["by_id"], unique=False)
    op.create_table(
        "outbox_message",
        sa.Column(
            "id", sa.BigInteger(), nullable=False, comment="Number of the message, told to the receiver"
        ),
        sa.Column(
            "destination", sa.String(), nullable=False, comment="Who gets it: a channel the worker knows"
        ),
        sa.Column("kind", sa.String(), nullable=False, comment="What it is: CEB621, EPCIS"),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="Bytes as they leave"),
        sa.Column("written_at", UtcDateTime(), nullable=False, comment="When it was decided"),
        sa.Column("attempts", sa.BigInteger(), nullable=False, comment="Tries so far"),
        sa.Column("next_try_at", UtcDateTime(), nullable=False, comment="Not tried before this moment"),
        sa.Column("last_error", sa.String(), nullable=True, comment="Why the last try failed"),
        sa.Column("delivered_at", UtcDateTime(), nullable=True, comment="When the receiver took it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        comment="A message to somebody outside, until delivered and after",
    )
    op.create_index(
        "ix_outbox_message_due",
        "outbox_message",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("delivered_at is null"),
    )
    op.create_table(
        "scan_event",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the scan"),
        sa.Column(
            "recorded_at",
            UtcDateTime(),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
            comment="When it was kept",
        ),
        sa.Column(
            "device_at", UtcDateTime(), nullable=True, comment="When it was scanned, by the device's clock"
        ),
        sa.Column("request_id", sa.Uuid(), nullable=True, comment="Request it came in"),
        sa.Column("by_id", sa.BigInteger(), nullable=False, comment="Who scanned"),
        sa.Column("device", sa.String(), nullable=True, comment="Device that scanned"),
        sa.Column("flow", sa.String(), nullable=True, comment="Handheld flow, or the door it came through"),
        sa.Column("flow_id", sa.Uuid(), nullable=True, comment="Which run of the flow"),
        sa.Column("raw", sa.String(), nullable=False, comment="Text exactly as sent"),
        sa.Column("parsed", postgresql.JSONB(), nullable=True, comment="What the text was taken for"),
        sa.Column(
            "verdict",
            sa.String(),
            nullable=False,
            comment="ok, error, decision or quiet; or the reason of a refusal",
        ),
        sa.Column(
            "sentence", sa.String(), nullable=False, comment="Sentence shown for it, English with its facts"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_event")),
        comment="One scan as it came in; never changed",
    )
    op.create_index(op.f("ix_scan_event_flow_id"), "scan_event", ["flow_id"], unique=False)
    op.create_index(op.f("ix_scan_event_recorded_at"), "scan_event", ["recorded_at"], unique=False)
    op.create_table(
        "user_account",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the user"),
        sa.Column("name", sa.String(), nullable=False, comment="What is typed to sign in, lower case"),
        sa.Column("display_name", sa.String(), nullable=False, comment="Name as colleagues know it"),
        sa.Column(
            "role", sa.String(), nullable=False, comment="What the user is here for; decides every permission"
        ),
        sa.Column(
            "company_code",
            sa.String(),
            nullable=True,
            comment="Customs code of the company the user works for",
        ),
        sa.Column("locale", sa.String(), nullable=False, comment="Language of the pages"),
        sa.Column("active", sa.Boolean(), nullable=False, comment="False: cannot sign in any more"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="When the user was added"),
        sa.Column("password_hash", sa.String(), nullable=True, comment="argon2 of the password"),
        sa.Column(
            "badge_digest", sa.String(), nullable=True, comment="SHA-256 of the badge's text, hexadecimal"
        ),
        sa.Column(
            "pin_hash", sa.String(), nullable=True, comment="argon2 of the PIN that goes with the badge"
        ),
        sa.CheckConstraint(
            "role in ('keeper', 'supervisor', 'declarant', 'gate', 'officer', 'dispatcher', 'shop', 'quality', 'owner', 'admin')",
            name=op.f("ck_user_account_role"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("badge_digest", name=op.f("uq_user_account_badge_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_user_account_name")),
        comment="A person who signs in, or a system that has a token",
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the token"),
        sa.Column("user_id", sa.BigInteger(), nullable=False, comment="Whom it acts as"),
        sa.Column("name", sa.String(), nullable=False, comment="What it is for"),
        sa.Column("token_digest", sa.String(), nullable=False, comment="SHA-256 of the token, hexadecimal"),
        sa.Column("created_at", UtcDateTime(), nullable=False, comment="When it was made"),
        sa.Column("expires_at", UtcDateTime(), nullable=False, comment="Not taken from this moment on"),
        sa.Column("revoked_at", UtcDateTime(), nullable=True, comment="When it was taken back"),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_api_token_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_api_token_token_digest")),
        comment="A bearer token of the API; only its digest is kept",
    )
    op.create_index(op.f("ix_api_token_user_id"), "api_token", ["user_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.BigInteger(), nullable=False, comment="Number of the sign-in"),
        sa.Column("token_digest", sa.String(), nullable=False, comment="SHA-256 of the cookie's token"),
        sa.Column("user_id", sa.BigInteger(), nullable=False, comment="Who"),
        sa.Column("device", sa.String(), nullable=True, comment="On which device"),
        sa.Column("way", sa.String(), nullable=False, comment="password or badge"),
        sa.Column("began_at", UtcDateTime(), nullable=False, comment="When it began"),
        sa.Column("seen_at", UtcDateTime(), nullable=False, comment="Last request, to the minute"),
        sa.Column(
            "ended_at",
            UtcDateTime(),
            nullable=True,
            comment="When it was ended, by the person or by an administrator",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_in_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sign_in_token_digest")),
        comment="One person signed in on one device",
    )
    op.create_index(op.f("ix_sign_in_user_id"), "sign_in", ["user_id"], unique=False)
    append_only("audit_entry", "audit_seal", "audit_sealed", "answered_request", "scan_event")
    mutable("attempt_count")
    updatable("user_account", "display_name", "role", "company_code", "locale", "active")
    updatable("user_account", "password_hash", "badge_digest", "pin_hash")
    updatable("api_token", "revoked_at")
    updatable("sign_in", "seen_at", "ended_at")
    updatable("alert", "severity", "message", "facts", "last_at", "times")
    updatable("alert", "acknowledged_at", "acknowledged_by_id", "note")
    updatable("outbox_message", "attempts", "next_try_at", "last_error", "delivered_at")
    updatable("flow_run", "seen_at", "ended_at", "version", "step", "state")


def downgrade() -> None:
    for table in (
        "sign_in",
        "api_token",
        "user_account",
        "scan_event",
        "outbox_message",
        "flow_run",
        "audit_sealed",
        "audit_seal",
        "audit_entry",
        "attempt_count",
        "answered_request",
        "alert",
    ):
        op.drop_table(table)
