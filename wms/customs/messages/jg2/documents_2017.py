"""Whole documents of the strict 2017 form: the frame round what is declared, and the list and pass of then.

The frame's signature element carries empty values; the import client or its card fills them.
"""

from dataclasses import dataclass, make_dataclass
from typing import Annotated, Final

from wms.customs.messages.jg2.account_book import AccountBookReview
from wms.customs.messages.jg2.bonded_list import (
    BondedListPaper,
    BondedListRecord,
    BondedListRecordLine,
    BondedListReview,
    GatheredSlip,
)
from wms.customs.messages.jg2.business_filing import BusinessFilingDraft
from wms.customs.messages.jg2.edition_2017 import LISTS_2017, PASSES_2017
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.jg2.gate_pass import GatePassRecord, GatePassRecordDocument, GatePassRecordLine
from wms.customs.messages.jg2.receipt import Loose
from wms.customs.messages.jg2.stock_bill import StockBillDraft
from wms.customs.messages.jg2.vehicle import VehicleDraft
from wms.customs.messages.signing.envelope import C14N, DS
from wms.customs.messages.wire.forms import Text, upto
from wms.customs.messages.wire.record import Edition, Record, attribute, many, part, wire


def _uri(*choices: str) -> Text:
    return Text(choices=frozenset(choices), collapse=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Canonicalization(Record):
    algorithm: Annotated[str, attribute("Algorithm", _uri(C14N))]


@dataclass(frozen=True, kw_only=True, slots=True)
class _SignatureMethod(Record):
    algorithm: Annotated[
        str,
        attribute("Algorithm", _uri(f"{DS}rsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5")),
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class _DigestMethod(Record):
    algorithm: Annotated[str, attribute("Algorithm", _uri(f"{DS}sha1"))]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reference(Record):
    uri: Annotated[str, attribute("URI", Text())]
    digest_method: Annotated[_DigestMethod, part("DigestMethod")]
    digest: Annotated[str, wire("DigestValue", upto(256))]


@dataclass(frozen=True, kw_only=True, slots=True)
class _SignedInfo(Record):
    canonicalization: Annotated[_Canonicalization, part("CanonicalizationMethod")]
    signature_method: Annotated[_SignatureMethod, part("SignatureMethod")]
    reference: Annotated[_Reference, part("Reference")]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Key(Record):
    name: Annotated[str, wire("KeyName", Text(least=2, most=32))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class BondedList2017(Loose):
    """INV101 in the form of 2017: the list as customs' own records describe it."""

    bonded_list: Annotated[BondedListRecord | None, part("BondInvtBsc")] = None
    lines: Annotated[tuple[BondedListRecordLine, ...], many("BondInvtDt")] = ()
    papers: Annotated[tuple[BondedListPaper, ...], many("BondInvtAcmpFormDt")] = ()
    slips: Annotated[tuple[GatheredSlip, ...], many("SasCentDclStock")] = ()
    product_lines: Annotated[tuple[BondedListRecordLine, ...], many("BondInvtDtSimple")] = ()


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class GatePass2017(Loose):
    """SAS121 in the form of 2017: the pass as customs' own records describe it."""

    gate_pass: Annotated[GatePassRecord | None, part("SasPassportBsc")] = None
    lines: Annotated[tuple[GatePassRecordLine, ...], many("SasPassportDt")] = ()
    documents: Annotated[tuple[GatePassRecordDocument, ...], many("SasPassportRlt")] = ()


def _document(code: str, body: type[Record]) -> type[Record]:
    """The record of a whole signed document round one body."""
    business = _framed(f"{code}Business", {"body": Annotated[body, part(code)]})
    pocket = Annotated[Pocket, part("PocketInfo")]
    data = _framed(f"{code}Data", {"pocket": pocket, "business": Annotated[business, part("BussinessData")]})
    envelope = Annotated[Envelope, part("EnvelopInfo")]
    package = _framed(f"{code}Package", {"envelope": envelope, "data": Annotated[data, part("DataInfo")]})
    holder = make_dataclass(
        f"{code}Object",
        [
            ("id", Annotated[str | None, attribute("Id", Text())], None),
            ("package", Annotated[package, part("Package")]),
        ],
        bases=(Record,),
        frozen=True,
        kw_only=True,
    )
    return _framed(
        f"{code}Document",
        {
            "signed_info": Annotated[_SignedInfo, part("SignedInfo")],
            "signature": Annotated[str, wire("SignatureValue", upto(256))],
            "key": Annotated[_Key, part("KeyInfo")],
            "object": Annotated[holder, part("Object")],
        },
    )


def _framed(name: str, parts: dict[str, object]) -> type[Record]:
    return make_dataclass(name, list(parts.items()), bases=(Record,), frozen=True, kw_only=True)


DOCUMENTS_2017: Final[dict[str, tuple[type[Record], Edition]]] = {
    "INV101": (_document("INV101", BondedList2017), LISTS_2017),
    "INV201": (_document("INV201", BondedListReview), LISTS_2017),
    "BWS201": (_document("BWS201", AccountBookReview), LISTS_2017),
    "SAS101": (_document("SAS101", BusinessFilingDraft), PASSES_2017),
    "SAS111": (_document("SAS111", StockBillDraft), PASSES_2017),
    "SAS121": (_document("SAS121", GatePass2017), PASSES_2017),
    "SAS131": (_document("SAS131", VehicleDraft), PASSES_2017),
}
"""Record and edition of each whole document; its root element is ``Signature``."""
