"""Loading is idempotent, says what it changed, and a rehearsal says what the real load does."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.registry.folders import write_folder
from wms.registry.companies import Company, CompanyCredit, CreditClass, credit_class_on, find_company
from wms.registry.files import RegistryFiles, read_registry
from wms.registry.load import CreditCodeTaken, Loaded, Summary, load_registry, rehearse
from wms.registry.products import Product, find_by_gtin, find_product
from wms.registry.vehicles import find_vehicle

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
DAY = date(2026, 3, 1)


def read(folder: Path) -> RegistryFiles:
    files = read_registry(folder)
    assert isinstance(files, RegistryFiles)
    return files


def load(session: Session, folder: Path, *, day: date = DAY) -> Summary:
    return load_registry(session, read(folder), at=NOON, day=day)


def test_a_first_load_files_everything(session: Session, tmp_path: Path) -> None:
    summary = load(session, write_folder(tmp_path))

    assert [(part.file, len(part.added), part.unchanged) for part in summary.loaded] == [
        ("companies.csv", 2, 0), ("vehicles.csv", 1, 0), ("products.csv", 2, 0),
    ]  # fmt: skip
    shawl = find_product(session, item_no="SHAWL")
    assert shawl is not None
    assert shawl.gross_g == Decimal("220.5")
    assert shawl.factors.second is not None
    assert [tea.item_no for tea in find_by_gtin(session, gtin="4006381333931")] == ["TEA"]
    vehicle, owner = find_vehicle(session, plate="测A00001"), find_company(session, customs_code="9999W6A001")
    assert vehicle is not None
    assert owner is not None
    assert vehicle.company_id == owner.id


def test_loading_the_same_again_is_no_change(session: Session, tmp_path: Path) -> None:
    load(session, write_folder(tmp_path))
    session.expire_all()

    summary = load(session, tmp_path)

    assert summary.is_no_change
    assert [part.unchanged for part in summary.loaded] == [2, 1, 2]
    assert session.scalar(select(func.count()).select_from(CompanyCredit)) == 2


def test_a_changed_row_is_changed_and_said(session: Session, tmp_path: Path) -> None:
    load(session, write_folder(tmp_path / "before"))

    summary = load(session, write_folder(tmp_path / "after", products=(",250,310,0.09", ",250,300,0.13")))

    changes = summary.loaded[2].changes
    assert [(change.key, change.column, change.before, change.after) for change in changes] == [
        ("TEA", "gross_g", 310, 300), ("TEA", "vat_rate", Decimal("0.09"), Decimal("0.13")),
    ]  # fmt: skip
    assert summary.loaded[2].unchanged == 1
    session.expire_all()
    assert session.scalar(select(Product.gross_g).where(Product.item_no == "TEA")) == 300


def test_a_credit_class_is_kept_over_time(session: Session, tmp_path: Path) -> None:
    """Yesterday's documents were judged by yesterday's class."""
    load(session, write_folder(tmp_path / "before"))

    load(session, write_folder(tmp_path / "after", companies=("认证", "失信")), day=date(2026, 4, 1))

    company = find_company(session, customs_code="9999W6A001")
    assert company is not None
    for day, found in [
        (date(2026, 2, 28), None),
        (DAY, CreditClass.CERTIFIED),
        (date(2026, 3, 31), CreditClass.CERTIFIED),
        (date(2026, 4, 1), CreditClass.DISHONEST),
    ]:
        assert credit_class_on(session, company_id=company.id, day=day) is found


def test_a_rehearsal_says_what_the_load_does_and_leaves_nothing(session: Session, tmp_path: Path) -> None:
    files = read(write_folder(tmp_path))

    rehearsed = rehearse(session, files, at=NOON, day=DAY)

    assert session.scalar(select(func.count()).select_from(Company)) == 0
    assert load_registry(session, files, at=NOON, day=DAY) == rehearsed


def test_other_packages_load_in_the_same_transaction(session: Session, tmp_path: Path) -> None:
    def load_places(_session: Session, files: RegistryFiles, at: datetime) -> Loaded:
        assert at == NOON
        return Loaded(file="places.csv", added=tuple(place.location for place in files.places))

    files = read(write_folder(tmp_path))
    summary = load_registry(session, files, at=NOON, day=DAY, loaders=[load_places])

    assert summary.loaded[-1].added == ("W1-A-1", "W1-D-1", "K1-A-1")


def test_a_credit_code_does_not_move_to_another_customs_code(session: Session, tmp_path: Path) -> None:
    load(session, write_folder(tmp_path / "before"))
    after = write_folder(
        tmp_path / "after", companies=("91350100M000200Y3P,9999W6A002", "91350100M000200Y3P,9999W6A003")
    )

    with pytest.raises(CreditCodeTaken, match="on file for 9999W6A002"):
        load(session, after)
