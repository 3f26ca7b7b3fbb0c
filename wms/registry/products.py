"""Products on file: one 料号 with all that customs, the shelf and the handheld must know of it."""

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from sqlalchemy import CheckConstraint, Numeric, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base, words
from wms.registry.units import Factors


class StorageClass(StrEnum):
    """Where goods may stand; limits of each class are the product's own."""

    AMBIENT = "ambient"
    COOL = "cool"
    FROZEN = "frozen"


class Product(Base):
    """One filed item. Rates and limits are those in force; a change of them is in the audit trail."""

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("declared_num > 0 and declared_den > 0", name="declared_factor"),
        CheckConstraint("unit1_num > 0 and unit1_den > 0", name="first_factor"),
        CheckConstraint(
            "(unit2 is null) = (unit2_num is null) and (unit2 is null) = (unit2_den is null)"
            " and (unit2 is null or unit2_num > 0 and unit2_den > 0)",
            name="second_factor",
        ),
        CheckConstraint("0 < net_g and net_g <= gross_g", name="weights"),
        CheckConstraint("temp_min_c <= temp_max_c", name="temperatures"),
        {"comment": "Products on file, one row per 料号"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="Key inside the system")
    item_no: Mapped[str] = mapped_column(String(32), unique=True, comment="Item number of the book (料号)")
    name_zh: Mapped[str] = mapped_column(Text, comment="Name in Chinese, as declared")
    name_en: Mapped[str] = mapped_column(Text, comment="Name in English")
    gtin: Mapped[str | None] = mapped_column(
        String(14), index=True, comment="Bar code of one piece (GTIN); two 料号 may share it"
    )
    hs10: Mapped[str] = mapped_column(String(10), comment="Tariff number with supervision digits, 10 digits")
    spec: Mapped[str] = mapped_column(Text, comment="Specification as declared (规格型号)")
    origin_num: Mapped[str] = mapped_column(String(3), comment="Country of origin, customs' number")
    origin_alpha3: Mapped[str] = mapped_column(String(3), comment="Country of origin, three letters")
    unit: Mapped[str] = mapped_column(String(3), comment="Declared unit (申报单位), customs' unit number")
    declared_num: Mapped[int] = mapped_column(
        default=1, comment="Declared quantity = stock units x declared_num / declared_den"
    )
    declared_den: Mapped[int] = mapped_column(default=1, comment="Divisor of the declared quantity")
    unit1: Mapped[str] = mapped_column(String(3), comment="First statutory unit (法定第一单位)")
    unit1_num: Mapped[int] = mapped_column(comment="First quantity = declared x unit1_num / unit1_den")
    unit1_den: Mapped[int] = mapped_column(comment="Divisor of the first statutory quantity")
    unit2: Mapped[str | None] = mapped_column(String(3), comment="Second statutory unit, where one is asked")
    unit2_num: Mapped[int | None] = mapped_column(
        comment="Second quantity = declared x unit2_num / unit2_den"
    )
    unit2_den: Mapped[int | None] = mapped_column(comment="Divisor of the second statutory quantity")
    net_g: Mapped[Decimal] = mapped_column(Numeric(12, 3), comment="Net weight of a declared unit, grams")
    gross_g: Mapped[Decimal] = mapped_column(Numeric(12, 3), comment="Gross weight of a declared unit, grams")
    vat_rate: Mapped[Decimal] = mapped_column(Numeric(7, 6), comment="Value-added tax rate, share of one")
    consumption_tax_rate: Mapped[Decimal] = mapped_column(
        Numeric(7, 6), comment="Consumption tax rate, share of one"
    )
    duty_rate: Mapped[Decimal] = mapped_column(
        Numeric(7, 6), comment="Duty rate, share of one; used in the full-tax channel only"
    )
    positive_list: Mapped[bool] = mapped_column(
        comment="Whether the retail import list (正面清单) names the product"
    )
    yearly_max_qty: Mapped[int | None] = mapped_column(
        comment="Declared units one buyer may import in a calendar year; empty: no limit"
    )
    shelf_life_days: Mapped[int | None] = mapped_column(comment="Days from making to expiry; empty: keeps")
    storage_class: Mapped[StorageClass] = mapped_column(
        words(StorageClass), comment="Kind of place the product may stand in"
    )
    temp_min_c: Mapped[Decimal] = mapped_column(Numeric(5, 2), comment="Coldest it may stand, °C")
    temp_max_c: Mapped[Decimal] = mapped_column(Numeric(5, 2), comment="Warmest it may stand, °C")
    rh_max_pct: Mapped[Decimal | None] = mapped_column(
        Numeric(5, 2), comment="Highest relative humidity, percent; empty: no limit"
    )

    @property
    def factors(self) -> Factors:
        """Exact factors from stock unit to declared and statutory units."""
        second = None
        if self.unit2_num is not None and self.unit2_den is not None:
            second = Fraction(self.unit2_num, self.unit2_den)
        return Factors(
            declared=Fraction(self.declared_num, self.declared_den),
            first=Fraction(self.unit1_num, self.unit1_den),
            second=second,
        )


def find_product(session: Session, *, item_no: str) -> Product | None:
    """The product with this 料号, or none."""
    return session.scalar(select(Product).where(Product.item_no == item_no))


def find_by_gtin(session: Session, *, gtin: str) -> list[Product]:
    """Products whose pieces carry this bar code, by 料号; usually one, sometimes several."""
    return list(session.scalars(select(Product).where(Product.gtin == gtin).order_by(Product.item_no)))
