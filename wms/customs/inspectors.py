"""Who may be drawn to inspect: officers who are active, each with the companies the officer must not visit.

A conflict of interest is declared (one's own or one's family's firm) or follows from the work: whoever inspected a
company last does not inspect it again next time.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.auth.permissions import Role
from wms.auth.users import User
from wms.customs.double_random import Inspector
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_

#: Merchants by order number; the edge asks the orders, which customs does not know.
MerchantsOf = Callable[[Session, Sequence[str]], Mapping[str, str]]


class NoSuchOfficer(Refusal):
    """The name is not that of an active officer."""

    message = N_("{name} is no customs officer here.")
    status = 422


class NoSuchConflict(Refusal):
    """The number names none, or it has ended."""

    message = N_("There is no such conflict of interest any more.")
    status = 404


class Conflict(Base):
    """利益回避: an officer who must not inspect a company."""

    __tablename__ = "inspection_conflict"
    __table_args__ = ({"comment": "Companies an officer must not inspect"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    officer_id: Mapped[int] = mapped_column(index=True, comment="user id of the officer")
    company_code: Mapped[str] = mapped_column(
        String(18), comment="code of the company, as its documents name it"
    )
    reason: Mapped[str] = mapped_column(String(200), comment="why, as declared")
    declared_by_id: Mapped[int] = mapped_column(comment="who declared it")
    declared_at: Mapped[datetime] = mapped_column(comment="since when it counts")
    ended_at: Mapped[datetime | None] = mapped_column(comment="until when it counted; none while it does")
    ended_by_id: Mapped[int | None] = mapped_column(comment="who ended it")


# The officers of the newest decided inspection of each company.
_LAST_VISIT = text("""
    select distinct o.officer_id, i.company_code
    from inspection i join inspection_officer o on o.inspection_id = i.id and o.replaced_reason = ''
    where i.id in (select max(id) from inspection where started_at is not null and company_code <> ''
                   group by company_code)
""")


def inspectors(session: Session, *, at: datetime) -> list[Inspector]:
    """Every active officer with the companies left out at this moment, by id."""
    conflicts: dict[int, set[str]] = defaultdict(set)
    declared = select(Conflict.officer_id, Conflict.company_code).where(
        Conflict.declared_at <= at, Conflict.ended_at.is_(None)
    )
    for officer_id, company in session.execute(declared):
        conflicts[officer_id].add(company)
    for officer_id, company in session.execute(_LAST_VISIT):
        conflicts[officer_id].add(company)
    officers = select(User.id).where(User.role == Role.OFFICER.value, User.active).order_by(User.id)
    return [
        Inspector(officer_id=officer_id, conflicts=tuple(sorted(conflicts[officer_id])))
        for officer_id in session.scalars(officers)
    ]


def declare_conflict(
    session: Session, *, officer: str, company_code: str, reason: str, by_id: int, at: datetime
) -> Conflict:
    """Keep an officer away from a company; raises NoSuchOfficer."""
    found = session.scalars(
        select(User).where(User.name == officer, User.role == Role.OFFICER.value, User.active)
    ).one_or_none()
    if found is None:
        raise NoSuchOfficer(name=officer)
    made = Conflict(
        officer_id=found.id,
        company_code=company_code[:18],
        reason=reason[:200],
        declared_by_id=by_id,
        declared_at=at,
        ended_at=None,
        ended_by_id=None,
    )
    session.add(made)
    session.flush()
    return made


def end_conflict(session: Session, conflict_id: int, *, by_id: int, at: datetime) -> None:
    """The reason is gone; raises NoSuchConflict."""
    found = session.get(Conflict, conflict_id, with_for_update=True, populate_existing=True)
    if found is None or found.ended_at is not None:
        raise NoSuchConflict
    found.ended_at, found.ended_by_id = at, by_id


def conflicts_in_force(session: Session) -> list[Conflict]:
    """Declared conflicts that count now, the newest first."""
    return list(
        session.scalars(select(Conflict).where(Conflict.ended_at.is_(None)).order_by(Conflict.id.desc()))
    )
