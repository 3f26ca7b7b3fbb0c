"""Editions of the retail messages, and what the older one does otherwise.

The edition of 2018 No. 113 differs from that of 2022-05 in two fields of the import declaration, in many
lengths of the export messages, and has no export returns (213 to 216).
"""

from typing import Final

from wms.customs.messages.ceb.export_arrival import ExportArrivalHead, ExportArrivalLine
from wms.customs.messages.ceb.export_cancellation import ExportCancellationDraft, ExportCancellationReceipt
from wms.customs.messages.ceb.export_declaration import (
    ExportDeclarationHead,
    ExportDeclarationLine,
    ExportDeclarationReceipt,
)
from wms.customs.messages.ceb.export_departure import (
    ExportDepartureFiling,
    ExportDepartureHead,
    ExportDepartureLine,
    ExportDepartureReceipt,
)
from wms.customs.messages.ceb.export_master_waybill import (
    MasterWaybillDraft,
    MasterWaybillHead,
    MasterWaybillLine,
)
from wms.customs.messages.ceb.export_order import ExportOrderHead, ExportOrderLine, ExportOrderReceipt
from wms.customs.messages.ceb.export_payment import ExportPaymentFiling
from wms.customs.messages.ceb.export_summary import (
    SummaryDraft,
    SummaryHead,
    SummaryLine,
    SummaryResult,
    SummaryResultLine,
)
from wms.customs.messages.ceb.export_waybill import ExportWaybillFiling, ExportWaybillReceipt
from wms.customs.messages.ceb.retail_declaration import RetailDeclarationLine
from wms.customs.messages.wire.forms import Form, Text, exactly, some, upto
from wms.customs.messages.wire.record import Change, Edition, Layout, Record

CEB_2022_05: Final = Edition(
    name="CEB 2022-05",
    layouts={SummaryResultLine: Layout(changes={"gseqno": Change(required=True)})},
)


def _forms(**forms: Form) -> dict[str, Change]:
    return {name: Change(form=form) for name, form in forms.items()}


_LAYOUTS_2018: Final[dict[type[Record], Layout]] = {
    RetailDeclarationLine: Layout(changes=_forms(itemNo=upto(30), tradeCountry=exactly(3))),
    ExportOrderHead: Layout(
        changes=_forms(
            appStatus=Text(least=1, most=1, default="2"),
            orderNo=some(60),
            ebpCode=some(50),
            ebpName=some(100),
            ebcCode=some(18),
            ebcName=some(100),
        )
    ),
    ExportOrderLine: Layout(changes=_forms(itemNo=some(30), itemName=some(250))),
    ExportOrderReceipt: Layout(changes=_forms(ebpCode=some(50))),
    ExportPaymentFiling: Layout(
        changes=_forms(
            appStatus=Text(least=1, most=1, default="2"),
            ebpCode=some(50),
            ebpName=some(100),
            ebcCode=some(18),
            ebcName=some(100),
            orderNo=some(60),
            payName=some(100),
        )
    ),
    ExportWaybillFiling: Layout(
        changes=_forms(
            logisticsCode=some(18), logisticsName=some(100), logisticsNo=some(80), goodsInfo=some(200)
        )
    ),
    ExportWaybillReceipt: Layout(changes=_forms(logisticsNo=upto(80))),
    ExportArrivalHead: Layout(
        changes=_forms(
            copNo=some(30),
            operatorCode=some(18),
            operatorName=some(100),
            trafMode=exactly(1),
            domesticTrafNo=some(100),
            logisticsCode=some(18),
            logisticsName=some(100),
        )
    ),
    ExportArrivalLine: Layout(changes=_forms(logisticsNo=some(80))),
    ExportDepartureFiling: Layout(changes={"DepartureList": Change(most=100)}),
    ExportDepartureHead: Layout(
        changes=_forms(copNo=some(30), logisticsCode=some(18), logisticsName=some(100), trafMode=exactly(1))
    ),
    ExportDepartureLine: Layout(changes=_forms(logisticsNo=some(80))),
    ExportDepartureReceipt: Layout(changes=_forms(returnStatus=upto(10))),
    ExportDeclarationHead: Layout(
        changes=_forms(
            ebpCode=some(50),
            ebpName=some(100),
            orderNo=some(60),
            logisticsCode=some(18),
            logisticsName=some(100),
            logisticsNo=some(80),
            copNo=some(30),
            invtNo=exactly(18),
            agentCode=some(18),
            agentName=some(100),
            ebcCode=some(18),
            ebcName=some(100),
            ownerCode=some(18),
            ownerName=some(100),
            trafMode=exactly(1),
            totalPackageNo=upto(60),
            POD=Text(least=3, most=4),
            fFlag=exactly(1),
            iFlag=exactly(1),
            wrapType=exactly(1),
        )
    ),
    ExportDeclarationLine: Layout(
        changes=_forms(itemNo=some(20), gname=some(250), gmodel=some(250), barCode=some(50), unit2=exactly(3))
    ),
    ExportDeclarationReceipt: Layout(changes=_forms(invtNo=exactly(18), ebpCode=some(50))),
    ExportCancellationDraft: Layout(
        changes=_forms(
            copNo=some(30),
            invtNo=exactly(18),
            reason=some(1000),
            agentCode=some(18),
            agentName=some(100),
            ebcCode=some(18),
            ebcName=some(100),
        )
    ),
    ExportCancellationReceipt: Layout(changes=_forms(invtNo=exactly(18))),
    MasterWaybillDraft: Layout(changes={"WayBillList": Change(most=100)}),
    MasterWaybillHead: Layout(
        changes=_forms(
            copNo=some(30),
            agentCode=some(18),
            agentName=some(100),
            trafMode=exactly(1),
            trafName=some(100),
            voyageNo=some(32),
            billNo=some(37),
            logisticsCode=some(18),
            logisticsName=some(100),
        )
    ),
    MasterWaybillLine: Layout(changes=_forms(logisticsNo=some(80), invtNo=exactly(18))),
    SummaryDraft: Layout(changes={"SummaryApplyList": Change(least=1, most=100)}),
    SummaryHead: Layout(
        changes=_forms(
            copNo=some(30),
            agentCode=some(18),
            agentName=some(100),
            ebcCode=some(18),
            ebcName=some(100),
            declAgentCode=some(18),
            declAgentName=some(100),
        )
    ),
    SummaryLine: Layout(changes=_forms(invtNo=exactly(18))),
    SummaryResult: Layout(changes={"SummaryResultList": Change(most=100)}),
    SummaryResultLine: Layout(
        changes={**_forms(invtNo=exactly(18), logisticsNo=upto(80)), "gseqno": Change(is_absent=True)}
    ),
}

CEB_2018_113: Final = Edition(name="CEB 2018-113", layouts=_LAYOUTS_2018)
