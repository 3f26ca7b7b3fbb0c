"""Every kind of message this system knows: its code, its record, and the frame it stands in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from wms.customs.messages.ceb import (
    cancellation,
    export_arrival,
    export_cancellation,
    export_declaration,
    export_departure,
    export_master_waybill,
    export_order,
    export_payment,
    export_return,
    export_summary,
    export_waybill,
    format_error,
    goods_return,
    inbound_detail,
    order,
    payment,
    retail_declaration,
    tax_bill,
    waybill,
    waybill_status,
)
from wms.customs.messages.ceb.editions import CEB_2018_113, CEB_2022_05
from wms.customs.messages.jg2 import (
    account_book,
    bonded_list,
    business_filing,
    gate_pass,
    response,
    stock_bill,
    two_step_pass,
    vehicle,
)
from wms.customs.messages.jg2.documents_2017 import BondedList2017, GatePass2017
from wms.customs.messages.jg2.edition_2017 import PASSES_2017
from wms.customs.messages.wire.record import Edition, Record

JG2: Final = Edition(name="JG2")
"""The zone documents as clients send and customs answers them, 2019 to 2024."""


class Frame(Enum):
    """What stands round the record."""

    BARE = auto()
    """The root element is the record."""
    RECEIPT = auto()
    """``Package`` / ``DataInfo`` / ``BussinessData``: customs answers."""
    DECLARED = auto()
    """``Signature`` / ``Object`` round a ``Package``: a firm declares."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of message.

    ``element`` is the local name of the element that holds the record; the first of ``editions`` is the one
    in force.
    """

    code: str
    element: str
    record: type[Record]
    frame: Frame
    editions: tuple[Edition, ...]
    written: Edition | None = None
    """The edition it is written in, where that is not the one it is read in."""


_RETAIL: Final[Mapping[str, type[Record]]] = {
    "CEB311": order.OrderMessage,
    "CEB312": order.OrderReceipts,
    "CEB411": payment.PaymentMessage,
    "CEB412": payment.PaymentReceipts,
    "CEB511": waybill.WaybillMessage,
    "CEB512": waybill.WaybillReceipts,
    "CEB513": waybill_status.WaybillStatusMessage,
    "CEB514": waybill_status.WaybillStatusReceipts,
    "CEB621": retail_declaration.RetailDeclarationMessage,
    "CEB622": retail_declaration.RetailDeclarationReceipts,
    "CEB623": cancellation.CancellationMessage,
    "CEB624": cancellation.CancellationReceipts,
    "CEB625": goods_return.GoodsReturnMessage,
    "CEB626": goods_return.GoodsReturnReceipts,
    "CEB711": inbound_detail.InboundDetailMessage,
    "CEB712": inbound_detail.InboundDetailReceipts,
    "CEB816": tax_bill.TaxBillMessage,
    "CEB818": tax_bill.TaxBillStatusMessage,
    "CEB900": format_error.FormatErrorMessage,
    "CEB303": export_order.ExportOrderMessage,
    "CEB304": export_order.ExportOrderReceipts,
    "CEB403": export_payment.ExportPaymentMessage,
    "CEB404": export_payment.ExportPaymentReceipts,
    "CEB505": export_waybill.ExportWaybillMessage,
    "CEB506": export_waybill.ExportWaybillReceipts,
    "CEB507": export_arrival.ExportArrivalMessage,
    "CEB508": export_arrival.ExportArrivalReceipts,
    "CEB509": export_departure.ExportDepartureMessage,
    "CEB510": export_departure.ExportDepartureReceipts,
    "CEB603": export_declaration.ExportDeclarationMessage,
    "CEB604": export_declaration.ExportDeclarationReceipts,
    "CEB605": export_cancellation.ExportCancellationMessage,
    "CEB606": export_cancellation.ExportCancellationReceipts,
    "CEB607": export_master_waybill.MasterWaybillMessage,
    "CEB608": export_master_waybill.MasterWaybillReceipts,
    "CEB701": export_summary.SummaryMessage,
    "CEB702": export_summary.SummaryReceipts,
    "CEB792": export_summary.SummaryResultMessage,
}
_RETAIL_SINCE_2022: Final[Mapping[str, type[Record]]] = {
    "CEB213": export_return.ExportReturnMessage,
    "CEB214": export_return.ExportReturnReceipts,
    "CEB215": export_return.ExportReturnTallyMessage,
    "CEB216": export_return.ExportReturnTallyReceipts,
}
_DECLARED: Final[Mapping[tuple[str, str], type[Record]]] = {
    ("INV101", "InvtMessage"): bonded_list.BondedListDraft,
    ("SAS121", "PassPortMessage"): gate_pass.GatePassDraft,
    ("ICP101", "Sas2sPassPortMessage"): two_step_pass.TwoStepPassDraft,
}
_DECLARED_STRICTLY: Final[Mapping[str, type[Record]]] = {
    "SAS101": business_filing.BusinessFilingDraft,
    "SAS111": stock_bill.StockBillDraft,
    "SAS131": vehicle.VehicleDraft,
}
"""Known in the form of 2017 only: read kindly, written strictly."""
_DECLARED_2017: Final[Mapping[str, type[Record]]] = {
    "INV101": BondedList2017,
    "SAS121": GatePass2017,
}
"""Still read where a client sends them; never written."""
_ANSWERED: Final[Mapping[str, type[Record]]] = {
    "INV201": bonded_list.BondedListReview,
    "INV202": bonded_list.DeclarationMade,
    "INV211": bonded_list.BondedListBooked,
    "BWS201": account_book.AccountBookReview,
    "SAS201": business_filing.BusinessFilingReview,
    "SAS211": stock_bill.StockBillReview,
    "SAS231": vehicle.VehicleReview,
    "SAS251": two_step_pass.TwoStepPassReview,
    "SAS253": two_step_pass.TwoStepPassPassage,
    "SAS221": gate_pass.GatePassReview,
    "SAS223": gate_pass.GatePassPassage,
    "SAS224": gate_pass.GatePassInspection,
}


def _all() -> Iterator[Kind]:
    both, newest, zone = (CEB_2022_05, CEB_2018_113), (CEB_2022_05,), (JG2,)
    for code, record in _RETAIL.items():
        yield Kind(code=code, element=f"{code}Message", record=record, frame=Frame.BARE, editions=both)
    for code, record in _RETAIL_SINCE_2022.items():
        yield Kind(code=code, element=f"{code}Message", record=record, frame=Frame.BARE, editions=newest)
    for (code, element), record in _DECLARED.items():
        yield Kind(code=code, element=element, record=record, frame=Frame.DECLARED, editions=zone)
    for code, record in _DECLARED_STRICTLY.items():
        strict = (JG2, PASSES_2017)
        yield Kind(
            code=code,
            element=code,
            record=record,
            frame=Frame.DECLARED,
            editions=strict,
            written=PASSES_2017,
        )
    for code, record in _DECLARED_2017.items():
        yield Kind(code=code, element=code, record=record, frame=Frame.DECLARED, editions=zone)
    for code, record in _ANSWERED.items():
        yield Kind(code=code, element=code, record=record, frame=Frame.RECEIPT, editions=zone)
    answer = response.ClientResponse
    yield Kind(
        code="RESPONSE", element="CommonResponeMessage", record=answer, frame=Frame.BARE, editions=zone
    )


KINDS: Final[Mapping[str, Kind]] = {kind.code: kind for kind in reversed(tuple(_all()))}
"""By code; of two forms with one code, the one of today."""
BY_ELEMENT: Final[Mapping[tuple[Frame, str], Kind]] = {(kind.frame, kind.element): kind for kind in _all()}
