"""Forms shared by the Jinguan-II documents.

Customs' receipts leave numbers and times empty where there is nothing to say; ``Model.LOOSE`` reads an empty
optional element as no value. No schema of the declaring form is public, so the lengths are those of the
receipts.
"""

from typing import Final

from wms.customs.messages.wire.forms import Number, Text, long
from wms.customs.messages.wire.times import STAMP_DAY, AnyTime, Iso, Spaced

TEXT: Final = Text()
FIGURE: Final = Number(total=19, fraction=5)
AMOUNT: Final = Number(total=25, fraction=5, from_=0)
"""Prices and totals: a gift costs nothing, nothing costs less."""
QUANTITY: Final = Number(total=19, fraction=5, above=0)
WEIGHT: Final = Number(total=19, fraction=5, from_=0)
COUNT: Final = long(total=19)
ISO_MOMENT: Final = AnyTime(forms=(Iso(), Spaced()))
MOMENT: Final = AnyTime(forms=(Spaced(), Iso(), Spaced(day=True)))
"""``YYYY-MM-DD hh:mm:ss`` in receipts; the zone schema of 2017 says a day only."""
DATE_ONLY: Final = AnyTime(forms=(Spaced(), Spaced(day=True)))
"""``YYYY-MM-DD``; a receipt that adds the hour is read too."""
DAY: Final = STAMP_DAY
DAY_OR_MOMENT: Final = AnyTime(forms=(Iso(), STAMP_DAY))
"""Clients of 2019 sent ``YYYY-MM-DDThh:mm:ss`` where those of 2024 send ``YYYYMMDD``."""
