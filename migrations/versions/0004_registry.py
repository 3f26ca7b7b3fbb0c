"""What is filed once: companies and their credit over time, vehicles, products."""

import sqlalchemy as sa
from alembic import op

from migrations.grants import mutable

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "company",
        sa.Column("id", sa.BigInteger, primary_key=True, comment="Key inside the system"),
        sa.Column(
            "credit_code",
            sa.String(18),
            nullable=False,
            comment="Unified social credit code (GB 32100), check character tried",
        ),
        sa.Column(
            "customs_code", sa.String(10), nullable=False, comment="Customs enterprise code (海关编码)"
        ),
        sa.Column("name", sa.Text, nullable=False, comment="Registered name"),
        sa.Column(
            "roles",
            sa.ARRAY(sa.Text),
            nullable=False,
            comment="Roles in the zone, in the words of CompanyRole, sorted",
        ),
        sa.UniqueConstraint("credit_code"),
        sa.UniqueConstraint("customs_code"),
        comment="Enterprises of the zone, filed once and used by every flow",
    )
    op.create_table(
        "company_credit",
        sa.Column("id", sa.BigInteger, primary_key=True, comment="Key inside the system"),
        sa.Column(
            "company_id", sa.BigInteger, sa.ForeignKey("company.id"), nullable=False, comment="The company"
        ),
        sa.Column("credit_class", sa.String(19), nullable=False, comment="Class given by customs (信用等级)"),
        sa.Column(
            "valid_from", sa.Date, nullable=False, comment="First day of the class, in the zone's calendar"
        ),
        sa.UniqueConstraint("company_id", "valid_from"),
        sa.CheckConstraint(
            "credit_class in ('advanced_certified', 'certified', 'regular', 'dishonest', 'seriously_dishonest')",
            name="creditclass",
        ),
        comment="Credit classes of a company over time",
    )
    op.create_table(
        "vehicle",
        sa.Column("id", sa.BigInteger, primary_key=True, comment="Key inside the system"),
        sa.Column("plate", sa.String(32), nullable=False, comment="Number plate as customs writes it"),
        sa.Column("card_no", sa.String(32), comment="Electronic plate or IC card number read at the gate"),
        sa.Column(
            "tare_kg", sa.Numeric(12, 5), nullable=False, comment="Weight of the empty vehicle, kilograms"
        ),
        sa.Column(
            "company_id",
            sa.BigInteger,
            sa.ForeignKey("company.id"),
            comment="Owner, where it is a company on file",
        ),
        sa.UniqueConstraint("plate"),
        comment="Vehicles on file with the zone",
    )
    _product()
    mutable("company", "company_credit", "vehicle", "product")


def _product() -> None:
    share = sa.Numeric(7, 6)
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger, primary_key=True, comment="Key inside the system"),
        sa.Column("item_no", sa.String(32), nullable=False, comment="Item number of the book (料号)"),
        sa.Column("name_zh", sa.Text, nullable=False, comment="Name in Chinese, as declared"),
        sa.Column("name_en", sa.Text, nullable=False, comment="Name in English"),
        sa.Column("gtin", sa.String(14), comment="Bar code of one piece (GTIN); two 料号 may share it"),
        sa.Column(
            "hs10", sa.String(10), nullable=False, comment="Tariff number with supervision digits, 10 digits"
        ),
        sa.Column("spec", sa.Text, nullable=False, comment="Specification as declared (规格型号)"),
        sa.Column("origin_num", sa.String(3), nullable=False, comment="Country of origin, customs' number"),
        sa.Column("origin_alpha3", sa.String(3), nullable=False, comment="Country of origin, three letters"),
        sa.Column(
            "unit", sa.String(3), nullable=False, comment="Declared unit (申报单位), customs' unit number"
        ),
        sa.Column(
            "declared_num",
            sa.BigInteger,
            nullable=False,
            comment="Declared quantity = stock units x declared_num / declared_den",
        ),
        sa.Column("declared_den", sa.BigInteger, nullable=False, comment="Divisor of the declared quantity"),
        sa.Column("unit1", sa.String(3), nullable=False, comment="First statutory unit (法定第一单位)"),
        sa.Column(
            "unit1_num",
            sa.BigInteger,
            nullable=False,
            comment="First quantity = declared x unit1_num / unit1_den",
        ),
        sa.Column(
            "unit1_den", sa.BigInteger, nullable=False, comment="Divisor of the first statutory quantity"
        ),
        sa.Column("unit2", sa.String(3), comment="Second statutory unit, where one is asked"),
        sa.Column("unit2_num", sa.BigInteger, comment="Second quantity = declared x unit2_num / unit2_den"),
        sa.Column("unit2_den", sa.BigInteger, comment="Divisor of the second statutory quantity"),
        sa.Column("net_g", sa.Numeric(12, 3), nullable=False, comment="Net weight of a declared unit, grams"),
        sa.Column(
            "gross_g", sa.Numeric(12, 3), nullable=False, comment="Gross weight of a declared unit, grams"
        ),
        sa.Column("vat_rate", share, nullable=False, comment="Value-added tax rate, share of one"),
        sa.Column(
            "consumption_tax_rate", share, nullable=False, comment="Consumption tax rate, share of one"
        ),
        sa.Column(
            "duty_rate",
            share,
            nullable=False,
            comment="Duty rate, share of one; used in the full-tax channel only",
        ),
        sa.Column(
            "positive_list",
            sa.Boolean,
            nullable=False,
            comment="Whether the retail import list (正面清单) names the product",
        ),
        sa.Column(
            "yearly_max_qty",
            sa.BigInteger,
            comment="Declared units one buyer may import in a calendar year; empty: no limit",
        ),
        sa.Column("shelf_life_days", sa.BigInteger, comment="Days from making to expiry; empty: keeps"),
        sa.Column(
            "storage_class", sa.String(7), nullable=False, comment="Kind of place the product may stand in"
        ),
        sa.Column("temp_min_c", sa.Numeric(5, 2), nullable=False, comment="Coldest it may stand, °C"),
        sa.Column("temp_max_c", sa.Numeric(5, 2), nullable=False, comment="Warmest it may stand, °C"),
        sa.Column(
            "rh_max_pct", sa.Numeric(5, 2), comment="Highest relative humidity, percent; empty: no limit"
        ),
        sa.UniqueConstraint("item_no"),
        sa.CheckConstraint("declared_num > 0 and declared_den > 0", name="declared_factor"),
        sa.CheckConstraint("unit1_num > 0 and unit1_den > 0", name="first_factor"),
        sa.CheckConstraint(
            "(unit2 is null) = (unit2_num is null) and (unit2 is null) = (unit2_den is null)"
            " and (unit2 is null or unit2_num > 0 and unit2_den > 0)",
            name="second_factor",
        ),
        sa.CheckConstraint("0 < net_g and net_g <= gross_g", name="weights"),
        sa.CheckConstraint("temp_min_c <= temp_max_c", name="temperatures"),
        sa.CheckConstraint("storage_class in ('ambient', 'cool', 'frozen')", name="storageclass"),
        comment="Products on file, one row per 料号",
    )
    op.create_index(op.f("ix_product_gtin"), "product", ["gtin"])


def downgrade() -> None:
    for table in ("product", "vehicle", "company_credit", "company"):
        op.drop_table(table)
