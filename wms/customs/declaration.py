"""Declaration 报关单: what a bonded list with dclcusFlag 1 needs besides; drafted out of the list, released by customs.

INV202 says that a draft was made or could not be; the records of INV201 and INV211 carry its number and whether it
is released (entryStucd 1). A declaration that customs gives back takes its list with it; both may live again.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.customs.bonded_list import BondedList, ListState
from wms.customs.messages.jg2.bonded_list import BondedListRecord, DeclarationResult
from wms.db import Base, words
from wms.i18n import N_, Sentence, say

#: INV202 manageResult of a draft that was made, and entryStucd of a declaration that is released (customs.md 2.3).
MADE: Final = "1"
RELEASED: Final = "1"


class DeclarationState(StrEnum):
    """Where the declaration of a list stands, by receipts."""

    DRAFTED = "DRAFTED"
    FAILED = "FAILED"
    RELEASED = "RELEASED"
    RETURNED = "RETURNED"


class Declaration(Base):
    """报关单 of one bonded list."""

    __tablename__ = "declaration"
    __table_args__ = ({"comment": "Customs declarations (报关单) that go with bonded lists"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    list_id: Mapped[int] = mapped_column(ForeignKey("bonded_list.id"), unique=True, comment="its list")
    pre_entry_no: Mapped[str] = mapped_column(String(18), comment="number of the draft; empty before it")
    number: Mapped[str] = mapped_column(String(64), comment="number given by customs; empty before it")
    state: Mapped[DeclarationState] = mapped_column(words(DeclarationState), comment="where it stands")
    stated_at: Mapped[datetime] = mapped_column(comment="time of the newest receipt that counts")
    released_at: Mapped[datetime | None] = mapped_column(comment="when customs released it")
    remark: Mapped[str] = mapped_column(String(1000), comment="what customs said last")


def of_list(session: Session, bonded: BondedList, *, lock: bool = False) -> Declaration | None:
    """The declaration of a list, if any receipt spoke of one."""
    query = select(Declaration).where(Declaration.list_id == bonded.id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def record_draft(
    session: Session, bonded: BondedList, result: DeclarationResult, *, at: datetime
) -> Declaration:
    """INV202: customs drafted the declaration, or says why it could not; an older word changes nothing."""
    found = _of_list(session, bonded, at=at)
    if found.state is not DeclarationState.RELEASED and at >= found.stated_at:
        made = result.result == MADE
        found.state = DeclarationState.DRAFTED if made else DeclarationState.FAILED
        found.pre_entry_no = result.declaration_pre_entry_no or found.pre_entry_no
        found.remark, found.stated_at = result.reason[:1000], at
    return found


def record_state(
    session: Session, bonded: BondedList, record: BondedListRecord | None, *, at: datetime
) -> bool:
    """What a record of the list says of its declaration; True when it has just been released."""
    if record is None or not bonded.needs_declaration:
        return False
    is_released = record.declaration_state == RELEASED
    if not is_released and not record.declaration_no:
        return False
    found = _of_list(session, bonded, at=at)
    found.number = record.declaration_no or found.number
    if not is_released or found.state is DeclarationState.RELEASED or at < found.stated_at:
        return False
    found.state, found.stated_at, found.released_at = DeclarationState.RELEASED, at, at
    return True


def record_return(session: Session, bonded: BondedList, *, text: str, at: datetime) -> None:
    """The list was returned, and its declaration with it."""
    found = of_list(session, bonded, lock=True)
    if found is not None and at >= found.stated_at:
        found.state, found.stated_at, found.released_at = DeclarationState.RETURNED, at, None
        found.remark = text[:1000]


def _of_list(session: Session, bonded: BondedList, *, at: datetime) -> Declaration:
    found = of_list(session, bonded, lock=True)
    if found is None:
        found = Declaration(
            list_id=bonded.id,
            pre_entry_no="",
            number="",
            state=DeclarationState.DRAFTED,
            stated_at=at,
            remark="",
        )
        session.add(found)
        session.flush()
    return found


def is_complete(session: Session, bonded: BondedList) -> bool:
    """Whether the list's papers are complete: its declaration is released, or customs approved a list without one."""
    if bonded.needs_declaration:
        found = of_list(session, bonded)
        return found is not None and found.state is DeclarationState.RELEASED
    return bonded.state in (ListState.PRE_BOOKED, ListState.APPROVED, ListState.BOOKED)


def bars_list(session: Session, bonded: BondedList) -> Sentence | None:
    """Why the goods of an exit list may not be brought out; None when its papers are complete."""
    number = {"number": bonded.list_no or bonded.inner_no}
    if bonded.state not in (ListState.PRE_BOOKED, ListState.APPROVED, ListState.BOOKED):
        return say(
            N_("List {number} is not approved by customs (state {state})."), state=bonded.state, **number
        )
    if not is_complete(session, bonded):
        return say(N_("The declaration of list {number} is not released yet. Leave the goods."), **number)
    return None
