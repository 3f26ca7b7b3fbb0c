"""What a scanned text means in this warehouse, resolved in one place so that a code means the same everywhere."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from devices.codes import (
    BatchCode,
    Code,
    DocumentCode,
    GtinCode,
    HandlingUnitCode,
    LocationCode,
    LotCode,
    ParcelCode,
    PlateCode,
    ProductCode,
    UnknownCode,
    parse_code,
)
from wms.customs import gate_pass as passes
from wms.customs.gate_pass import GatePass
from wms.customs.parcels import Parcel, find_parcel
from wms.i18n import N_, Sentence, say
from wms.ledger.book import Side
from wms.ledger.lots import Lot
from wms.ledger.places import Location
from wms.ledger.queries import location_by_code
from wms.registry.products import Product, find_by_gtin, find_product


@dataclass(frozen=True, kw_only=True)
class Goods:
    """Products a scan may mean (two 料号 may share a GTIN), with what the label says of lot and expiry."""

    products: tuple[Product, ...]
    lot: str | None = None
    expiry: date | None = None


def find_goods(session: Session, text: str) -> Goods | None:
    """The products behind an item number, GTIN or GS1 label; none when it means no goods on file."""
    match parse_code(text, expect=(ProductCode, GtinCode, HandlingUnitCode)):
        case ProductCode(item_no=item_no):
            product = find_product(session, item_no=item_no)
            return Goods(products=(product,)) if product else None
        case GtinCode() as code:
            products = {p.id: p for form in code.forms for p in find_by_gtin(session, gtin=form)}
            if not products:
                return None
            return Goods(products=tuple(products.values()), lot=code.lot, expiry=code.expires_on)
        case other:
            product = next(
                filter(None, (find_product(session, item_no=each) for each in _spellings(other))), None
            )
            return Goods(products=(product,)) if product else None


def find_place(session: Session, text: str) -> Location | None:
    """The place a label names, or none."""
    match parse_code(text, expect=(LocationCode,)):
        case LocationCode(location=code):
            return location_by_code(session, code)
        case other:
            return next(filter(None, (location_by_code(session, each) for each in _spellings(other))), None)


def _spellings(code: Code) -> tuple[str, ...]:
    """A bare code as read and in capitals: full-width signs are plain already, and a keyboard may lack its capitals."""
    return tuple(dict.fromkeys((code.text, code.text.upper())))


def waybill_in(text: str) -> str:
    """The waybill number a label says, ours or the carrier's own."""
    code = parse_code(text, expect=(ParcelCode,))
    return code.waybill if isinstance(code, ParcelCode) else code.text


def parcel_in(session: Session, text: str, *, lock: bool = False) -> Parcel | None:
    """The parcel a label names, or none."""
    number = waybill_in(text)
    found = find_parcel(session, number, lock=lock)
    return found or (None if number == number.upper() else find_parcel(session, number.upper(), lock=lock))


def pass_in(session: Session, text: str, *, side: Side) -> GatePass | None:
    """The pass a scan names: by customs' number, by ours, or by its vehicle's plate.

    Of a vehicle's passes in this direction the newest that was not given up: only one at a time waits for its passage.
    """
    code = parse_code(text, expect=(DocumentCode, PlateCode))
    number = code.number if isinstance(code, DocumentCode) else code.text
    named = passes.find_by_pass_no(session, number) or passes.find_by_inner_no(session, number)
    if named is not None:
        return named
    plates = (code.plate,) if isinstance(code, PlateCode) else _spellings(code)
    return passes.newest_of_vehicle(session, plates, side=side)


def read_lot(text: str) -> tuple[str, date | None]:
    """Lot number and, where the label says it, expiry; any text a carton bears may be a lot number."""
    match parse_code(text, expect=(LotCode, BatchCode, GtinCode)):
        case LotCode(lot=lot):
            return lot, None
        case BatchCode(lot=str() as lot, expires_on=expiry) | GtinCode(lot=str() as lot, expires_on=expiry):
            return lot, expiry
        case other:
            return other.text, None


def known_here(session: Session, text: str) -> Sentence | None:
    """What bears no mark of ours, yet is known here by its own number: a place, an item, a parcel, a lot."""
    if (place := find_place(session, text)) is not None:
        return say(N_("place {code}"), code=place.code)
    if (goods := find_goods(session, text)) is not None:
        return say(N_("item {code}"), code=goods.products[0].item_no)
    if (parcel := parcel_in(session, text)) is not None:
        return say(N_("parcel {code}"), code=parcel.waybill_no)
    lot = read_lot(text)[0]
    if session.scalars(select(Lot.code).where(Lot.code == lot).limit(1)).first() is not None:
        return say(N_("lot {code}"), code=lot)
    return None


def what_it_is(session: Session, text: str) -> Sentence:
    """What a scan is, for the sentence that says it was not wanted here; what is known here comes first."""
    place = find_place(session, text)
    if place is not None:
        return say(N_("place {code}"), code=place.code)
    match parse_code(text):
        case LocationCode(location=code):
            return say(N_("place {code}"), code=code)
        case LotCode(lot=code) | BatchCode(lot=str() as code):
            return say(N_("lot {code}"), code=code)
        case ProductCode(item_no=code) | GtinCode(gtin=code):
            return say(N_("item {code}"), code=code)
        case DocumentCode(number=code):
            return say(N_("document {code}"), code=code)
        case ParcelCode(waybill=code):
            return say(N_("parcel {code}"), code=code)
        case PlateCode(plate=code):
            return say(N_("vehicle {code}"), code=code)
        case HandlingUnitCode(number=code):
            return say(N_("pallet or box {code}"), code=code)
        case UnknownCode(text=code):
            return known_here(session, code) or say(N_("unknown code “{code}”"), code=code)
        case other:
            return say(N_("code {code}"), code=other.text)
