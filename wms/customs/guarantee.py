"""Guarantee accounts 保证金账户: what a letter covers, what stock bills used of it, and what was given back.

Goods that go out under a business filing before they are declared are covered by its letter (dpstLevyBlNo). A bill uses
what it names (levyBlAmt) when it is declared; what customs returns, what comes back and what the collective list has
booked gives it back. Available = amount − used + restored, and never below zero (domain notes 2.7, an operator's
SAS_GRT). Uses are facts; the account is their sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import CheckConstraint, ForeignKey, Numeric, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.db import Base, acting
from wms.errors import Refusal
from wms.i18n import N_
from wms.registry.units import half_up

_AMOUNT = Numeric(25, 5)


class NoGuarantee(Refusal):
    """A bill names an amount, and no letter that counts stands behind its filing."""

    message = N_(
        "Stock bill {number}: guarantee letter {letter} is not on file or has run out. File it first."
    )
    status = 422


class GuaranteeUsedUp(Refusal):
    """The letter covers less than the bill asks."""

    message = N_("Stock bill {number} needs {wanted} CNY of guarantee; letter {letter} has {available} left.")
    status = 422


class BadGuarantee(Refusal):
    """A letter that covers nothing, or one filed before."""

    message = N_("Guarantee letter {letter} needs an amount above zero and a number that is not on file yet.")
    status = 422


class Guarantee(Base):
    """保函: one letter or deposit, as issued; it is never changed, a larger one is another letter."""

    __tablename__ = "guarantee"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        {"comment": "Guarantee letters and deposits behind business filings"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(64), unique=True, comment="its number (dpstLevyBlNo)")
    amount: Mapped[Decimal] = mapped_column(_AMOUNT, comment="what it covers, CNY")
    valid_until: Mapped[date] = mapped_column(comment="last day on which a bill may use it")
    filed_by_id: Mapped[int] = mapped_column(comment="who filed it")
    filed_at: Mapped[datetime] = mapped_column(comment="when")


class GuaranteeEntry(Base):
    """So much of a letter used by a stock bill; given back is negative. A fact."""

    __tablename__ = "guarantee_entry"
    __table_args__ = ({"comment": "Uses of guarantee letters, never changed", "info": UNAUDITED},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    guarantee_id: Mapped[int] = mapped_column(ForeignKey("guarantee.id"), index=True, comment="the letter")
    bill_no: Mapped[str] = mapped_column(
        String(64), index=True, comment="stock bill, by the number it was declared under"
    )
    amount: Mapped[Decimal] = mapped_column(_AMOUNT, comment="CNY, signed")
    at: Mapped[datetime] = mapped_column(comment="when it was used or given back")
    by_id: Mapped[int] = mapped_column(comment="who brought the paper")


@dataclass(frozen=True, kw_only=True)
class Account:
    """A letter with the sums of its entries, CNY."""

    letter: Guarantee
    used: Decimal
    restored: Decimal

    @property
    def available(self) -> Decimal:
        """What bills may still use."""
        return self.letter.amount - self.used + self.restored


def file_guarantee(
    session: Session, *, number: str, amount: Decimal, valid_until: date, by_id: int, at: datetime
) -> Guarantee:
    """File a letter as issued; raises BadGuarantee."""
    known = session.scalars(select(Guarantee).where(Guarantee.number == number)).one_or_none()
    if known is not None or amount <= 0 or not number.strip():
        raise BadGuarantee(letter=number or "—")
    made = Guarantee(
        number=number[:64], amount=amount, valid_until=valid_until, filed_by_id=by_id, filed_at=at
    )
    session.add(made)
    session.flush()
    return made


def use(session: Session, *, letter: str, bill_no: str, amount: Decimal, day: date, at: datetime) -> None:
    """A bill uses so much of a letter; raises NoGuarantee and GuaranteeUsedUp."""
    _take_turns(session)
    found = session.scalars(select(Guarantee).where(Guarantee.number == letter)).one_or_none()
    if found is None or found.valid_until < day:
        raise NoGuarantee(number=bill_no, letter=letter or "—")
    (account,) = accounts(session, [found])
    if amount > account.available:
        raise GuaranteeUsedUp(
            number=bill_no, letter=letter, wanted=f"{amount:.2f}", available=f"{account.available:.2f}"
        )
    _enter(session, found.id, bill_no, amount, at=at)


def restore(session: Session, *, bill_no: str, share: Fraction = Fraction(1), at: datetime) -> Decimal:
    """Give back a share of what a bill used, never more than it still holds; gives the amount."""
    _take_turns(session)
    rows = session.execute(
        select(GuaranteeEntry.guarantee_id, GuaranteeEntry.amount)
        .where(GuaranteeEntry.bill_no == bill_no)
        .order_by(GuaranteeEntry.id)
    ).all()
    if not rows:
        return Decimal(0)
    letter_id = rows[0].guarantee_id
    held = session.scalar(
        select(func.coalesce(func.sum(GuaranteeEntry.amount), 0)).where(GuaranteeEntry.bill_no == bill_no)
    )
    used = sum((row.amount for row in rows if row.amount > 0), Decimal(0))
    back = min(Decimal(held or 0), half_up(Fraction(used) * share, 2))
    if back > 0:
        _enter(session, letter_id, bill_no, -back, at=at)
    return max(Decimal(0), back)


def _take_turns(session: Session) -> None:
    """Letters are facts and cannot be locked as rows; whoever uses or gives back waits here for the one before."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("guarantee"))))


def _enter(session: Session, guarantee_id: int, bill_no: str, amount: Decimal, *, at: datetime) -> None:
    session.add(
        GuaranteeEntry(
            guarantee_id=guarantee_id, bill_no=bill_no, amount=amount, at=at, by_id=acting(session).by_id
        )
    )
    session.flush()


def accounts(session: Session, letters: Sequence[Guarantee]) -> list[Account]:
    """The letters with what was used of them and given back."""
    used = func.coalesce(func.sum(GuaranteeEntry.amount).filter(GuaranteeEntry.amount > 0), 0)
    restored = func.coalesce(-func.sum(GuaranteeEntry.amount).filter(GuaranteeEntry.amount < 0), 0)
    rows = session.execute(
        select(GuaranteeEntry.guarantee_id, used, restored)
        .where(GuaranteeEntry.guarantee_id.in_([each.id for each in letters]))
        .group_by(GuaranteeEntry.guarantee_id)
    )
    sums = {row[0]: (Decimal(row[1]), Decimal(row[2])) for row in rows}
    nothing = Decimal(0), Decimal(0)
    return [
        Account(letter=each, used=sums.get(each.id, nothing)[0], restored=sums.get(each.id, nothing)[1])
        for each in letters
    ]


def all_accounts(session: Session) -> list[Account]:
    """Every letter, those that run out first in front."""
    return accounts(
        session, session.scalars(select(Guarantee).order_by(Guarantee.valid_until, Guarantee.id)).all()
    )
