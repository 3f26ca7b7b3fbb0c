"""The strict zone forms of 2017, as their schemas have them; SAS101, SAS111 and SAS131 have no other.

Lists and passes are declared otherwise today (``bonded_list``, ``gate_pass``) and the receipts of today have
another order and later fields, so receipts are never judged by these; what we declare in a 2017 form is.
"""

from collections.abc import Mapping
from typing import Final

from wms.customs.messages.ceb.signature_form import DS
from wms.customs.messages.jg2 import forms
from wms.customs.messages.jg2.account_book import AccountBookReview, BookHead
from wms.customs.messages.jg2.bonded_list import (
    BondedListPaper,
    BondedListRecord,
    BondedListRecordLine,
    BondedListReview,
    GatheredSlip,
)
from wms.customs.messages.jg2.book_lines import BookLine, ProcessingBookLine
from wms.customs.messages.jg2.business_filing import (
    BusinessFilingDraft,
    BusinessFilingReview,
    FilingConsumption,
    FilingPaper,
    FilingRecord,
    FilingRecordLine,
)
from wms.customs.messages.jg2.frame import Envelope, Pocket
from wms.customs.messages.jg2.gate_pass import (
    GatePassPassage,
    GatePassRecord,
    GatePassRecordDocument,
    GatePassRecordLine,
    GatePassReview,
)
from wms.customs.messages.jg2.receipt import ApprovalResult, CheckNote
from wms.customs.messages.jg2.stock_bill import SlipRecord, SlipRecordLine, StockBillDraft, StockBillReview
from wms.customs.messages.jg2.vehicle import VehicleDraft, VehicleRecord, VehicleReview
from wms.customs.messages.wire.forms import (
    N19_5,
    CountOf,
    Float,
    Form,
    Number,
    Text,
    Whole,
    exactly,
    long,
    some,
    upto,
)
from wms.customs.messages.wire.record import Change, Edition, Layout, Model, Record, shape_of
from wms.customs.messages.wire.times import Iso, Spaced


def _lists_form(form: Form) -> Form:
    """Lists and books: figures have a length, and nothing stands empty unless the schema says so."""
    return _LISTS_FORMS.get(form, form)


def _passes_form(form: Form) -> Form:
    """Filings, slips and passes: texts have no length, figures are doubles."""
    return Text() if isinstance(form, Text) else _PASSES_FORMS.get(form, form)


_LISTS_FORMS: Final[Mapping[Form, Form]] = {
    forms.MOMENT: Spaced(),
    forms.FIGURE: N19_5,
    forms.AMOUNT: Number(total=25, fraction=5),
    forms.COUNT: long(total=19),
}
_PASSES_FORMS: Final[Mapping[Form, Form]] = {
    forms.MOMENT: Spaced(),
    forms.DATE_ONLY: Spaced(day=True),
    forms.COUNT: long(),
    **dict.fromkeys((forms.FIGURE, forms.AMOUNT, forms.QUANTITY, forms.WEIGHT), Float()),
}
_CHANGE_COUNT: Final = Change(form=CountOf(form=Float()))
_OPTIONAL: Final = Change(required=False)
_ABSENT: Final = Change(is_absent=True)
_UNBOUNDED: Final = Change(is_unbounded=True)
_ONCE: Final = Change(most=1)
_REMARK: Final = Change(form=upto(255))


_SPARES: Final = frozenset({"col1", "col2", "col3", "col4"})


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def names_of(record: type[Record]) -> tuple[str, ...]:
    """The names of a record's elements on the wire, in the order of its fields."""
    return tuple(item.name for item in shape_of(record, _AS_DESCRIBED).items)


_AS_DESCRIBED: Final = Edition(name="as described")


def _lists(record: type[Record], *, never_nil: tuple[str, ...] = (), **changes: Change) -> Layout:
    return Layout(
        translate=_lists_form,
        is_complete=True,
        nillable=set(names_of(record)) - set(never_nil),
        changes=changes,
    )


