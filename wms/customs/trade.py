"""Who stands on the other side of a bonded list, and how its goods go (pure, from the list's own fields).

A list of goods coming in may bring them from abroad, from inside the country or from another zone; one of goods going
out may send them to each of these. Types say the rest: goods before their declaration, a transfer inside the zone, a
collective declaration of what stock bills took out before.
"""

from enum import StrEnum

from config.customs_rules import Trade
from wms.ledger.book import Side
from wms.ledger.places import Regime


class Counterpart(StrEnum):
    """Where goods of a list come from or go to."""

    ABROAD = "ABROAD"
    HOME = "HOME"
    """inside the country, outside any zone"""
    ZONE = "ZONE"
    """another book under bond: another zone, or another keeper in this one"""


class Course(StrEnum):
    """How the goods of a list move and when customs books them."""

    ORDINARY = "ORDINARY"
    GOODS_FIRST = "GOODS_FIRST"
    INSIDE_ZONE = "INSIDE_ZONE"
    COLLECTIVE = "COLLECTIVE"
    RETAIL = "RETAIL"


_REGIMES = {
    Counterpart.ABROAD: Regime.FOREIGN,
    Counterpart.HOME: Regime.DOMESTIC,
    Counterpart.ZONE: Regime.BONDED,
}


def counterpart_of(*, country: str, related_book: str, trade: Trade) -> Counterpart:
    """A list that names another book trades with it under bond; else its country says (StshipTrsarvNatcd)."""
    if related_book:
        return Counterpart.ZONE
    return Counterpart.HOME if country == trade.home_country else Counterpart.ABROAD


def course_of(*, list_type: str, side: Side, trade: Trade) -> Course:
    """By bondInvtTypecd (customs.md 2.3); a type nobody named is ordinary."""
    if list_type in trade.goods_first and side is Side.IN:
        return Course.GOODS_FIRST
    if list_type in trade.inside_zone:
        return Course.INSIDE_ZONE
    if list_type in trade.collective and side is Side.OUT:
        return Course.COLLECTIVE
    if list_type in trade.retail and side is Side.OUT:
        return Course.RETAIL
    return Course.ORDINARY


def partner_regime(counterpart: Counterpart) -> Regime:
    """The regime of the partner place on the other side."""
    return _REGIMES[counterpart]
