"""Rules begin on their day, and a past day is judged by the rules it had."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.registry.test_demo import demo
from wms.registry.load import load_registry
from wms.registry.products import StorageClass
from wms.registry.rows import Rules
from wms.registry.rules import RuleSet, keep_rules, rules_on

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def first_rules() -> Rules:
    found = demo().rules
    assert found is not None
    return found


def test_rules_come_back_as_they_were_read(session: Session) -> None:
    keep_rules(session, first_rules(), at=NOON)
    session.expire_all()

    found = rules_on(session, day=date(2026, 12, 1))

    assert found == first_rules()
    assert found.storage_limits[StorageClass.FROZEN].temp_max_c == Decimal(-15)


def test_before_the_first_rules_there_are_none(session: Session) -> None:
    keep_rules(session, first_rules(), at=NOON)

    assert rules_on(session, day=date(2026, 10, 31)) is None


def test_a_past_day_keeps_its_rules(session: Session) -> None:
    """A limit raised in January does not make December's order right."""
    keep_rules(session, first_rules(), at=NOON)
    raised = replace(first_rules(), day=date(2027, 1, 1), limit_single_cny=Decimal("6000.00"))

    changed = keep_rules(session, raised, at=NOON)

    assert changed == {"limit_single_cny": (Decimal("5000.00"), Decimal("6000.00"))}
    limits = {}
    for day in (date(2026, 12, 31), date(2027, 1, 1)):
        found = rules_on(session, day=day)
        assert found is not None
        limits[day] = found.limit_single_cny
    assert limits == {date(2026, 12, 31): Decimal(5000), date(2027, 1, 1): Decimal(6000)}


def test_the_same_rules_again_change_nothing_and_a_correction_stays_on_its_day(session: Session) -> None:
    keep_rules(session, first_rules(), at=NOON)

    assert keep_rules(session, replace(first_rules(), day=date(2026, 11, 9)), at=NOON) == {}
    assert keep_rules(session, replace(first_rules(), return_apply_days=31), at=NOON) == {
        "return_apply_days": (30, 31)
    }
    assert session.scalar(select(func.count()).select_from(RuleSet)) == 1


def test_loading_a_folder_says_what_its_rules_changed(session: Session) -> None:
    files = demo()
    load_registry(session, files, at=NOON, day=NOON.date())
    stricter = replace(files, rules=replace(first_rules(), gate_weight_tolerance_rate=Decimal("0.02")))

    again = load_registry(session, files, at=NOON, day=NOON.date())
    changed = load_registry(session, stricter, at=NOON, day=NOON.date())

    assert again.is_no_change
    (change,) = changed.loaded[-1].changes
    assert (change.column, change.before, change.after) == (
        "gate_weight_tolerance_rate", Decimal("0.03"), Decimal("0.02"),
    )  # fmt: skip