def _book(*nillable: str, **changes: Change) -> Layout:
    return Layout(translate=_lists_form, is_complete=True, nillable=nillable, changes=changes)


def _passes(*, order: tuple[str, ...] | None = None, **changes: Change) -> Layout:
    return Layout(translate=_passes_form, is_complete=True, nillable=(), order=order, changes=changes)


_ENVELOPE: Final[dict[type[Record], Layout]] = {
    Envelope: Layout(
        model=Model.ALL,
        is_complete=True,
        changes={
            "version": Change(form=Text(least=3, most=11)),
            "business_id": Change(form=some(128), required=False),
            "message_id": Change(form=some(128)),
            "file_name": Change(form=Text(least=4, most=128)),
            "message_type": Change(form=Text(least=6, most=16)),
            "sender_id": Change(form=Text(least=4, most=16)),
            "receiver_id": Change(form=Text(least=4, most=16)),
            "send_time": Change(form=Iso()),
            "Ic_Card": _ABSENT,
        },
    ),
    Pocket: Layout(
        is_complete=True,
        changes={
            "total_pocket_qty": Change(form=Whole()),
            "cur_pocket_no": Change(form=Whole()),
            "is_unstructured": _ABSENT,
        },
    ),
}

LISTS_2017: Final = Edition(
    name="lists 2017",
    namespace=DS,
    model=Model.SEQUENCE,
    layouts={
        **_ENVELOPE,
        Pocket: Layout(
            is_complete=True,
            changes={
                **_ENVELOPE[Pocket].changes,
                "is_unstructured": Change(form=exactly(1), required=False),
            },
        ),
        ApprovalResult: _book(typecd=Change(form=exactly(1)), rmk=_REMARK),
        CheckNote: _book(note=_REMARK),
        BondedListRecord: _lists(
            BondedListRecord,
            never_nil=(
                "stshipTrsarvNatcd",
                "vrfdedModecd",
                "duCode",
                "bondInvtTypecd",
                "entryStucd",
                "passportUsedTypecd",
            ),
            needEntryModified=_ABSENT,
            levyBlAmt=_ABSENT,
            dclTypecd=_ABSENT,
        ),
        BondedListRecordLine: _lists(BondedListRecordLine),
        BondedListPaper: _lists(BondedListPaper),
        GatheredSlip: _lists(GatheredSlip, bondInvtNo=Change(form=exactly(64))),
        ProcessingBookLine: _lists(ProcessingBookLine),
        BookHead: _book(
            "houseNo",
            "dclEtpsno",
            "dclEtpsNm",
            "dclEtpsSccd",
            "dclEtpsTypecd",
            "taxTypecd",
            "putrecApprTime",
            "chgApprTime",
            "pauseChgMarkcd",
            "emapvStucd",
            "dclMarkcd",
            "rmk",
        ),
        BookLine: _book("chgTmsCnt", "rmk"),
        BondedListReview: Layout(changes={"HdeApprResult": _OPTIONAL}),
        AccountBookReview: Layout(changes={"HdeApprResult": _OPTIONAL, "BwsBsc": _UNBOUNDED}),
    },
)

