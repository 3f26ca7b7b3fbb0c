"""Evidence pack: the whole story of a document or lot as files, with a signed manifest, verified without us.

In it: the messages as kept, the postings with their moves, facts and links, the scans, and the audit entries with the
whole sealed batches they are in, so that a stranger can recompute the seals. What names people is in clear only when
whoever asked may read it and asked for it; otherwise it is the ciphertext as it lies in the database, whose digest is
the one signed. `verify_evidence.py` is the stranger's half.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from wms.audit import AuditEntry, AuditSeal, AuditSealed, plain_value, sealed_values
from wms.auth.users import User
from wms.customs.inbox import InboxMessage
from wms.exports.evidence_key import EvidenceKey
from wms.exports.story import Story
from wms.exports.verify_evidence import FORMAT, KEY, MANIFEST, SIGNATURE, packed
from wms.ledger.moves import Posting
from wms.scans import ScanEvent

#: Whole batches of the trail in one pack; entries beyond them are in the pack and say so by their seal's number only.
SEALS_MAX: Final = 40
_NOT_IN_NAMES: Final = re.compile(r"[^\w.-]+")

_MOVES = text("""
    select m.id, m.posting_id, s.code as source, t.code as target, sl.code as source_lot, tl.code as target_lot,
           m.source_lot_id, m.target_lot_id, m.quantity, m.document_kind, m.document_number, m.document_line,
           m.pass_number, m.source_version, m.source_on_hand, m.target_version, m.target_on_hand
    from stock_move m join location s on s.id = m.source_id join location t on t.id = m.target_id
    join lot sl on sl.id = m.source_lot_id join lot tl on tl.id = m.target_lot_id
    where m.posting_id = any(:ids) order by m.id
""")
_FACTS = text("""
    select f.id, f.posting_id, i.item_no, f.kind, f.side, f.quantity, f.document_kind, f.document_number,
           f.document_line, f.pass_number, f.withdraws_id
    from book_fact f join book_item i on i.id = f.book_item_id where f.posting_id = any(:ids) order by f.id
""")
_LINKS = text("""
    select id, posting_id, booked_id, other_id, axis, quantity from book_link
    where posting_id = any(:ids) order by id
""")
#: Every scan of the runs that posted: what was scanned before and after belongs to it.
_SCANS = text("""
    select id from scan_event
    where request_id = any(:requests)
       or flow_id in (select flow_id from scan_event where request_id = any(:requests) and flow_id is not null)
    order by id
