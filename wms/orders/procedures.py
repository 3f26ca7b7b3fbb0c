"""What is done with each message of the retail trade: one table for every door, so that none of them forgets one."""

from collections.abc import Callable, Mapping
from typing import Final

from wms.customs import retail_intake, return_intake, tax_bill
from wms.customs.effects import Effect
from wms.orders import deliveries, filing, paper_receipts

PROCEDURES: Final[Mapping[type[object], Callable[..., Effect]]] = {
    **filing.PROCEDURES,
    **paper_receipts.PROCEDURES,
    **deliveries.PROCEDURES,
    **retail_intake.PROCEDURES,
    **return_intake.PROCEDURES,
    **tax_bill.PROCEDURES,
}
