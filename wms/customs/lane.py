"""The inspection lane's question: may this parcel go, must it be inspected, or does nobody know it.

The answer comes from the same place as everybody's (`barring`), so lane and floor never disagree. Unknown means
hold: only a parcel that customs released and nothing bars goes through. Every answer is kept as it was given; it is
the evidence that the parcel was seen, and weights and images of the same lane are found by it.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.customs.barring import INSPECTED, STOPPED, bars_all
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, is_undone
from wms.db import Base, words
from wms.i18n import N_, Sentence, restore, say, store


class LaneWord(StrEnum):
    """What the lane is told; unknown means hold."""

    RELEASED = "released"
    INSPECT = "inspect"
    UNKNOWN = "unknown"


class LaneVerdict(Base):
    """过线判定: what a lane asked of a parcel and was told."""

    __tablename__ = "lane_verdict"
    __table_args__ = (
        Index("ix_lane_verdict_parcel", "parcel", "happened_at"),
        {"comment": "Answers to inspection lanes, never changed", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    source: Mapped[str] = mapped_column(String(64), comment="the gateway that asked")
    device: Mapped[str] = mapped_column(String(64), comment="its scanner, as in devices.toml")
    scanned: Mapped[str] = mapped_column(String(500), comment="what was scanned, as it came")
    parcel: Mapped[str] = mapped_column(String(60), comment="waybill it was read as; empty if none")
    declaration: Mapped[str] = mapped_column(String(64), comment="declaration of it; empty if unknown")
    word: Mapped[LaneWord] = mapped_column(words(LaneWord), comment="released, inspect or unknown")
    reason: Mapped[str] = mapped_column(String(300), comment="marked sentence of the answer")
    facts: Mapped[dict[str, Any]] = mapped_column(comment="facts of that sentence")
    happened_at: Mapped[datetime] = mapped_column(comment="when it was scanned, by the gateway's clock")
    answered_at: Mapped[datetime] = mapped_column(comment="when it was answered")

    @property
    def sentence(self) -> Sentence:
        """What the lane was told, ready to be translated."""
        return Sentence(text=self.reason, facts=restore(self.facts))


@dataclass(frozen=True, kw_only=True)
class Said:
    """A verdict on one parcel."""

    word: LaneWord
    parcel: str
    declaration: str
    reason: Sentence


def verdict(session: Session, waybill: str) -> Said:
    """What is to become of a parcel now; a few indexed reads."""
    query = select(RetailDeclaration).where(RetailDeclaration.waybill_no == waybill)
    found = list(session.scalars(query.order_by(RetailDeclaration.id.desc()).limit(5))) if waybill else []
    living = [each for each in found if not is_undone(each)]
    if not found:
        return Said(
            word=LaneWord.UNKNOWN,
            parcel=waybill,
            declaration="",
            reason=say(N_("Nothing was declared for this parcel. Hold it.")),
        )
    if len(living) > 1:
        return Said(
            word=LaneWord.UNKNOWN,
            parcel=waybill,
            declaration="",
            reason=say(N_("Several declarations name this parcel. Hold it.")),
        )
    declaration = living[0] if living else found[0]
    barred = bars_all(session, [declaration]).get(declaration.number)
    return Said(
        word=_word(declaration, barred),
        parcel=waybill,
        declaration=declaration.number,
        reason=barred or say(N_("Released by customs.")),
    )


def _word(declaration: RetailDeclaration, barred: Sentence | None) -> LaneWord:
    """Released parcels go; what customs or we want to see is inspected; the rest is held as unknown."""
    if barred is None:
        return LaneWord.RELEASED
    if is_undone(declaration) or not declaration.state or declaration.cancel_pending:
        return LaneWord.UNKNOWN
    seen = declaration.released_at is not None or declaration.state in INSPECTED | STOPPED
    return LaneWord.INSPECT if seen else LaneWord.UNKNOWN


def record_verdict(
    session: Session,
    said: Said,
    *,
    source: str,
    device: str,
    scanned: str,
    happened_at: datetime,
    at: datetime,
) -> LaneVerdict:
    """Keep the answer as it is given."""
    made = LaneVerdict(
        source=source[:64],
        device=device[:64],
        scanned=scanned[:500],
        parcel=said.parcel[:60],
        declaration=said.declaration,
        word=said.word,
        reason=said.reason.text,
        facts=store(said.reason.facts),
        happened_at=happened_at,
        answered_at=at,
    )
    session.add(made)
    session.flush()
    return made


def verdicts_on(session: Session, waybill: str, *, limit: int = 50) -> list[LaneVerdict]:
    """What lanes were told of a parcel, the newest first."""
    query = select(LaneVerdict).where(LaneVerdict.parcel == waybill, LaneVerdict.parcel != "")
    return list(session.scalars(query.order_by(LaneVerdict.happened_at.desc()).limit(limit)))


@dataclass(frozen=True, kw_only=True)
class ReleasedList:
    """What a lane may answer by itself while the line is down, until `valid_until`.

    `digest` is SHA-256 of the canonical JSON of the other four fields, so that a copy can be shown to be this one.
    """

    made_at: datetime
    valid_until: datetime
    released: tuple[str, ...]
    inspect: tuple[str, ...]

    @property
    def digest(self) -> str:
        content = {
            "made_at": self.made_at.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "released": self.released,
            "inspect": self.inspect,
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def released_list(session: Session, *, minutes: int, at: datetime) -> ReleasedList:
    """Parcels that have not left, by what a lane would be told of them now; the unknown are not named."""
    query = select(RetailDeclaration).where(
        RetailDeclaration.is_history.is_(False),
        RetailDeclaration.book_effect == BookEffect.PROMISED,
        RetailDeclaration.state != "",
    )
    found = list(session.scalars(query))
    barred = bars_all(session, found)
    by_word: dict[LaneWord, set[str]] = {word: set() for word in LaneWord}
    for each in found:
        by_word[_word(each, barred.get(each.number))].add(each.waybill_no)
    # A waybill two living declarations name is known to nobody; one that is to be inspected is not released.
    twice = _named_twice([each for each in found if not is_undone(each)])
    inspect = by_word[LaneWord.INSPECT] - twice
    return ReleasedList(
        made_at=at,
        valid_until=at + timedelta(minutes=minutes),
        released=tuple(sorted(by_word[LaneWord.RELEASED] - inspect - twice)),
        inspect=tuple(sorted(inspect)),
    )


def _named_twice(declarations: Sequence[RetailDeclaration]) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for each in declarations:
        (twice if each.waybill_no in seen else seen).add(each.waybill_no)
    return twice
