"""Companies of the zone: who they are, the roles they play, and how far customs trusts them over time."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ARRAY, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base, words


class CompanyRole(StrEnum):
    """What a company does in the zone; one company may play several roles."""

    WAREHOUSE = "warehouse"
    DECLARANT = "declarant"
    GUARANTOR = "guarantor"
    PLATFORM = "platform"
    MERCHANT = "merchant"
    PAYMENT = "payment"
    CARRIER = "carrier"
    ENTRY_DECLARANT = "entry_declarant"
    SHOP = "shop"


class CreditClass(StrEnum):
    """Customs' five classes of enterprise credit (Order 282, in force since 2026-04-01)."""

    ADVANCED_CERTIFIED = "advanced_certified"
    CERTIFIED = "certified"
    REGULAR = "regular"
    DISHONEST = "dishonest"
    SERIOUSLY_DISHONEST = "seriously_dishonest"


class Company(Base):
    """One enterprise, filed once."""

    __tablename__ = "company"
    __table_args__ = {"comment": "Enterprises of the zone, filed once and used by every flow"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, comment="Key inside the system")
    credit_code: Mapped[str] = mapped_column(
        String(18), unique=True, comment="Unified social credit code (GB 32100), check character tried"
    )
    customs_code: Mapped[str] = mapped_column(
        String(10), unique=True, comment="Customs enterprise code (海关编码)"
    )
    name: Mapped[str] = mapped_column(Text, comment="Registered name")
    roles: Mapped[list[str]] = mapped_column(
        ARRAY(Text), comment="Roles in the zone, in the words of CompanyRole, sorted"
    )


class CompanyCredit(Base):
    """A credit class and the day it began; the latest begun is the one in force."""

    __tablename__ = "company_credit"
    __table_args__ = (
        UniqueConstraint("company_id", "valid_from"),
        {"comment": "Credit classes of a company over time"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Key inside the system")
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"), comment="The company")
    credit_class: Mapped[CreditClass] = mapped_column(
        words(CreditClass), comment="Class given by customs (信用等级)"
    )
    valid_from: Mapped[date] = mapped_column(comment="First day of the class, in the zone's calendar")


def find_company(session: Session, *, customs_code: str) -> Company | None:
    """The company with this customs code, or none."""
    return session.scalar(select(Company).where(Company.customs_code == customs_code))


def credit_class_on(session: Session, *, company_id: int, day: date) -> CreditClass | None:
    """The credit class in force on a day; none before the first."""
    return session.scalar(
        select(CompanyCredit.credit_class)
        .where(CompanyCredit.company_id == company_id, CompanyCredit.valid_from <= day)
        .order_by(CompanyCredit.valid_from.desc())
        .limit(1)
    )
