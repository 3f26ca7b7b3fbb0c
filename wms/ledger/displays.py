"""Display loans (展示在外) of one posting: what documents have lent, and the entries it adds."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from wms.ledger import side_statements as sql
from wms.ledger.book import Document
from wms.ledger.booking import BookPlan
from wms.ledger.operations import GiveBack, Operation


def on_display(session: Session, operations: Sequence[Operation]) -> dict[tuple[int, Document], int]:
    """What documents that give back have on display; read under the lock of their book figures."""
    documents = {
        (each.document.number, each.document.line): each.document
        for each in operations
        if isinstance(each, GiveBack)
    }
    if not documents:
        return {}
    rows = session.execute(
        sql.DISPLAYED_BY,
        {
            "numbers": [number for number, _ in documents],
            "lines": [line for _, line in documents],
        },
    )
    return {
        (row.book_item_id, documents[row.document_number, row.document_line]): int(row.quantity)
        for row in rows
    }


def write_display(session: Session, plan: BookPlan, posting_id: int) -> None:
    """Write the entries that the figure 展示在外 adds up."""
    session.execute(
        sql.INSERT_DISPLAY,
        {
            "posting_id": posting_id,
            "items": [item for item, _, _ in plan.displayed],
            "kinds": [document.kind.value for _, document, _ in plan.displayed],
            "numbers": [document.number for _, document, _ in plan.displayed],
            "lines": [document.line for _, document, _ in plan.displayed],
            "quantities": [quantity for _, _, quantity in plan.displayed],
        },
    )
