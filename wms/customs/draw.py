"""Draw 抽查: a random draw of the zone, committed first and revealed afterwards (`double_random` decides).

Preparing freezes the population and publishes the hash of it with a hidden seed; revealing publishes the seed,
draws, and orders the inspections. A declaration or list stands in one draw only, so nobody can draw until the
result is welcome.
"""

import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.inspection_rules import InspectionRules
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.control import declaration_traits
from wms.customs.double_random import (
    Drawn,
    Population,
    PublishedDraw,
    Subject,
    SubjectKind,
    commitment_of,
    draw,
    dump,
    load_population,
    population_hash,
)
from wms.customs.inspection import Inspection, OrderedBy, Result, Wanted, order_inspections
from wms.customs.inspectors import MerchantsOf, inspectors
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, is_undone
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import AccountBook, BookFigure, BookItem, Side
from wms.numbering import next_number
from wms.registry.companies import Company, CompanyCredit

#: Credit class of a company nobody knows.
UNKNOWN: Final = "unknown"


class NothingToDraw(Refusal):
    """Everything that could be drawn has stood in a draw."""

    message = N_("Nothing new could be drawn: every declaration and list here has stood in a draw.")


class NoSuchDraw(Refusal):
    """The number names none."""

    message = N_("There is no draw {number}.")
    status = 404


class AlreadyDrawn(Refusal):
    """The seed is out; a draw is made once."""

    message = N_("Draw {number} was made already.")


class NotDrawnYet(Refusal):
    """The seed is still hidden."""

    message = N_("Draw {number} has not been made yet; its seed is not published.")


