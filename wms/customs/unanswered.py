"""What was declared and has no answer of customs yet, for longer than the rules allow."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList, ListState
from wms.customs.gate_pass import GatePass, PassState
from wms.customs.retail_declaration import RetailDeclaration

#: Return statuses of a retail declaration that only say it is on its way: 1 暂存, 2 申报中, 3 发送成功.
ON_ITS_WAY: Final = frozenset({"", "1", "2", "3"})


@dataclass(frozen=True, kw_only=True)
class Unanswered:
    """A document that waits for customs since it was declared; `kind` is its message: CEB621, INV101, SAS121."""

    kind: str
    number: str
    declared_at: datetime


def unanswered(session: Session, *, declared_before: datetime) -> list[Unanswered]:
    """Retail declarations, lists and passes declared before an instant and not answered, the oldest first."""
    retail = select(RetailDeclaration.number, RetailDeclaration.declared_at).where(
        RetailDeclaration.state.in_(ON_ITS_WAY),
        RetailDeclaration.is_history.is_(False),
        RetailDeclaration.declared_at <= declared_before,
    )
    lists = select(BondedList.inner_no, BondedList.declared_at).where(
        BondedList.state == ListState.DECLARED,
        BondedList.reviewed_at.is_(None),
        BondedList.declared_at <= declared_before,
    )
    passes = select(GatePass.inner_no, GatePass.declared_at).where(
        GatePass.state == PassState.DECLARED,
        GatePass.reviewed_at.is_(None),
        GatePass.declared_at <= declared_before,
    )
    found = [
        Unanswered(kind=kind, number=number, declared_at=declared_at)
        for kind, query in (("CEB621", retail), ("INV101", lists), ("SAS121", passes))
        for number, declared_at in session.execute(query)
    ]
    return sorted(found, key=lambda each: (each.declared_at, each.number))
