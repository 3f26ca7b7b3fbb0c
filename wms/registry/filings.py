"""一次备案: a company files itself, its roles and its products; staff approve or return; every flow uses the filing.

A filing is a fact and so is its decision: nothing is edited, a better version is filed anew. What is approved comes
into the registry by the very loader that reads a registry folder, so the portal knows no other rules than the files.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_
from wms.numbering import next_number
from wms.registry.agreement import only_once
from wms.registry.cells import Fault, Parser, Wrong, credit_code, many_of
from wms.registry.cells import text as some_text
from wms.registry.columns import PRODUCTS
from wms.registry.companies import Company, CompanyRole, CreditClass, credit_class_on, find_company
from wms.registry.files import RegistryFiles
from wms.registry.load import Summary, load_registry, rehearse
from wms.registry.products import Product
from wms.registry.rows import CompanyRow
from wms.registry.sheets import Reading, read_content

#: The name faults of an uploaded table are told under.
SHEET: Final = "products.csv"
FORM: Final = "company"
ROWS_MAX: Final = 2000
_DECIDING: Final = 0xF11E << 40
_roles = many_of({role.value: role for role in CompanyRole})


class FilingKind(StrEnum):
    """What is filed."""

    COMPANY = "COMPANY"
    PRODUCTS = "PRODUCTS"


class FilingState(StrEnum):
    """Where a filing stands."""

    FILED = "FILED"
    APPROVED = "APPROVED"
    RETURNED = "RETURNED"


class NotAcceptable(Refusal):
    """What was filed has faults; nothing of it was kept."""

    message = N_("{count} faults; nothing was filed. Mend them and file again.")
    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(count=len(faults))
        self.faults = tuple(faults)


class NoSuchFiling(Refusal):
    """The number names none that this person may see."""

    message = N_("There is no filing {number} here.")
    status = 404


class AlreadyDecided(Refusal):
    """A filing is decided once; a better version is filed anew."""

    message = N_("Filing {number} was decided before. A better version is filed anew.")


class ReasonNeeded(Refusal):
    """Whoever gets a filing back must know what to mend."""

    message = N_("Say what is to be mended; the company reads it.")
    status = 422


class OwnFiling(Refusal):
    """Nobody approves what they filed."""

    message = N_("Somebody else must decide on filing {number}: you filed it.")


class RegistryFiling(Base):
    """备案申请: what a company filed, as it filed it."""

    __tablename__ = "registry_filing"
    __table_args__ = ({"comment": "What companies filed of themselves; never changed"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the filing")
    customs_code: Mapped[str] = mapped_column(String(10), index=True, comment="company that filed it")
    kind: Mapped[FilingKind] = mapped_column(words(FilingKind), comment="the company itself, or products")
    content: Mapped[dict[str, Any]] = mapped_column(
        comment="cells as filed: credit_code, name, roles; or the table as rows of texts"
    )
    row_count: Mapped[int] = mapped_column(comment="rows of the table; 1 for a company")
    filed_at: Mapped[datetime] = mapped_column(comment="when it was filed")
    filed_by_id: Mapped[int] = mapped_column(comment="who filed it")

    decision: Mapped["FilingDecision | None"] = relationship(lazy="joined", uselist=False)

    @property
    def state(self) -> FilingState:
        """Filed until somebody decides."""
        if self.decision is None:
            return FilingState.FILED
        return FilingState.APPROVED if self.decision.approved else FilingState.RETURNED


class FilingDecision(Base):
    """备案审核: what staff said to a filing, once."""

    __tablename__ = "filing_decision"
    __table_args__ = ({"comment": "What staff decided on filings; never changed"},)

    filing_id: Mapped[int] = mapped_column(
        ForeignKey("registry_filing.id"), primary_key=True, autoincrement=False, comment="the filing"
    )
    approved: Mapped[bool] = mapped_column(comment="true: brought into the registry; false: returned")
    reason: Mapped[str] = mapped_column(String(500), comment="what is to be mended; empty when approved")
    decided_at: Mapped[datetime] = mapped_column(comment="when")
    decided_by_id: Mapped[int] = mapped_column(comment="by whom")


@dataclass(frozen=True, kw_only=True)
class Version:
    """One filing in a list, with the name of its company when it has one."""

    filing: RegistryFiling
    company: str


def file_company(
    session: Session, *, customs_code: str, cells: Mapping[str, str], by_id: int, at: datetime
) -> RegistryFiling:
    """File the company itself: credit code, name, roles (with semicolons). Raises NotAcceptable with every fault."""
    reading = Reading()
    content: dict[str, str] = {}
    parsers: Mapping[str, Parser] = {"credit_code": credit_code, "name": some_text, "roles": _roles}
    for column, parse in parsers.items():
        content[column] = cells.get(column, "").strip()
        try:
            parse(content[column])
        except Wrong as wrong:
            reading.fault(FORM, wrong.message, row=None, column=column, **wrong.facts)
    other = session.scalars(
        select(Company.customs_code).where(Company.credit_code == content["credit_code"])
    ).one_or_none()
    if other not in {None, customs_code}:
        sentence = N_("{cell} is on file for another company")
        reading.fault(FORM, sentence, column="credit_code", cell=content["credit_code"])
    return _keep(session, reading, FilingKind.COMPANY, customs_code, content, rows=1, by_id=by_id, at=at)


def file_products(
    session: Session, *, customs_code: str, raw: bytes, by_id: int, at: datetime
) -> RegistryFiling:
    """File a table of products, in the columns of products.csv. Raises NotAcceptable with every fault of every row."""
    reading = Reading()
    products = read_content(SHEET, raw, PRODUCTS, reading)
    only_once(reading, SHEET, "item_no")
    if not products and not reading.faults:
        reading.fault(SHEET, N_("holds no product"))
    if len(products) > ROWS_MAX:
        reading.fault(
            SHEET,
            N_("holds {rows} products; at most {most} are filed at once"),
            rows=len(products),
            most=ROWS_MAX,
        )
    own = _own_items(session, customs_code)
    known = set(
        session.scalars(select(Product.item_no).where(Product.item_no.in_({p.item_no for p in products})))
    )
    for product in products:
        if product.item_no in known - own:
            sentence = N_("{cell} is on file already and was not filed by this company")
            reading.fault(SHEET, sentence, row=product.row, column="item_no", cell=product.item_no)
    content = {"rows": [dict(cells) for _, cells in reading.raw.get(SHEET, ())]}
    return _keep(
        session, reading, FilingKind.PRODUCTS, customs_code, content, rows=len(products), by_id=by_id, at=at
    )


def decide(
    session: Session, filing_id: int, *, approve: bool, reason: str, by_id: int, at: datetime, day: date
) -> Summary | None:
    """Approve a filing, which brings it into the registry, or return it with a reason.

    `day` is the zone's calendar day of `at`. Raises NoSuchFiling, AlreadyDecided, OwnFiling, ReasonNeeded, and what the
    registry's loader refuses.
    """
    # facts cannot be locked as rows: two who decide at once wait for each other here
    session.execute(select(func.pg_advisory_xact_lock(_DECIDING + filing_id)))
    filing = session.get(RegistryFiling, filing_id, populate_existing=True)
    if filing is None:
        raise NoSuchFiling(number=filing_id)
    if filing.decision is not None:
        raise AlreadyDecided(number=filing.number)
    if filing.filed_by_id == by_id:
        raise OwnFiling(number=filing.number)
    if not approve and not reason.strip():
        raise ReasonNeeded
    summary = load_registry(session, _files(session, filing, day=day), at=at, day=day) if approve else None
    filing.decision = FilingDecision(
        filing_id=filing.id,
        approved=approve,
        reason="" if approve else reason.strip()[:500],
        decided_at=at,
        decided_by_id=by_id,
    )
    session.flush()
    return summary


def would_change(session: Session, filing: RegistryFiling, *, at: datetime, day: date) -> Summary:
    """What approving would change, by doing and undoing it."""
    return rehearse(session, _files(session, filing, day=day), at=at, day=day)


def filings_of(session: Session, customs_code: str, *, limit: int = 100) -> list[RegistryFiling]:
    """What a company filed, the newest first."""
    query = select(RegistryFiling).where(RegistryFiling.customs_code == customs_code)
    return list(session.scalars(query.order_by(RegistryFiling.id.desc()).limit(limit)))


def all_filings(session: Session, *, waiting: bool, limit: int = 200) -> list[Version]:
    """Filings of every company with its name: those that wait, the oldest first, or those decided, the newest first."""
    query = (
        select(RegistryFiling, Company.name)
        .outerjoin(Company, Company.customs_code == RegistryFiling.customs_code)
        .outerjoin(FilingDecision, FilingDecision.filing_id == RegistryFiling.id)
    )
    if waiting:
        query = query.where(FilingDecision.filing_id.is_(None)).order_by(RegistryFiling.id)
    else:
        query = query.where(FilingDecision.filing_id.is_not(None)).order_by(RegistryFiling.id.desc())
    return [
        Version(filing=filing, company=name or "") for filing, name in session.execute(query.limit(limit))
    ]


def find_filing(session: Session, filing_id: int, *, customs_code: str | None) -> RegistryFiling:
    """A filing; with a company's code only one of its own. Raises NoSuchFiling."""
    found = session.get(RegistryFiling, filing_id)
    if found is None or (customs_code is not None and found.customs_code != customs_code):
        raise NoSuchFiling(number=filing_id)
    return found