class Draw(Base):
    """随机抽查: its population and commitment, and once it is made its seed."""

    __tablename__ = "inspection_draw"
    __table_args__ = ({"comment": "Random draws of declarations, lists and officers"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the draw")
    population: Mapped[dict[str, Any]] = mapped_column(
        comment="who may be drawn, officers with conflicts, and the weights, as published"
    )
    population_hash: Mapped[str] = mapped_column(String(64), comment="SHA-256 of its canonical JSON")
    commitment: Mapped[str] = mapped_column(String(64), comment="SHA-256 of seed and that hash")
    seed: Mapped[str] = mapped_column(String(64), comment="the seed, hexadecimal; shown once it is drawn")
    prepared_at: Mapped[datetime] = mapped_column(comment="when the commitment was published")
    prepared_by_id: Mapped[int] = mapped_column(comment="who prepared it")
    drawn_at: Mapped[datetime | None] = mapped_column(comment="when the seed was published; none before")
    drawn_by_id: Mapped[int | None] = mapped_column(comment="who drew")


class DrawnFrom(Base):
    """That a subject stood in a draw, drawn or not; it stands in no other."""

    __tablename__ = "inspection_drawn_from"
    __table_args__ = ({"comment": "What stood in a draw; once and never again"},)

    subject_kind: Mapped[str] = mapped_column(String(20), primary_key=True, comment="declaration or list")
    subject_number: Mapped[str] = mapped_column(String(100), primary_key=True, comment="its number")
    draw_number: Mapped[str] = mapped_column(String(20), index=True, comment="number of the draw")


def prepare(
    session: Session,
    rules: InspectionRules,
    merchants_of: MerchantsOf,
    *,
    day: date,
    by_id: int,
    at: datetime,
) -> Draw:
    """Freeze the population and publish its commitment; raises NothingToDraw."""
    subjects = (*_declarations(session, merchants_of, rules, at=at), *_lists(session, rules, at=at))
    if not subjects:
        raise NothingToDraw
    population = Population(
        subjects=tuple(sorted(subjects, key=lambda each: (each.kind, each.number))),
        inspectors=tuple(inspectors(session, at=at)),
        weights=rules.weights_on(day),
        officers=rules.officers,
    )
    seed, found = secrets.token_hex(32), population_hash(population)
    made = Draw(
        number=next_number(session, "D", day=at.date()),
        population=dump(population),
        population_hash=found,
        commitment=commitment_of(seed=seed, hash_of_population=found),
        seed=seed,
        prepared_at=at,
        prepared_by_id=by_id,
        drawn_at=None,
        drawn_by_id=None,
    )
    session.add(made)
    session.add_all(
        DrawnFrom(subject_kind=each.kind.value, subject_number=each.number, draw_number=made.number)
        for each in population.subjects
    )
    session.flush()
    return made


def reveal(session: Session, draw_id: int, *, by_id: int, at: datetime) -> list[Inspection]:
    """Publish the seed, draw, and order the inspections; raises NoSuchDraw and AlreadyDrawn."""
    found = session.get(Draw, draw_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NoSuchDraw(number=draw_id)
    if found.drawn_at is not None:
        raise AlreadyDrawn(number=found.number)
    found.drawn_at, found.drawn_by_id = at, by_id
    population = load_population(found.population)
    companies = {(each.kind, each.number): each.company for each in population.subjects}
    wanted = [
        Wanted(
            kind=each.kind,
            number=each.number,
            company=companies[each.kind, each.number],
            ordered_by=OrderedBy.DRAW,
            order_number=found.number,
            reason="",
            officers=each.officers,
            seed=found.seed,
        )
        for each in draw(population, seed=found.seed)
    ]
    return order_inspections(session, wanted, officers=population.officers, by_id=by_id, at=at)


def published(session: Session, number: str) -> PublishedDraw:
    """What anybody needs to draw again; raises NoSuchDraw and NotDrawnYet.

    The drawn ones are those whose inspections were ordered, so a draw that was not carried out as drawn is found out.
    """
    found = find_draw(session, number)
    if found.drawn_at is None:
        raise NotDrawnYet(number=number)
    query = select(Inspection).where(
        Inspection.ordered_by == OrderedBy.DRAW, Inspection.order_number == number
    )
    ordered = sorted(session.scalars(query), key=lambda each: (each.subject_kind, each.subject_number))
    return PublishedDraw(
        number=number,
        seed=found.seed,
        population_hash=found.population_hash,
        commitment=found.commitment,
        population=load_population(found.population),
        drawn=tuple(_as_drawn(each) for each in ordered),
    )


def find_draw(session: Session, number: str) -> Draw:
    """The draw with this number; raises NoSuchDraw."""
    found = session.scalars(select(Draw).where(Draw.number == number)).one_or_none()
    if found is None:
        raise NoSuchDraw(number=number)
    return found


def draws(session: Session, *, limit: int = 100) -> list[Draw]:
    """Every draw, the newest first."""
    return list(session.scalars(select(Draw).order_by(Draw.id.desc()).limit(limit)))


def _as_drawn(inspection: Inspection) -> Drawn:
    officers = tuple(each.officer_id for each in inspection.officers if not each.came_later)
    return Drawn(kind=inspection.subject_kind, number=inspection.subject_number, officers=officers)


def _stood_in_a_draw(kind: SubjectKind) -> Select[str]:
    return select(DrawnFrom.subject_number).where(DrawnFrom.subject_kind == kind.value)


def _declarations(
    session: Session, merchants_of: MerchantsOf, rules: InspectionRules, *, at: datetime
) -> list[Subject]:
    """Retail declarations that have not left, been undone, or stood in a draw."""
    query = select(RetailDeclaration).where(
        RetailDeclaration.is_history.is_(False),
        RetailDeclaration.book_effect == BookEffect.PROMISED,
        RetailDeclaration.number.not_in(_stood_in_a_draw(SubjectKind.RETAIL_DECLARATION)),
    )
    found = [each for each in session.scalars(query) if not is_undone(each)]
    traits = declaration_traits(session, found)
    merchants = merchants_of(session, [each.order_no for each in found])
    company_of = {each.number: merchants.get(each.order_no, "") for each in found}
    classes = _credits(session, company_of.values(), day=at.date())
    findings = _findings(session, since=at - timedelta(days=rules.findings_days))
    return [
        Subject(
            kind=SubjectKind.RETAIL_DECLARATION,
            number=each.number,
            company=company_of[each.number],
            credit=classes.get(company_of[each.number], UNKNOWN),
            hs=tuple(sorted({hs for hs, _, _ in traits[each.number].lines})),
            origins=tuple(sorted({origin for _, origin, _ in traits[each.number].lines})),
            first_import=False,
            findings=findings.get(company_of[each.number], 0),
        )
        for each in found
    ]


def _lists(session: Session, rules: InspectionRules, *, at: datetime) -> list[Subject]:
    """Bonded lists of goods coming in that customs has numbered and not returned, and that stood in no draw."""
    query = select(BondedList).where(
        BondedList.side == Side.IN,
        BondedList.list_no != "",
        BondedList.state.not_in((ListState.REFUSED, ListState.RETURNED)),
        BondedList.list_no.not_in(_stood_in_a_draw(SubjectKind.BONDED_LIST)),
    )
    found = list(session.scalars(query))
    items = {line.book_item_id for each in found for line in each.lines}
    rows = session.execute(_ITEMS.where(BookItem.id.in_(items))) if items else ()
    facts = {row.id: row for row in rows}
    company_of = _book_companies(session)
    classes = _credits(session, company_of.values(), day=at.date())
    findings = _findings(session, since=at - timedelta(days=rules.findings_days))
    subjects = []
    for each in found:
        lines = [facts[line.book_item_id] for line in each.lines]
        company = company_of[each.book_id]
        subjects.append(
            Subject(
                kind=SubjectKind.BONDED_LIST,
                number=each.list_no,
                company=company,
                credit=classes.get(company, UNKNOWN),
                hs=tuple(sorted({line.hs10 for line in lines})),
                origins=tuple(sorted({line.origin for line in lines})),
                first_import=any(line.actual_in == 0 for line in lines),
                findings=findings.get(company, 0),
            )
        )
    return subjects


#: A book item nothing was booked into yet is a first import.
_ITEMS = select(BookItem.id, BookItem.hs10, BookItem.origin, BookFigure.actual_in).join(
    BookFigure, BookFigure.book_item_id == BookItem.id
)


def _book_companies(session: Session) -> dict[int, str]:
    query = select(AccountBook.id, Company.customs_code).join(Company, Company.id == AccountBook.company_id)
    return {row.id: row.customs_code for row in session.execute(query)}


def _credits(session: Session, companies: Iterable[str], *, day: date) -> dict[str, str]:
    """Credit classes on a day, by the code a document names: customs' or the credit code."""
    named = {each for each in companies if each}
    query = (
        select(Company.customs_code, Company.credit_code, CompanyCredit.credit_class)
        .join(CompanyCredit, CompanyCredit.company_id == Company.id)
        .where(
            or_(Company.customs_code.in_(named), Company.credit_code.in_(named)),
            CompanyCredit.valid_from <= day,
        )
        .order_by(CompanyCredit.valid_from)
    )
    classes: dict[str, str] = {}
    for row in session.execute(query):
        classes |= {row.customs_code: row.credit_class.value, row.credit_code: row.credit_class.value}
    return classes


def _findings(session: Session, *, since: datetime) -> dict[str, int]:
    """How many inspections of each company ended otherwise than in release since then."""
    query = (
        select(Inspection.company_code, func.count())
        .where(Inspection.closed_at >= since, Inspection.result != Result.RELEASE)
        .group_by(Inspection.company_code)
    )
    return {company: int(count) for company, count in session.execute(query)}
