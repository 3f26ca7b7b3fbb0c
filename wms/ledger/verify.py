"""Proving the ledgers from their facts alone: every balance, book figure, link, open row and the law itself.

Nothing is repaired here. A finding is a difference in words; what to do about it is a person's decision. All
proofs must see one moment: give a session whose transaction is REPEATABLE READ (`findings.watch` does), or one
that nobody posts beside.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.i18n import N_, Sentence, say
from wms.ledger.book_proofs import PROOFS
from wms.ledger.period_proofs import PERIODS
from wms.ledger.proofs import Check


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A difference: what was checked, on what, and the sentence with its figures."""

    check: Check
    subject: str
    sentence: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def say(self) -> Sentence:
        """The sentence with its figures, for the edges to translate."""
        return say(self.sentence, **self.facts)

    def __str__(self) -> str:
        return f"{self.check}: {self.say()}"


_LEFT_BEFORE_RELEASE = text("""
    select concat(f.document_number, '/', f.document_line) as subject, i.item_no as item,
           f.quantity as left, p.occurred_at, r.at as released_at
    from book_fact f
    join posting p on p.id = f.posting_id
    join book_item i on i.id = f.book_item_id
    left join unnest(cast(:numbers as text[]), cast(:instants as timestamptz[])) as r(number, at)
      on r.number = f.document_number
    where f.kind = 'MOVED' and f.side = 'OUT' and f.document_kind = 'RETAIL_DECLARATION'
      and (r.at is null or p.occurred_at < r.at)
""")
_RELEASED_LATER = N_("{subject}: {left} of {item} left at {occurred_at}, released only at {released_at}.")
_NEVER_RELEASED = N_("{subject}: {left} of {item} left at {occurred_at} and was never released.")


def verify(session: Session, *, released_at: Mapping[str, datetime] | None = None) -> list[Finding]:
    """Every difference there is; an empty list says the ledgers are proven.

    `released_at` are customs' releases by declaration number; with them, goods that left before are found too
    (without them only those whose declaration had not even been promised).
    """
    found = [
        Finding(check=proof.check, subject=row.subject, sentence=proof.sentence, facts=row._asdict())
        for proof in (*PROOFS, *PERIODS)
        for row in session.execute(proof.query)
    ]
    if released_at is not None:
        found += _left_before_release(session, released_at)
    return found


def _left_before_release(session: Session, released_at: Mapping[str, datetime]) -> list[Finding]:
    values = {"numbers": list(released_at), "instants": list(released_at.values())}
    return [
        Finding(
            check=Check.LEFT_EARLY,
            subject=row.subject,
            sentence=_NEVER_RELEASED if row.released_at is None else _RELEASED_LATER,
            facts=row._asdict(),
        )
        for row in session.execute(_LEFT_BEFORE_RELEASE, values)
    ]
