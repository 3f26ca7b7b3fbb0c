"""The desk a message is worked at, put together for this request."""

from functools import cache

from config.customs_rules import CustomsRules
from wms.auth.users import SYSTEM_ID
from wms.customs.drafting import Drafter
from wms.customs.effects import Desk
from wms.orders.merchants import merchants_of
from wms.orders.procedures import PROCEDURES
from wms.web.house import House, house, maybe_person, now, person

rules = cache(CustomsRules.load)


def desk() -> Desk:
    """Settings, rules, person and moment of this request."""
    person = maybe_person()
    return Desk(
        settings=house().settings,
        rules=rules(),
        by_id=SYSTEM_ID if person is None else person.id,
        at=now(),
        procedures=PROCEDURES,
        merchants_of=merchants_of,
    )


def drafter() -> Drafter:
    """Who drafts a list in this request."""
    return Drafter(
        rules=rules(),
        sender_id=house().settings.dxp_id,
        by_id=person().id,
        day=house().day_of(now()),
        at=now(),
    )


def system_desk(house: House) -> Desk:
    """The desk of the installation itself, where no request came: commands and the worker."""
    return Desk(
        settings=house.settings,
        rules=rules(),
        by_id=SYSTEM_ID,
        at=house.clock.now(),
        procedures=PROCEDURES,
        merchants_of=merchants_of,
    )
