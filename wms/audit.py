"""Who did what: one entry per action, with the rows and columns it changed.

A listener, hung on the application's sessions by `create_app`, collects changes at flush; the action and the
person come from `wms.db.run`. Refused attempts and officers' reads are entries too. Entries are facts: the
application's role cannot change or remove them, and `seal` chains them in batches so that an owner of the
database who does can be found out by `verify_seals`.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, event, func, insert, inspect, literal, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column, sessionmaker

from wms.db import Acting, Base
from wms.errors import Refusal
from wms.i18n import store
from wms.sealed import GONE, SEALED, keyring_of

#: In a column's ``info``: its values never enter the audit trail, only that they changed. So it is with sealed ones.
PERSONAL: Final = {"personal": True}
#: In a table's ``info``: its rows are records themselves and are not audited again.
UNAUDITED: Final = {"audited": False}
MASK: Final = "•••"

_CHANGES = "audit_changes"
_MARKS = "audit_marks"
_VERDICT = "audit_verdict"


class Outcome(StrEnum):
    """How an action ended."""

    DONE = "done"
    REFUSED = "refused"
    READ = "read"


class AuditEntry(Base):
    """One action of one person."""

    __tablename__ = "audit_entry"
    __table_args__ = {"comment": "One action of one person; never changed", "info": UNAUDITED}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the entry")
    recorded_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), index=True, comment="When the action ended"
    )
    action: Mapped[str] = mapped_column(index=True, comment="What was done, a word with a dot: receipt.scan")
    by_id: Mapped[int] = mapped_column(index=True, comment="Who did it; 0 is the system itself")
    device: Mapped[str | None] = mapped_column(comment="Device it was done on")
    request_id: Mapped[UUID | None] = mapped_column(comment="Request that asked for it")
    outcome: Mapped[str] = mapped_column(comment="done, refused or read")
    refusal: Mapped[str | None] = mapped_column(comment="Reason of the refusal in one word")
    changes: Mapped[list[dict[str, Any]]] = mapped_column(
        JSONB,
        comment="Changed rows: table, key, kind (insert, update, delete), columns with old and new value",
    )
    marks: Mapped[dict[str, Any]] = mapped_column(
        comment="Facts said by the code: ids of postings, page read, facts of the refusal"
    )


class AuditSeal(Base):
    """A closed batch of entries, chained to the batch before it."""

    __tablename__ = "audit_seal"
    __table_args__ = {"comment": "A chained digest over a batch of audit entries", "info": UNAUDITED}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, comment="Number of the seal; the chain's order")
    sealed_at: Mapped[datetime] = mapped_column(
        server_default=func.clock_timestamp(), comment="When the batch was closed"
    )
    previous_digest: Mapped[str] = mapped_column(comment="Digest of the seal before; 64 zeros for the first")
    digest: Mapped[str] = mapped_column(
        comment="SHA-256 over the previous digest and every entry, hexadecimal"
    )
    entry_ids: Mapped[list[int]] = mapped_column(
        ARRAY(BigInteger), comment="Entries of the batch in ascending order"
    )


class AuditSealed(Base):
    """Which seal holds an entry."""

    __tablename__ = "audit_sealed"
    __table_args__ = {"comment": "Which seal holds an audit entry", "info": UNAUDITED}  # noqa: RUF012

    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="The entry")
    seal_id: Mapped[int] = mapped_column(comment="Its seal")


# ---------------------------------------------------------------- collecting


def hang_listener(sessions: sessionmaker[Session]) -> None:
    """From now on every action of these sessions leaves its entry."""
    event.listen(sessions, "after_flush", _collect)
    event.listen(sessions, "before_commit", _write_entry)
    event.listen(sessions, "after_transaction_create", _open_savepoint)
    event.listen(sessions, "after_soft_rollback", _forget_rolled_back)


def mark(session: Session, **facts: object) -> None:
    """Add facts to the entry of this transaction; work done below the ORM says its ids here."""
    session.info.setdefault(_MARKS, {}).update({name: plain_value(value) for name, value in facts.items()})


def mark_refused(session: Session, refusal: Refusal) -> None:
    """The action ends as refused; nothing but this entry and the stored answer is kept.

    The facts may repeat what somebody scanned or typed, so they are sealed; seals of the trail cover the ciphertext.
    """
    session.info[_VERDICT] = (Outcome.REFUSED, refusal.code)
    mark(session, sentence=refusal.message)
    if refusal.facts:
        clear = json.dumps(store(refusal.facts), ensure_ascii=False).encode()
        mark(session, sealed_facts=base64.b64encode(keyring_of(session).seal(clear)).decode())


def marks_in_clear(session: Session, entry: AuditEntry) -> dict[str, Any]:
    """What the action said, with the facts of a refusal opened; without them once their key is destroyed."""
    marks = dict(entry.marks)
    sealed = marks.pop("sealed_facts", None)
    if sealed is not None:
        clear = keyring_of(session).open(base64.b64decode(sealed))
        marks["facts"] = GONE if clear is None else json.loads(clear)
    return marks


def mark_read(session: Session, page: str, **arguments: object) -> None:
    """Somebody whose reading is recorded (a customs officer) read this page."""
    session.info[_VERDICT] = (Outcome.READ, None)
    mark(session, page=page, **arguments)


def plain_value(value: object) -> Any:
    """A column's value as JSON can hold it, exact."""
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case Decimal() | UUID():
            return str(value)
        case bytes():
            return f"sha256:{hashlib.sha256(value).hexdigest()}"
        case list() | tuple() | set() | frozenset():
            return [plain_value(item) for item in value]
        case dict():
            return {str(key): plain_value(item) for key, item in value.items()}
        case _:
            return str(value)


