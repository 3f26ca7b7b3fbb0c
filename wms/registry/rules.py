"""The rules a zone was told to work by, kept by the day they begin: limits, tolerances, clocks and thresholds.

They come with the registry's files (rules.json), because a customs district decides them and not a program. A rule
set is whole: a day is judged by one set, the latest that has begun, and yesterday's stays as it was.
"""

from dataclasses import fields
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_
from wms.registry.rows import Rules

_RULES = TypeAdapter(Rules)


class NoRulesInForce(Refusal):
    """Limits and tolerances come with the registry; without them nothing can be judged."""

    message = N_("No rules are in force on {day}. Load the registry with its rules.json first.")


class RuleSet(Base):
    """Rules in force from a day on."""

    __tablename__ = "rule_set"
    __table_args__ = {"comment": "Limits, tolerances and thresholds a zone works by, from a day on"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, comment="Key inside the system")
    valid_from: Mapped[date] = mapped_column(
        unique=True, comment="First day of the rules, in the zone's calendar"
    )
    loaded_at: Mapped[datetime] = mapped_column(comment="When they were loaded last")
    rules: Mapped[dict[str, Any]] = mapped_column(comment="The rules by name, numbers as text")


def rules_on(session: Session, *, day: date) -> Rules | None:
    """The rules in force on a day; none before the first were loaded."""
    found = session.scalar(
        select(RuleSet).where(RuleSet.valid_from <= day).order_by(RuleSet.valid_from.desc()).limit(1)
    )
    return None if found is None else _RULES.validate_python(found.rules)


def rules_needed(session: Session, *, day: date) -> Rules:
    """The rules in force on a day. Raises NoRulesInForce."""
    rules = rules_on(session, day=day)
    if rules is None:
        raise NoRulesInForce(day=day.isoformat())
    return rules


def keep_rules(session: Session, rules: Rules, *, at: datetime) -> dict[str, tuple[object, object]]:
    """Let these rules begin on their day; gives what they change, by name: (before, after).

    The same rules as are in force change nothing and keep no row; a second set for one day corrects the first.
    """
    before = rules_on(session, day=rules.day)
    changed = {
        field.name: (None if before is None else getattr(before, field.name), getattr(rules, field.name))
        for field in fields(Rules)
        if field.name != "day"
        and (before is None or getattr(before, field.name) != getattr(rules, field.name))
    }
    if changed:
        content = _RULES.dump_python(rules, mode="json")
        same_day = session.scalar(select(RuleSet).where(RuleSet.valid_from == rules.day))
        if same_day is None:
            session.add(RuleSet(valid_from=rules.day, loaded_at=at, rules=content))
        else:
            same_day.rules, same_day.loaded_at = content, at
        session.flush()
    return changed
