"""What the zone declares itself: lists (INV101) and the pass of a vehicle outward (SAS121) as messages. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from wms.customs.exit_lists import RETAIL_EXIT, ExitLine
from wms.customs.messages.jg2.bonded_list import BondedListDraft, BondedListHead, BondedListLine, RetailBill
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.jg2.gate_pass import (
    JOINT,
    GatePassDocument,
    GatePassDraft,
    GatePassHead,
    GatePassLine,
)
from wms.customs.messages.writing import write_message

#: What a pass refers to: 1 a bonded list.
_BONDED_LIST = "1"
_EXIT = "E"


@dataclass(frozen=True, kw_only=True)
class Firm:
    """The firm that keeps the book, operates, consigns and declares."""

    credit_code: str
    customs_code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Terms:
    """Whose book, which office, and the codes of the trade; `sender_id` names our terminal."""

    firm: Firm
    book_no: str
    customs_code: str
    supervision_mode: str
    transport_mode: str
    country: str
    currency: str
    sender_id: str


@dataclass(frozen=True, kw_only=True)
class Loading:
    """A vehicle with what it will carry, kilograms; `contact` is who declares, a name for customs to call."""

    plate: str
    card_no: str
    vehicle_kg: Decimal
    gross_kg: Decimal
    net_kg: Decimal
    contact: str


@dataclass(frozen=True, kw_only=True)
class ListKind:
    """Which way a list goes and the codes of its kind."""

    direction: str
    list_type: str
    levy_mode: str
    transport_mode: str
    declaration_flag: str


def exit_list_body(
    lines: Sequence[ExitLine],
    list_nos: Sequence[str],
    *,
    inner_no: str,
    terms: Terms,
    at: datetime,
    day: date,
) -> BondedListDraft:
    """An exit list of type 8: one line per item, and the released declarations it gathers."""
    kind = ListKind(
        direction=_EXIT,
        list_type=RETAIL_EXIT,
        levy_mode="1",
        transport_mode=terms.transport_mode,
        declaration_flag="2",
    )
    return list_body(lines, list_nos, kind=kind, inner_no=inner_no, terms=terms, at=at, day=day)


def list_body(
    lines: Sequence[ExitLine],
    list_nos: Sequence[str],
    *,
    kind: ListKind,
    inner_no: str,
    terms: Terms,
    at: datetime,
    day: date,
) -> BondedListDraft:
    """A list of ours (INV101), one line per item; `list_nos` are the retail declarations it names, if any."""
    firm = terms.firm
    head = BondedListHead(
        inner_no=inner_no,
        book_no=terms.book_no,
        list_type=kind.list_type,
        operator_credit_code=firm.credit_code,
        operator_code=firm.customs_code,
        operator_name=firm.name,
        declarant_credit_code=firm.credit_code,
        declarant_code=firm.customs_code,
        declarant_name=firm.name,
        consignee_credit_code=firm.credit_code,
        consignee_code=firm.customs_code,
        consignee_name=firm.name,
        entered_by_code=firm.customs_code,
        entered_by_name=firm.name,
        declared_at=day,
        created_at=at,
        direction=kind.direction,
        material_mark="I",
        supervision_mode=terms.supervision_mode,
        transport_mode=kind.transport_mode,
        port_customs_code=terms.customs_code,
        customs_code=terms.customs_code,
        country_code=terms.country,
        declaration_flag=kind.declaration_flag,
    )
    return BondedListDraft(
        system_id="Z8",
        operator_customs_code=firm.customs_code,
        head=head,
        lines=tuple(
            _line(number, line, terms=terms, levy_mode=kind.levy_mode)
            for number, line in enumerate(lines, start=1)
        ),
        retail_bills=tuple(RetailBill(retail_list_no=number) for number in list_nos),
    )


def _line(number: int, line: ExitLine, *, terms: Terms, levy_mode: str) -> BondedListLine:
    return BondedListLine(
        line_no=number,
        book_line_no=line.item.line_no or None,
        hs10=line.item.hs10,
        item_no=line.item.item_no,
        name=line.item.name,
        specification=line.product.spec,
        legal_unit=line.item.unit1,
        legal_quantity=line.first_quantity,
        second_legal_unit=line.item.unit2,
        second_legal_quantity=line.second_quantity,
        unit=line.item.unit,
        quantity=line.quantity,
        currency=terms.currency,
        price=line.unit_price,
        total=line.total,
        origin=line.item.origin,
        destination=terms.country,
        levy_mode=levy_mode,
        gross_kg=line.gross_kg,
        net_kg=line.net_kg,
        change_mark="3",
    )


def gate_pass_body(
    list_nos: Sequence[str],
    loading: Loading,
    *,
    rest: Sequence[tuple[int, ExitLine]] = (),
    inner_no: str,
    terms: Terms,
    day: date,
) -> GatePassDraft:
    """A pass outward for one vehicle and the exit lists it takes whole, or the `rest` of one by list line."""
    firm = terms.firm
    head = GatePassHead(
        inner_no=inner_no,
        related_type=_BONDED_LIST,
        related_nos_text=JOINT.join(list_nos),
        declaration_type="1",
        direction=_EXIT,
        pass_type="2",  # noqa: S106 - passportTypecd 2, an exit
        bind_type="3" if rest else "1" if len(list_nos) > 1 else "2",
        customs_code=terms.customs_code,
        book_no=terms.book_no,
        operator_credit_code=firm.credit_code,
        operator_code=firm.customs_code,
        operator_name=firm.name,
        declarant_credit_code=firm.credit_code,
        declarant_code=firm.customs_code,
        declarant_name=firm.name,
        entered_by_credit_code=firm.credit_code,
        entered_by_code=firm.customs_code,
        entered_by_name=firm.name,
        vehicle_no=loading.plate,
        vehicle_card_no=loading.card_no,
        vehicle_kg=loading.vehicle_kg,
        frame_kg=Decimal(0),
        container_kg=Decimal(0),
        total_kg=loading.vehicle_kg + loading.gross_kg,
        gross_kg=loading.gross_kg,
        net_kg=loading.net_kg,
        contact=loading.contact,
        declared_at=day,
    )
    documents = tuple(GatePassDocument(related_type=_BONDED_LIST, related_no=number) for number in list_nos)
    lines = tuple(
        GatePassLine(
            line_no=number,
            list_line_no=list_line_no,
            item_no=line.item.item_no,
            hs10=line.item.hs10,
            name=line.item.name,
            unit=line.item.unit,
            quantity=line.quantity,
            gross_kg=line.gross_kg,
            net_kg=line.net_kg,
        )
        for number, (list_line_no, line) in enumerate(rest, start=1)
    )
    return GatePassDraft(operator_customs_code=firm.customs_code, head=head, lines=lines, documents=documents)


def write_declared(
    kind: str, body: BondedListDraft | GatePassDraft, *, inner_no: str, terms: Terms, at: datetime
) -> bytes:
    """The message in its package, as the import client takes it."""
    envelope = Envelope(
        version="1.0",
        message_id=inner_no,
        file_name=f"{kind}_{inner_no}.zip",
        message_type=kind,
        sender_id=terms.sender_id,
        sent_at=at,
    )
    return write_message(kind, body, envelope=envelope, pocket=Pocket(unstructured="1"), declare_flag="1")
