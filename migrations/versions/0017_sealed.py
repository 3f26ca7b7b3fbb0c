"""Personal data become ciphertext: filings, raw messages, what leaves, scans and their answers."""

import sqlalchemy as sa
from alembic import op

from migrations.sealing import seal, unseal

revision = "0017"
down_revision = "0016"

_COLUMNS = {
    "customer_order": (
        ("buyer_account", "varchar(60)"),
        ("buyer_name", "varchar(60)"),
        ("buyer_phone", "varchar(30)"),
        ("buyer_id_no", "varchar(60)"),
        ("consignee", "varchar(100)"),
        ("consignee_phone", "varchar(50)"),
        ("consignee_address", "varchar(200)"),
    ),
    "payment": (("payer_id_no", "varchar(60)"), ("payer_name", "varchar(60)")),
    "waybill": (
        ("consignee", "varchar(100)"),
        ("consignee_address", "varchar(200)"),
        ("consignee_phone", "varchar(50)"),
    ),
    "inbox_message": (("raw", "bytea"),),
    "outbox_message": (("payload", "bytea"),),
    "scan_event": (("raw", "varchar"), ("parsed", "jsonb"), ("sentence", "varchar")),
    "answered_request": (("answer", "jsonb"),),
}
_KEYED = "keyed hash of every text of the element, hexadecimal: tells a repetition from a conflict"
_WAS = "SHA-256 of every text of the element, hexadecimal: tells a repetition from a conflict"
_COMMENTS = (
    ("inbox_message", "raw", "the bytes as received, packed and sealed", "the bytes as received"),
    (
        "inbox_message",
        "digest",
        "keyed hash of the bytes, hexadecimal: tells that the same came again",
        "SHA-256 of the bytes, hexadecimal",
    ),
    ("outbox_message", "payload", "Bytes as they leave, packed and sealed", "Bytes as they leave"),
    ("scan_event", "raw", "Text exactly as sent, sealed", "Text exactly as sent"),
    ("scan_event", "parsed", "What the text was taken for, sealed", "What the text was taken for"),
    (
        "scan_event",
        "sentence",
        "Sentence shown for it, English with its facts, sealed",
        "Sentence shown for it, English with its facts",
    ),
    (
        "answered_request",
        "content_digest",
        "Keyed hash of who asked what, hexadecimal",
        "SHA-256 of who asked what, hexadecimal",
    ),
    (
        "answered_request",
        "answer",
        "The answer, sealed; for a refusal its status, sentence and facts",
        "The answer; for a refusal its status, sentence and facts",
    ),
    ("customer_order", "digest", _KEYED, _WAS),
    ("payment", "digest", _KEYED, _WAS),
    ("waybill", "digest", _KEYED, _WAS),
)


def upgrade() -> None:
    # Plain digests of what was filed before let its contents be tried; they cannot be told apart from keyed ones
    # later, so an element filed before and sent again counts as a conflict: shown to a person, never taken twice.
    for table, columns in _COLUMNS.items():
        seal(table, *columns)
    for table, column, now, _before in _COMMENTS:
        _say(table, column, now)


def downgrade() -> None:
    for table, columns in _COLUMNS.items():
        unseal(table, *columns)
    for table, column, _now, before in _COMMENTS:
        _say(table, column, before)


def _say(table: str, column: str, comment: str) -> None:
    quoted = comment.replace("'", "''")
    op.execute(sa.text(f'comment on column "{table}"."{column}" is \'{quoted}\''))