def _collect(session: Session, _context: object) -> None:
    changes: list[dict[str, Any]] = session.info.setdefault(_CHANGES, [])
    kinds = ((session.new, "insert"), (session.dirty, "update"), (session.deleted, "delete"))
    for rows, kind in kinds:
        for row in rows:
            state = inspect(row, raiseerr=True)
            table = state.mapper.local_table
            if table.info.get("audited", True) is False:
                continue
            columns = dict(_changed_columns(state, kind))
            if columns or kind == "delete":
                key = [plain_value(part) for part in state.mapper.primary_key_from_instance(row)]
                changes.append({"table": table.name, "key": key, "kind": kind, "columns": columns})


def _changed_columns(state: Any, kind: str) -> Iterator[tuple[str, Any]]:
    for attribute in state.mapper.column_attrs:
        column = attribute.columns[0]
        history = state.attrs[attribute.key].history
        masked = bool(column.info.get("personal")) or isinstance(column.type, SEALED)
        if kind == "insert":
            value = state.dict.get(attribute.key)
            if value is not None and not column.primary_key:
                yield column.name, MASK if masked else plain_value(value)
        elif kind == "update" and history.has_changes():
            old = plain_value(history.deleted[0]) if history.deleted else None
            new = plain_value(history.added[0]) if history.added else None
            yield column.name, [MASK, MASK] if masked else [old, new]


def _open_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        lengths: list[tuple[SessionTransaction, int]] = session.info.setdefault("audit_savepoints", [])
        lengths.append((transaction, len(session.info.get(_CHANGES, []))))


def _forget_rolled_back(session: Session, previous: SessionTransaction) -> None:
    for transaction, length in session.info.get("audit_savepoints", []):
        if transaction is previous:
            del session.info.get(_CHANGES, [])[length:]


