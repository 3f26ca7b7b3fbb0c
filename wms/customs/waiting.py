"""What waits for a customs officer, counted: what only an officer can decide, and what deserves a look.

Counts only; each card of the desk leads to the page that shows the things themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session


class Desk(StrEnum):
    """The trays of the desk, in their order."""

    CASES = "cases"
    INSPECTIONS = "inspections"
    DRAWS = "draws"
    LISTS = "lists"
    PASSES = "passes"
    MESSAGES = "messages"
    HOLDS = "holds"
    BOOK = "book"
    AUDIT = "audit"


@dataclass(frozen=True, kw_only=True)
class Tray:
    """What lies in one tray: what waits for this officer to act, what to look at, and since when."""

    desk: Desk
    to_decide: int
    to_see: int
    oldest_at: datetime | None

    @property
    def is_calm(self) -> bool:
        """Nothing to do and nothing to look at."""
        return not (self.to_decide or self.to_see)


# One statement for all trays: (tray, to decide, to see, oldest).
_TRAYS: Final = text("""
    select 'cases' as desk,
           count(*) filter (where state = 'PROPOSED' and proposed_by_id is distinct from :by_id) as to_decide,
           count(*) filter (where state in ('OPEN', 'DECIDED')) as to_see,
           min(opened_at) filter (where state = 'PROPOSED') as oldest_at
    from discrepancy where state <> 'CLOSED'
    union all
    select 'inspections', count(*) filter (where o.by_id is not null), count(*) filter (where o.by_id is null),
           min(i.ordered_at)
    from inspection i
    left join lateral (
        select m.officer_id as by_id from inspection_officer m
        where m.inspection_id = i.id and m.officer_id = :by_id and m.replaced_reason = '' limit 1) o on true
    where i.state <> 'CLOSED'
    union all
    select 'draws', count(*), 0, min(prepared_at) from inspection_draw where drawn_at is null
    union all
    select 'lists', 0, count(*) filter (where state = 'PARKED'), min(declared_at) filter (where state = 'PARKED')
    from bonded_list
    union all
    select 'passes', 0, count(*) filter (where weight_ok is false or state = 'PARKED'),
           min(declared_at) filter (where weight_ok is false or state = 'PARKED')
    from gate_pass where receipt_closed_at is null
    union all
    select 'messages', 0, count(*), min(received_at) from inbox_message where outcome = 'PARKED'
    union all
    select 'holds', count(*) filter (where l.hold_id is not null and l.proposed_by_id <> :by_id),
           count(*) filter (where l.hold_id is null or l.proposed_by_id = :by_id), min(h.placed_at)
    from (select hold_id from hold_entry group by hold_id having sum(quantity) > 0) e
    join hold h on h.id = e.hold_id
    left join hold_lift l on l.hold_id = h.id and l.agreed_at is null
    union all
    select 'book', 0, count(*), min(found_at) from ledger_finding where gone_at is null
""")


def trays(session: Session, *, by_id: int) -> list[Tray]:
    """Every tray of the desk of this officer, in order; the audit trail's has what is not sealed for an hour."""
    found: Mapping[str, Tray] = {
        row.desk: Tray(
            desk=Desk(row.desk), to_decide=row.to_decide, to_see=row.to_see, oldest_at=row.oldest_at
        )
        for row in session.execute(_TRAYS, {"by_id": by_id})
    }
    unsealed = session.execute(_UNSEALED).one()
    audit = Tray(desk=Desk.AUDIT, to_decide=0, to_see=unsealed.waiting, oldest_at=unsealed.oldest_at)
    return [found.get(desk, audit) for desk in Desk]


# Sealed every five minutes; an entry that has waited for an hour since the last seal says that the sealer stands still.
_UNSEALED: Final = text("""
    select count(*) as waiting, min(recorded_at) as oldest_at from audit_entry
    where recorded_at < clock_timestamp() - interval '1 hour'
      and recorded_at > coalesce((select sealed_at from audit_seal order by id desc limit 1), '-infinity')
""")
