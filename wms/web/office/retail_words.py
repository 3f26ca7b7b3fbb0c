"""What the states of orders, declarations, returns and bills are called on pages, and how they look."""

from decimal import Decimal
from typing import Any, Final

from flask import Flask

from wms.customs.cancel_request import CancelOutcome
from wms.customs.codes.tables import Table, in_words, status_in_words, table
from wms.customs.parcels import ParcelState, PickState
from wms.customs.retail_declaration import CANCELLED, RELEASED, BookEffect, is_undoing
from wms.customs.return_case import Application, Reentry
from wms.i18n import N_
from wms.orders.matching import Channel, Verdict
from wms.orders.story import Standing
from wms.web.language import locale, t

VERDICTS: Final = {
    Verdict.ACCEPTED: N_("accepted"),
    Verdict.REFUSED: N_("refused"),
    Verdict.WAITING: N_("waits for documents"),
}
CHANNELS: Final = {
    Channel.RETAIL_70: N_("retail, 70 % of the taxes"),
    Channel.RETAIL_FULL_TAX: N_("retail, taxes in full"),
    Channel.GENERAL_TRADE: N_("only general trade remains"),
    Channel.NONE: N_("none"),
}
EFFECTS: Final = {
    BookEffect.PROMISED: N_("promised to leave (预减)"),
    BookEffect.BOOKED: N_("booked out (实减)"),
    BookEffect.WITHDRAWN: N_("given back"),
}
APPLICATIONS: Final = {
    Application.WAITING: N_("waits for customs"),
    Application.ACCEPTED: N_("accepted"),
    Application.REFUSED: N_("refused by customs"),
    Application.REFUSED_LATE: N_("refused, asked too late"),
}
REENTRIES: Final = {
    Reentry.NOT_ARRIVED: N_("goods not here yet"),
    Reentry.WAITING_SORT: N_("in the returns area, to be sorted"),
    Reentry.REFUSED: N_("no re-entry: the request was refused"),
    Reentry.REFUSED_LATE_GOODS: N_("no re-entry: the goods came too late"),
    Reentry.REENTERED: N_("in the book again"),
}
PARCEL_STATES: Final = {
    ParcelState.TO_PICK: N_("to be picked"),
    ParcelState.PICKED: N_("picked"),
    ParcelState.SEALED: N_("packed and sealed"),
    ParcelState.LOADED: N_("loaded"),
    ParcelState.LEFT: N_("left the zone"),
    ParcelState.PULLED: N_("taken apart again"),
}
PICK_STATES: Final = {
    PickState.CHOSEN: N_("chosen"),
    PickState.PICKED: N_("picked"),
    PickState.SHORT: N_("not found"),
    PickState.BACK: N_("put back"),
}
STANDINGS: Final = {
    Standing.IN_FORCE: N_("in force"),
    Standing.REPLACED: N_("replaced"),
    Standing.TOO_LATE: N_("came after acceptance, not adopted"),
    Standing.CONFLICT: N_("the same number with other content, not adopted"),
}
STANDING_TONES: Final = {
    Standing.IN_FORCE: "ok",
    Standing.REPLACED: "quiet",
    Standing.TOO_LATE: "decision",
    Standing.CONFLICT: "error",
}
VERDICT_TONES: Final = {Verdict.ACCEPTED: "ok", Verdict.REFUSED: "error", Verdict.WAITING: "decision"}
CANCELS: Final = {
    CancelOutcome.WAITING: N_("waits for customs"),
    CancelOutcome.CANCELLED: N_("cancelled"),
    CancelOutcome.REFUSED: N_("refused by customs"),
}


def state_in_words(state: str) -> str:
    """The state of a declaration."""
    if not state:
        return t(N_("sent, no answer yet"))
    return t(N_("cancelled")) if state == CANCELLED else status_in_words(state, locale())


def state_tone(state: str) -> str:
    """How it looks."""
    if is_undoing(state):
        return "error"
    return "ok" if state in RELEASED else "decision" if state.startswith("5") or state == "300" else "quiet"


def bill_in_words(status: str) -> str:
    """Where a tax bill stands."""
    return in_words(table(Table.TAX_BILL_STATUSES), status, locale())


def cny(value: Decimal | str | None) -> str:
    """An amount with its fen, in groups of three; more decimals where it has them; a dash for none."""
    if value is None or value == "":
        return "–"
    amount = Decimal(value)
    short = amount.quantize(Decimal("0.01"))
    return f"{short:,}" if short == amount else f"{amount.normalize():,f}"


def unit_in_words(unit: str) -> str:
    """A unit of customs' table."""
    return in_words(table(Table.UNITS), unit, locale())


#: What a fault compares: papers by the last three signs of their kind, and what we keep ourselves.
PAPERS: Final = {
    "311": N_("order"),
    "411": N_("payment voucher"),
    "511": N_("waybill"),
    "registry": N_("product file"),
    "book": N_("account book"),
    "stock": N_("stock"),
}
#: Fields of the papers by their names in the form.
FIELDS: Final = {
    "acturalPaid": N_("amount paid"),
    "amountPaid": N_("amount paid"),
    "buyerIdNumber": N_("identity number of the buyer"),
    "freight": N_("freight"),
    "insuredFee": N_("insurance"),
    "gnum": N_("line number"),
    "goodsValue": N_("value of the goods"),
    "totalPrice": N_("total of the line"),
    "ebpCode": N_("platform"),
    "payTransactionId": N_("payment number"),
    "payerIdNumber": N_("identity number of the payer"),
    "payerName": N_("name of the payer"),
    "consignee": N_("name of the consignee"),
    "consigneeAddress": N_("address of the consignee"),
    "consigneeTelephone": N_("telephone of the consignee"),
    "country": N_("country of origin"),
    "qty": N_("quantity"),
    "unit": N_("unit"),
    "itemNo": N_("item number"),
    "packNo": N_("number of packages"),
    "logisticsNo": N_("waybill number"),
}


def paper_name(code: str) -> str:
    """A filed document by the last three signs of its kind (311), in words; others stay codes."""
    return t(PAPERS[code]) if code in PAPERS else code


def install(app: Flask) -> None:
    """Give templates the words of the retail trade."""
    app.add_template_filter(state_in_words, "retail_state")
    app.add_template_filter(state_tone, "retail_tone")
    app.add_template_filter(bill_in_words, "bill_state")
    app.add_template_filter(unit_in_words, "unit_name")
    app.add_template_filter(cny)
    app.add_template_filter(paper_name)

    def words() -> dict[str, Any]:
        return {
            "verdict_names": VERDICTS,
            "verdict_tones": VERDICT_TONES,
            "channel_names": CHANNELS,
            "effect_names": EFFECTS,
            "application_names": APPLICATIONS,
            "reentry_names": REENTRIES,
            "parcel_states": PARCEL_STATES,
            "pick_states": PICK_STATES,
            "cancel_names": CANCELS,
            "standing_names": STANDINGS,
            "standing_tones": STANDING_TONES,
        }

    app.context_processor(words)
