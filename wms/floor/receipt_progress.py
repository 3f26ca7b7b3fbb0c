"""How far the receipt of a gate pass is: announced, received and damaged, line by line."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.customs.gate_pass import GatePass, riding_on


@dataclass(frozen=True, kw_only=True)
class LineProgress:
    """One item of a pass: announced, received and of that damaged, stock units."""

    list_no: str
    list_line: int
    item_no: str
    declared: int
    received: int
    damaged: int

    @property
    def difference(self) -> int:
        return self.received - self.declared


_PROGRESS = text("""
    select m.document_kind, m.document_number, m.document_line, p.item_no,
           sum(m.quantity) as received, sum(m.quantity) filter (where l.quality = 'DAMAGED') as damaged
    from stock_move m
    join location s on s.id = m.source_id
    join lot l on l.id = m.target_lot_id
    join product p on p.id = l.product_id
    where m.pass_number = :pass_number and m.pass_number <> '' and s.purpose = 'SUPPLIER'
    group by 1, 2, 3, 4
""")


def progress(session: Session, gate_pass: GatePass) -> list[LineProgress]:
    """Every line of the pass, and every stranger on it, with what was found so far."""
    found = {
        (row.document_number, row.document_line, row.item_no): row
        for row in session.execute(_PROGRESS, {"pass_number": gate_pass.pass_no})
    }
    lines = [
        LineProgress(
            list_no=each.document.number,
            list_line=each.document.line,
            item_no=each.line.item_no,
            declared=each.stock_quantity,
            received=int(row.received) if row else 0,
            damaged=int(row.damaged or 0) if row else 0,
        )
        for each in riding_on(session, gate_pass)
        for row in [found.pop((each.document.number, each.document.line, each.line.item_no), None)]
    ]
    first_list = gate_pass.list_nos[0] if gate_pass.list_nos else ""
    lines += [
        LineProgress(
            list_no=first_list,
            list_line=0,
            item_no=item_no,
            declared=0,
            received=int(row.received),
            damaged=int(row.damaged or 0),
        )
        for (_, _, item_no), row in sorted(found.items())
    ]
    return lines
