"""The whole story of a document or a lot: which numbers, postings, requests and messages belong to it.

A document is known under several numbers (our own, the client's, customs'); a lot by the lots it came from and became.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList
from wms.customs.gate_pass import GatePass, PassedList
from wms.customs.inbox import InboxMessage
from wms.customs.retail_declaration import RetailDeclaration
from wms.errors import Refusal
from wms.exports.sheets import NoSuchDocument
from wms.i18n import N_
from wms.ledger.history import MOVES_OF_LOTS, trace_lot
from wms.ledger.lots import Lot

#: A lot is asked for as LOT/17; no document number has a slash.
LOT: Final = "LOT/"
POSTINGS_MAX: Final = 20_000


class TooLongStory(Refusal):
    """More postings than one pack holds."""

    message = N_(
        "{number} has {postings} postings; a pack holds at most {most}. Ask for one of its documents."
    )
    status = 422


@dataclass(frozen=True, kw_only=True)
class Story:
    """What belongs to a subject; `rows` are (table, id) of its documents, for the audit trail."""

    subject: str
    numbers: tuple[str, ...]
    lot_ids: tuple[int, ...]
    rows: tuple[tuple[str, int], ...]
    posting_ids: tuple[int, ...]
    message_ids: tuple[int, ...]


_POSTINGS_OF_NUMBERS = text("""
    select distinct posting_id from (
        select posting_id from book_fact where document_number = any(:numbers) or pass_number = any(:numbers)
        union all
        select posting_id from stock_move
        where document_number = any(:numbers) or (pass_number = any(:numbers) and pass_number <> '')) x
    order by posting_id limit :limit
""")
_POSTINGS_OF_LOTS = text(f"""
    select distinct posting_id from ({MOVES_OF_LOTS}) m
    order by posting_id limit :limit
""")
_NUMBERS_OF_LOTS = text(f"""
    select distinct n
    from ({MOVES_OF_LOTS}) m cross join lateral (values (m.document_number), (m.pass_number)) x(n)
    where n is not null and n <> '' order by n
""")


def story_for(session: Session, subject: str) -> Story:
    """What belongs to a document number or to ``LOT/<id>``; raises NoSuchDocument and TooLongStory."""
    if subject.startswith(LOT):
        return _of_lot(session, subject)
    return _of_document(session, subject)


def _of_document(session: Session, number: str) -> Story:
    lists, passes = _lists(session, number), _passes(session, number)
    sold = session.scalars(
        select(RetailDeclaration).where(
            or_(
                RetailDeclaration.number == number,
                RetailDeclaration.list_no == number,
                RetailDeclaration.order_no == number,
            )
        )
    ).all()
    numbers = {
        number,
        *(text for each in lists for text in (each.inner_no, each.pre_entry_no, each.list_no)),
        *(text for each in passes for text in (each.inner_no, each.pre_entry_no, each.pass_no)),
        *(text for each in sold for text in (each.number, each.list_no, each.order_no)),
    } - {""}
    postings = _limited(session, _POSTINGS_OF_NUMBERS, number, numbers=sorted(numbers))
    messages = _messages(session, numbers)
    if not (lists or passes or sold or postings or messages):
        raise NoSuchDocument(number=number)
    rows = [
        *(("bonded_list", each.id) for each in lists),
        *(("gate_pass", each.id) for each in passes),
        *(("retail_declaration", each.id) for each in sold),
    ]
    return Story(
        subject=number,
        numbers=tuple(sorted(numbers)),
        lot_ids=(),
        rows=tuple(rows),
        posting_ids=postings,
        message_ids=messages,
    )


def _of_lot(session: Session, subject: str) -> Story:
    digits = subject.removeprefix(LOT)
    lot = (
        session.get(Lot, int(digits)) if digits.isascii() and digits.isdigit() and len(digits) < 18 else None
    )
    if lot is None:
        raise NoSuchDocument(number=subject)
    lot_ids = sorted(
        {
            *trace_lot(session, lot_id=lot.id, direction="backward").lot_ids,
            *trace_lot(session, lot_id=lot.id, direction="forward").lot_ids,
        }
    )
    numbers = set(session.scalars(_NUMBERS_OF_LOTS, {"lot_ids": lot_ids}))
    return Story(
        subject=subject,
        numbers=tuple(sorted(numbers)),
        lot_ids=tuple(lot_ids),
        rows=(),
        posting_ids=_limited(session, _POSTINGS_OF_LOTS, subject, lot_ids=lot_ids),
        message_ids=_messages(session, numbers),
    )


def _lists(session: Session, number: str) -> list[BondedList]:
    same = or_(BondedList.inner_no == number, BondedList.list_no == number, BondedList.pre_entry_no == number)
    return list(session.scalars(select(BondedList).where(same)))


def _passes(session: Session, number: str) -> list[GatePass]:
    """The pass of this number, and those a list of this number rides on."""
    riding = select(PassedList.pass_id).where(PassedList.list_no == number)
    same = or_(GatePass.inner_no == number, GatePass.pass_no == number, GatePass.id.in_(riding))
    return list(session.scalars(select(GatePass).where(same)))


def _messages(session: Session, numbers: set[str]) -> tuple[int, ...]:
    query = select(InboxMessage.id).where(InboxMessage.document_number.in_(numbers)).order_by(InboxMessage.id)
    return tuple(session.scalars(query))


def _limited(session: Session, query: object, subject: str, **asked: object) -> tuple[int, ...]:
    found = session.scalars(query, asked | {"limit": POSTINGS_MAX + 1}).all()  # type: ignore[call-overload]
    if len(found) > POSTINGS_MAX:
        raise TooLongStory(number=subject, postings=f"> {POSTINGS_MAX}", most=POSTINGS_MAX)
    return tuple(found)