_PASSES: Final[dict[type[Record], Layout]] = {
    **_ENVELOPE,
    FilingRecord: _passes(validTime=Change(form=Iso(day=True))),
    FilingRecordLine: _passes(),
    FilingConsumption: _passes(),
    FilingPaper: _passes(acmpFormSeqno=Change(form=Whole()), chgTmsCnt=Change(form=Whole())),
    SlipRecord: _passes(chgTmsCnt=_CHANGE_COUNT),
    SlipRecordLine: _passes(chgTmsCnt=_CHANGE_COUNT),
    GatePassRecord: _passes(
        order=_words(
            "passportNo sasPassportPreentNo passportTypecd dclTypecd ioTypecd bindTypecd masterCuscd "
            "rltTbTypecd rltNo areainEtpsno areainEtpsNm areainEtpsSccd vehicleNo vehicleIcNo containerNo "
            "vehicleWt vehicleFrameNo vehicleFrameWt containerType containerWt totalWt passCollectWt wtError "
            "totalGrossWt totalNetWt dclErConc dclTime passId secdPassId passTime secdPassTime stucd "
            "emapvMarkcd logisticsStucd rmk col1 col2 col3 col4 chgTmsCnt ownerSystem"
        ),
        passID=Change(name="passId"),
        chgTmsCnt=_CHANGE_COUNT,
    ),
    GatePassRecordLine: _passes(
        order=_words(
            "passportNo passportSeqno gdsMtno gdecd gdsNm grossWt netWt rltGdsSeqno dclUnitcd dclQty rmk "
            "col1 col2 col3 col4 chgTmsCnt"
        ),
        chgTmsCnt=_CHANGE_COUNT,
    ),
    GatePassRecordDocument: _passes(order=("passportNo", "rltNo", "rltTbTypecd")),
    VehicleRecord: Layout(
        translate=_passes_form,
        nillable=set(names_of(VehicleRecord)) - {"vehicleNo", "chgTmsCnt", "ownerSystem"} - _SPARES,
        changes={
            "vehicleNo": Change(form=some(64)),
            "chgTmsCnt": Change(form=CountOf(form=Number(total=19, fraction=0)), required=True),
            **{name: Change(form=upto(1)) for name in ("vehicleTypecd", "dclTypecd", "emapvMarkcd", "stucd")},
            **{name: Change(form=upto(10)) for name in ("vehicleCusNo", "etpsno")},
            **{name: Change(form=upto(18)) for name in ("dclPreentNo", "etpsSccd")},
            **{name: Change(form=upto(512)) for name in ("etpsNm", "rmk")},
            "masterCuscd": Change(form=upto(4)),
            "dclEr": Change(form=upto(256)),
            "vehicleWt": Change(form=Number(total=19, fraction=5, above=-(10**14), below=10**14)),
            **{name: Change(required=True) for name in ("ownerSystem", *_SPARES)},
        },
    ),
    BusinessFilingDraft: Layout(changes={"SasDclBsc": _OPTIONAL}),
    StockBillDraft: Layout(changes={"SasStockBsc": _OPTIONAL}),
    VehicleDraft: Layout(changes={"SasVehicleBsc": Change(required=False, is_unbounded=True)}),
}
PASSES_2017: Final = Edition(name="passes 2017", namespace="", model=Model.SEQUENCE, layouts=_PASSES)
PASS_RECEIPTS_2017: Final = Edition(
    name="pass receipts 2017",
    namespace="cn.gov.customs.hde.app.sas",
    model=Model.SEQUENCE,
    layouts={
        **_PASSES,
        ApprovalResult: _book(
            typecd=Change(form=exactly(1)), manageDate=Change(form=Iso(day=True)), rmk=_REMARK
        ),
        CheckNote: _book(note=_REMARK),
        BusinessFilingReview: Layout(changes={"HdeApprResult": _OPTIONAL}),
        StockBillReview: Layout(
            changes={
                "HdeApprResult": _OPTIONAL,
                "SasStockBsc": _UNBOUNDED,
                "SasStockDt": _ONCE,
                "CheckInfo": _ONCE,
            }
        ),
        GatePassReview: Layout(
            changes={
                "HdeApprResult": _OPTIONAL,
                "SasPassportBsc": _UNBOUNDED,
                "SasPassportRlt": _ONCE,
                "CheckInfo": _ONCE,
            }
        ),
        GatePassPassage: Layout(changes={"HdeApprResult": _OPTIONAL, "SasPassportBsc": _UNBOUNDED}),
        VehicleReview: Layout(changes={"HdeApprResult": _OPTIONAL, "SasVehicleBsc": _UNBOUNDED}),
    },
)