def _keep(
    session: Session,
    reading: Reading,
    kind: FilingKind,
    customs_code: str,
    content: Mapping[str, Any],
    *,
    rows: int,
    by_id: int,
    at: datetime,
) -> RegistryFiling:
    if reading.faults:
        raise NotAcceptable(sorted(reading.faults, key=lambda fault: fault.row or 0))
    filing = RegistryFiling(
        number=next_number(session, "F", day=at.date()),
        customs_code=customs_code,
        kind=kind,
        content=dict(content),
        row_count=rows,
        filed_at=at,
        filed_by_id=by_id,
    )
    session.add(filing)
    session.flush()
    return filing


def _own_items(session: Session, customs_code: str) -> set[str]:
    """料号 this company filed and staff approved."""
    query = select(RegistryFiling).join(FilingDecision, FilingDecision.filing_id == RegistryFiling.id)
    query = query.where(
        RegistryFiling.customs_code == customs_code,
        RegistryFiling.kind == FilingKind.PRODUCTS,
        FilingDecision.approved,
    )
    return {row["item_no"] for filing in session.scalars(query) for row in filing.content["rows"]}


def _files(session: Session, filing: RegistryFiling, *, day: date) -> RegistryFiles:
    """The filing as a registry folder would say it. Its cells were tried when it was filed."""
    companies: tuple[CompanyRow, ...] = ()
    reading, products = Reading(), ()
    if filing.kind is FilingKind.COMPANY:
        companies = (_company_row(session, filing, day=day),)
    else:
        products = read_content(SHEET, _as_csv(filing.content["rows"]), PRODUCTS, reading)  # type: ignore[assignment]
    if reading.faults:
        raise NotAcceptable(reading.faults)
    return RegistryFiles(
        companies=companies,
        vehicles=(),
        products=products,
        places=(),
        users=(),
        account_book=None,
        opening_lots=(),
        yearly_spent=(),
        yearly_quantity=(),
        rules=None,
        remarks=(),
    )


def _company_row(session: Session, filing: RegistryFiling, *, day: date) -> CompanyRow:
    """Its credit class is customs' to give: the one in force stays, a new company begins as a regular one."""
    known = find_company(session, customs_code=filing.customs_code)
    in_force = credit_class_on(session, company_id=known.id, day=day) if known is not None else None
    return CompanyRow(
        row=0,
        credit_code=filing.content["credit_code"],
        customs_code=filing.customs_code,
        name=filing.content["name"],
        roles=_roles(filing.content["roles"]),
        credit_class=in_force or CreditClass.REGULAR,
    )


def _as_csv(rows: Sequence[Mapping[str, str]]) -> bytes:
    target = io.StringIO()
    writer = csv.DictWriter(target, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue().encode("utf-8")
