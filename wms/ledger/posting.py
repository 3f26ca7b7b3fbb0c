"""The valve: the only module that writes stock and book, both in one commit.

A transaction makes one call, `apply`, with everything it wants done. Statements are set-based and their number is
fixed; locks are taken in the order of `statements`. Facts are added, never edited: correct a move with a move.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Row
from sqlalchemy.orm import Session

from wms.arrays import Bigints, Numbers, Texts
from wms.db import Acting, acting
from wms.driver import all_rows
from wms.ledger import refusals
from wms.ledger import statements as sql
from wms.ledger.answers import Open, Sought
from wms.ledger.book import Axis, Document, DocumentKind, Side
from wms.ledger.booking import Booked, BookPlan, figures_wanted, moved_sums, plan_book, rows_sought
from wms.ledger.displays import on_display, write_display
from wms.ledger.moves import Move, Place
from wms.ledger.operations import Operation, cases_answered
from wms.ledger.scene import read_scene
from wms.ledger.sides import move_serials, work_buyers, work_reservations, write_side
from wms.ledger.tally import DoneMove, HoldChange, Running, Scene, work_stock


@dataclass(frozen=True, kw_only=True)
class Posted:
    """What a posting did: its number and clock, and what a person must look at.

    `excess` is what receipts booked beyond their promises; `negative` the book items whose available figure fell
    below zero. Neither is refused: receipts are outside facts.
    """

    posting_id: int
    recorded_at: datetime
    excess: tuple[tuple[Document, int], ...]
    negative: tuple[int, ...]


def apply(
    session: Session,
    operations: Sequence[Operation],
    *,
    occurred_at: datetime,
    places: Mapping[int, Place] | None = None,
) -> Posted:
    """Do all the operations or refuse them all.

    `occurred_at` is the document's or the scan's time; the ledger's own clock is read under the locks. `places` are
    those this transaction has read already, by id. Raises the refusals of `wms.ledger.refusals`.
    """
    assert operations, "a posting does something"
    who = acting(session)
    moves = [each for each in operations if isinstance(each, Move)]
    others = [each for each in operations if not isinstance(each, Move)]
    scene = read_scene(session, moves, others, occurred_at=occurred_at, known=places or {})
    done, carried = work_stock(operations, scene)
    move_serials(session, scene.moves, scene.goods)

    moved = moved_sums(scene.moves)
    rows = _lock_open(session, rows_sought(others, moved), cases=cases_answered(moves, others))
    ids = figures_wanted(others, moved, rows)
    figures = (
        {row.book_item_id: row for row in all_rows(session, sql.LOCK_FIGURES, ids=Bigints(ids))}
        if ids
        else {}
    )
    shown = on_display(session, others)
    plan = plan_book(others, moved, rows, figures, lambda n: _fact_ids(session, n), shown)
    sides = (work_reservations(session, others), work_buyers(session, others))

    posting_id, recorded_at = _write_stock(session, scene, done, carried, who, occurred_at)
    booked = _write_book(session, plan, posting_id)
    for side in sides:
        write_side(session, side, posting_id)
    return Posted(
        posting_id=posting_id,
        recorded_at=recorded_at,
        excess=plan.excess,
        negative=booked.negative,
    )


def post(
    session: Session,
    moves: Iterable[Move],
    *,
    occurred_at: datetime,
    places: Mapping[int, Place] | None = None,
) -> Posted:
    """Move stock, and let the book know in the same commit."""
    return apply(session, list(moves), occurred_at=occurred_at, places=places)


def _lock_open(session: Session, sought: list[Sought], *, cases: list[str]) -> list[Open]:
    if not sought:
        return []
    rows = all_rows(
        session,
        sql.LOCK_OPEN,
        kinds=[each.document.kind.value for each in sought],
        numbers=[each.document.number for each in sought],
        lines=Bigints(each.document.line for each in sought),
        axes=[each.axis.value for each in sought],
        items=Bigints(each.book_item_id for each in sought),
        cases=cases,
    )
    return [
        Open(
            id=row.id,
            fact_id=row.fact_id,
            axis=Axis(row.axis),
            open=row.open,
            case_number=row.case_number,
            book_item_id=row.book_item_id,
            side=Side(row.side),
            document=Document(
                kind=DocumentKind(row.document_kind), number=row.document_number, line=row.document_line
            ),
            pass_number=row.pass_number,
        )
        for row in rows
    ]


def _fact_ids(session: Session, count: int) -> list[int]:
    return list(session.execute(sql.NEXT_FACT_IDS, {"count": count}).scalars())


def _write_stock(
    session: Session,
    scene: Scene,
    done: list[DoneMove],
    carried: list[HoldChange],
    who: Acting,
    occurred_at: datetime,
) -> tuple[int, datetime]:
    """Write the posting with its moves and balances; returns its number and clock."""
    changed = [balance for balance in scene.balances.values() if balance.changed]
    values: dict[str, object] = {
        "action": who.action,
        "request_id": who.request_id,
        "by_id": who.by_id,
        "device": who.device or "",
        "occurred_at": occurred_at,
    }
    if not changed:
        row = session.execute(sql.INSERT_POSTING, values).one_or_none()
        return _posted(session, row, occurred_at)
    values["ids"] = Bigints(b.id for b in changed)
    values["figures"] = Numbers((b.before[3], b.on_hand, b.reserved, b.held, b.version) for b in changed)
    row = next(iter(all_rows(session, sql.WRITE_STOCK, **values, **_move_rows(done))), None)
    posting_id, recorded_at = _posted(session, row, occurred_at)
    assert row is not None
    assert row.written == len(changed), "balances were written as computed under the locks"
    _write_entries(session, changed, carried, posting_id)
    return posting_id, recorded_at


def _posted(
    session: Session, row: Row[tuple[object, ...]] | None, occurred_at: datetime
) -> tuple[int, datetime]:
    """Number and clock of the posting just written; none was when its period has been closed meanwhile."""
    if row is None:
        closed_until = session.execute(sql.CLOSED_UNTIL).one()[0]
        raise refusals.PeriodClosed(until=closed_until, occurred_at=occurred_at)
    return row.posting_id, row.recorded_at


def _write_entries(
    session: Session, changed: list[Running], carried: list[HoldChange], posting_id: int
) -> None:
    """What proves the reserved and held figures of the changed balances."""
    if chosen := [b for b in changed if b.reserved != b.before[1]]:
        session.execute(
            sql.INSERT_RESERVE_ENTRIES,
            {
                "posting_id": posting_id,
                "balances": Bigints(b.id for b in chosen),
                "quantities": Bigints(b.reserved - b.before[1] for b in chosen),
            },
        )
    if carried:
        session.execute(
            sql.INSERT_HOLD_ENTRY,
            [
                {
                    "hold_id": each.hold_id,
                    "posting_id": posting_id,
                    "balance_id": each.balance_id,
                    "quantity": each.quantity,
                }
                for each in carried
            ],
        )


_PARTNER: Final = (None, None, None)


def _move_rows(done: Sequence[DoneMove]) -> dict[str, object]:
    """Done moves as `WRITE_STOCK` wants them; most postings name no document and no pass, and send none."""
    documents = [each.move.document for each in done]
    passes = [each.move.pass_number for each in done]
    named = any(documents)
    # places, lots and quantity are the first five fields of a move
    return {
        "moves": Numbers(
            (*move[:5], *(source or _PARTNER), *(target or _PARTNER)) for move, source, target in done
        ),
        "kinds": Texts(each.kind.value if each else None for each in documents if named),
        "numbers": Texts(each.number if each else None for each in documents if named),
        "lines": Bigints(each.line if each else None for each in documents if named),
        "passes": Texts(passes) if any(passes) else Texts(),
    }


def _write_book(session: Session, plan: BookPlan, posting_id: int) -> Booked:
    if plan.facts:
        session.execute(sql.INSERT_FACT, [row | {"posting_id": posting_id} for row in plan.fact_rows()])
    if added := plan.added_open():
        session.execute(sql.INSERT_OPEN, added)
    if changed := plan.changed_open():
        written = session.execute(
            sql.UPDATE_OPEN,
            {
                "ids": Bigints(row.id for row in changed),
                "opens": Bigints(row.open for row in changed),
                "cases": [row.case_number for row in changed],
            },
        ).all()
        assert len(written) == len(changed), "every open row was lowered, none raised"
    if plan.links:
        session.execute(sql.INSERT_LINK, [row | {"posting_id": posting_id} for row in plan.link_rows()])
    if plan.displayed:
        write_display(session, plan, posting_id)
    if not plan.deltas:
        return Booked(negative=())
    figures = session.execute(sql.UPDATE_FIGURES, plan.figure_columns()).all()
    assert len(figures) == len(plan.deltas), "every book item has its figures"
    return Booked(negative=tuple(sorted(row[0] for row in figures if row[1] < 0)))