def _write_entry(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    changes = session.info.pop(_CHANGES, [])
    marks = session.info.pop(_MARKS, {})
    outcome, refusal = session.info.pop(_VERDICT, (Outcome.DONE, None))
    session.info.pop("audit_savepoints", None)
    if not changes and not marks:
        return
    who = session.info["acting"]
    assert isinstance(who, Acting)
    session.execute(
        insert(AuditEntry).values(
            action=who.action,
            by_id=who.by_id,
            device=who.device,
            request_id=who.request_id,
            outcome=outcome.value,
            refusal=refusal,
            changes=changes,
            marks=marks,
        )
    )


# ---------------------------------------------------------------- sealing

_FIRST_DIGEST: Final = "0" * 64
#: Entries older than this and in no seal did not merely come late: their transaction would have had to stay
#: open this long.
_LATE: Final = timedelta(days=1)
_SEAL_LOCK: Final = 0x5EA1


@dataclass(frozen=True, kw_only=True)
class BrokenSeal:
    """What is wrong with the trail, in a sentence for the operator."""

    seal_id: int | None
    entry_id: int | None
    reason: str


def seal(session: Session, *, entries_max: int = 5_000) -> AuditSeal | None:
    """Close a batch over every committed entry that is in no seal; None when there is nothing to seal.

    Membership is stored, not computed from an order, because ids are not in commit order: an entry whose
    transaction ends late simply goes into the next seal. Sealers wait for each other.
    """
    session.execute(select(func.pg_advisory_xact_lock(_SEAL_LOCK)))
    last = last_seal(session)
    unsealed = select(AuditEntry).outerjoin(AuditSealed, AuditSealed.entry_id == AuditEntry.id)
    unsealed = unsealed.where(AuditSealed.entry_id.is_(None))
    if last is not None:
        unsealed = unsealed.where(AuditEntry.recorded_at > last.sealed_at - _LATE)
    entries = session.scalars(unsealed.order_by(AuditEntry.id).limit(entries_max)).all()
    if not entries:
        return None
    previous = _FIRST_DIGEST if last is None else last.digest
    ids = [entry.id for entry in entries]
    new = AuditSeal(previous_digest=previous, digest=_digest(previous, list(entries)), entry_ids=ids)
    session.add(new)
    session.flush()
    rows = select(func.unnest(literal(ids, ARRAY(BigInteger))), literal(new.id, BigInteger))
    session.execute(insert(AuditSealed).from_select(["entry_id", "seal_id"], rows))
    return new


def last_seal(session: Session) -> AuditSeal | None:
    """The end of the chain; its digest, told outside, also proves that nothing was cut off."""
    return session.scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).first()


def verify_seals(session: Session) -> list[BrokenSeal]:
    """Recompute every seal from the entries as they are now; an empty list says the trail is whole.

    Finds an entry changed, removed or slipped in, a seal changed or removed, and a chain cut in its middle.
    Cutting seals off the end is found only by comparing with a digest told outside (`flask verify-seals`
    prints the last one for that).
    """
    broken: list[BrokenSeal] = []
    previous, last_sealed_at = _FIRST_DIGEST, None
    for found in session.scalars(select(AuditSeal).order_by(AuditSeal.id).execution_options(yield_per=50)):
        if found.previous_digest != previous:
            broken.append(
                BrokenSeal(
                    seal_id=found.id, entry_id=None, reason="the seal before it is not the one it names"
                )
            )
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.id.in_(found.entry_ids)).order_by(AuditEntry.id)
        ).all()
        missing = sorted(set(found.entry_ids) - {entry.id for entry in entries})
        broken += [
            BrokenSeal(seal_id=found.id, entry_id=entry_id, reason="the entry is gone")
            for entry_id in missing
        ]
        if not missing and _digest(found.previous_digest, list(entries)) != found.digest:
            broken.append(
                BrokenSeal(seal_id=found.id, entry_id=None, reason="an entry of the batch was changed")
            )
        previous, last_sealed_at = found.digest, found.sealed_at
        session.expunge_all()
    if last_sealed_at is not None:
        slipped_in = session.scalars(
            select(AuditEntry.id)
            .outerjoin(AuditSealed, AuditSealed.entry_id == AuditEntry.id)
            .where(AuditSealed.entry_id.is_(None), AuditEntry.recorded_at < last_sealed_at - _LATE)
        )
        broken += [
            BrokenSeal(seal_id=None, entry_id=entry_id, reason="the entry is old and in no seal")
            for entry_id in slipped_in
        ]
    return broken


def sealed_values(entry: AuditEntry) -> dict[str, Any]:
    """An entry by column, as its seal's digest takes it in; evidence carries it so that others can recompute."""
    return {column.name: plain_value(getattr(entry, column.name)) for column in AuditEntry.__table__.columns}


def _digest(previous: str, entries: list[AuditEntry]) -> str:
    digest = hashlib.sha256(previous.encode())
    for entry in entries:
        digest.update(
            json.dumps(
                sealed_values(entry), sort_keys=True, ensure_ascii=False, separators=(",", ":")
            ).encode()
        )
    return digest.hexdigest()