""")
_SEALED_SCANS = text("select id, raw, parsed, sentence from scan_event where id = any(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_SEALED_MESSAGE = text("select raw from inbox_message where id = :id")


@dataclass(frozen=True, kw_only=True)
class Made:
    """Who asked for a pack, when it was made, and whether what names people is in clear."""

    at: datetime
    by: str
    house: str
    in_clear: bool


def make_pack(session: Session, story: Story, *, made: Made, key: EvidenceKey) -> bytes:
    """The zip file, signed; the same story at the same moment gives the same bytes."""
    files = sorted(gather(session, story, in_clear=made.in_clear))
    manifest = {
        "format": FORMAT,
        "subject": story.subject,
        "numbers": list(story.numbers),
        "lots": list(story.lot_ids),
        "house": made.house,
        "made_at": made.at.isoformat(),
        "made_for": made.by,
        "personal_data": "clear" if made.in_clear else "sealed",
        "key": key.fingerprint,
        "files": [
            {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files
        ],
    }
    octets = _json(manifest)
    head = [(MANIFEST, octets), (SIGNATURE, key.sign(octets)), (KEY, key.public_pem)]
    return packed([*head, *files])


def gather(session: Session, story: Story, *, in_clear: bool) -> Iterator[tuple[str, bytes]]:
    """The files of a story: (name, content)."""
    postings = session.scalars(
        select(Posting).where(Posting.id.in_(story.posting_ids)).order_by(Posting.id)
    ).all()
    people = {user.id: user.name for user in session.scalars(select(User))}
    requests = [posting.request_id for posting in postings if posting.request_id is not None]
    yield "postings.json", _json(_postings(session, story, list(postings), people))
    scans = list(session.scalars(_SCANS, {"requests": requests})) if requests else []
    yield "scans.json", _json(_scans(session, scans, people, in_clear=in_clear))
    yield from _messages(session, story, people, in_clear=in_clear)
    yield from _audit(session, story, requests)


def _postings(
    session: Session, story: Story, postings: list[Posting], people: dict[int, str]
) -> list[dict[str, Any]]:
    ids = {"ids": list(story.posting_ids)}
    parts: dict[int, dict[str, list[dict[str, Any]]]] = {}
    for name, query in (("moves", _MOVES), ("facts", _FACTS), ("links", _LINKS)):
        for row in session.execute(query, ids):
            values = row._asdict()
            parts.setdefault(values.pop("posting_id"), {}).setdefault(name, []).append(values)
    return [
        {
            "id": posting.id,
            "action": posting.action,
            "by": people.get(posting.by_id, str(posting.by_id)),
            "device": posting.device,
            "occurred_at": posting.occurred_at.isoformat(),
            "recorded_at": posting.recorded_at.isoformat(),
            "request_id": plain_value(posting.request_id),
            **{name: parts.get(posting.id, {}).get(name, []) for name in ("moves", "facts", "links")},
        }
        for posting in postings
    ]


def _scans(
    session: Session, ids: list[int], people: dict[int, str], *, in_clear: bool
) -> list[dict[str, Any]]:
    as_kept = {row.id: row for row in session.execute(_SEALED_SCANS, {"ids": ids})}
    found = []
    for scan in session.scalars(select(ScanEvent).where(ScanEvent.id.in_(ids)).order_by(ScanEvent.id)):
        kept = as_kept[scan.id]
        texts = (
            {"raw": str(scan.raw), "parsed": scan.parsed, "sentence": str(scan.sentence)}
            if in_clear
            else {f"{name}_sealed": _sealed(getattr(kept, name)) for name in ("raw", "parsed", "sentence")}
        )
        found.append(
            {
                "id": scan.id,
                "recorded_at": scan.recorded_at.isoformat(),
                "device_at": plain_value(scan.device_at),
                "request_id": plain_value(scan.request_id),
                "flow": scan.flow,
                "flow_id": plain_value(scan.flow_id),
                "by": people.get(scan.by_id, str(scan.by_id)),
                "device": scan.device,
                "verdict": scan.verdict,
                **texts,
            }
        )
    return found


def _messages(
    session: Session, story: Story, people: dict[int, str], *, in_clear: bool
) -> Iterator[tuple[str, bytes]]:
    index = []
    for number in story.message_ids:
        message = session.get_one(InboxMessage, number)
        plain = _NOT_IN_NAMES.sub("_", message.file_name)[-80:] or "message"
        name = f"messages/{message.id:08d}-{plain}" + ("" if in_clear else ".sealed")
        index.append(
            {
                "file": name,
                "received_at": message.received_at.isoformat(),
                "door": message.door,
                "by": people.get(message.by_id, str(message.by_id)),
                "file_name": message.file_name,
                "kind": message.kind,
                "document_number": message.document_number,
                "outcome": message.outcome.value,
                "reason": message.reason,
                "keyed_digest": message.digest,
            }
        )
        yield (
            name,
            bytes(message.raw) if in_clear else bytes(session.scalar(_SEALED_MESSAGE, {"id": number}) or b""),
        )
    yield "messages.json", _json(index)


def _audit(session: Session, story: Story, requests: list[Any]) -> Iterator[tuple[str, bytes]]:
    """Entries of the requests and of the documents' rows, with the whole batches that seal them and the chain since."""
    entries = {
        entry.id: entry
        for entry in session.scalars(select(AuditEntry).where(AuditEntry.request_id.in_(requests)))
    }
    for table, key in story.rows:
        touched = AuditEntry.changes.contains([{"table": table, "key": [key]}])
        entries |= {entry.id: entry for entry in session.scalars(select(AuditEntry).where(touched))}
    seal_of = {
        row.entry_id: row.seal_id
        for row in session.scalars(select(AuditSealed).where(AuditSealed.entry_id.in_(entries)))
    }
    yield (
        "audit/entries.json",
        _json(
            [{**sealed_values(entries[number]), "seal": seal_of.get(number)} for number in sorted(entries)]
        ),
    )
    wanted = sorted(set(seal_of.values()))
    for number in wanted[:SEALS_MAX]:
        seal = session.get_one(AuditSeal, number)
        batch = session.scalars(
            select(AuditEntry).where(AuditEntry.id.in_(seal.entry_ids)).order_by(AuditEntry.id)
        )
        content = {
            "id": seal.id,
            "sealed_at": seal.sealed_at.isoformat(),
            "previous_digest": seal.previous_digest,
            "digest": seal.digest,
            "entries": [sealed_values(entry) for entry in batch],
        }
        yield f"audit/seal-{seal.id:08d}.json", _json(content)
    if wanted:
        chain = session.execute(
            select(AuditSeal.id, AuditSeal.sealed_at, AuditSeal.previous_digest, AuditSeal.digest)
            .where(AuditSeal.id >= wanted[0])
            .order_by(AuditSeal.id)
        )
        links = [{**row._asdict(), "sealed_at": row.sealed_at.isoformat()} for row in chain]
        yield "audit/chain.json", _json(links)


def _sealed(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode("ascii")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=plain_value).encode("utf-8")
