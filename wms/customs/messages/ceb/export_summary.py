"""Summary declaration 汇总申请单: CEB701 asks, CEB702 is customs' answer, CEB792 its result 汇总结果单."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from wms.customs.messages.ceb.frame import ExportTransfer, Extension, Numbered, Retail, Subscription
from wms.customs.messages.ceb.signature_form import DS, signature_faults
from wms.customs.messages.wire.forms import N19_5, Text, Whole, exactly, some, upto
from wms.customs.messages.wire.record import many, markup, part, wire
from wms.customs.messages.wire.times import STAMP, STAMP_MS


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryHead(Retail):
    """Which declarations of which time are to be gathered into one."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declaration_type: Annotated[str, wire("appType", exactly(1))]
    declared_at: Annotated[datetime, wire("appTime", STAMP)]
    declaration_status: Annotated[str, wire("appStatus", Text(least=1, most=1, default="2"))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str | None, wire("preNo", upto(18))] = None
    summary_no: Annotated[str | None, wire("sumNo", upto(18))] = None
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    declarant_name: Annotated[str, wire("agentName", upto(100))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    merchant_name: Annotated[str, wire("ebcName", upto(100))]
    declaring_agent_code: Annotated[str, wire("declAgentCode", upto(18))]
    declaring_agent_name: Annotated[str, wire("declAgentName", upto(100))]
    starts_at: Annotated[datetime | None, wire("startTime", STAMP)] = None
    ends_at: Annotated[datetime | None, wire("endTime", STAMP)] = None
    place_no: Annotated[str | None, wire("loctNo", upto(10))] = None
    summary_flag: Annotated[str, wire("summaryFlag", exactly(1))]
    item_name_flag: Annotated[str, wire("itemNameFlag", exactly(1))]
    parts: Annotated[int, wire("msgCount", Whole(total=9))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryLine(Retail):
    """One declaration to be gathered."""

    list_no: Annotated[str, wire("invtNo", upto(20))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryDraft(Retail):
    """One request: its head and its declarations, if they are named."""

    head: Annotated[SummaryHead, part("SummaryApplyHead")]
    lines: Annotated[tuple[SummaryLine, ...], many("SummaryApplyList", 0)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryMessage(Numbered):
    """CEB701: up to a hundred requests."""

    documents: Annotated[tuple[SummaryDraft, ...], many("SummaryApply", 1, 100)]
    transfer: Annotated[ExportTransfer, part("BaseTransfer")]
    subscriptions: Annotated[tuple[Subscription, ...], many("BaseSubscribe", 0, 5)] = ()
    signature: Annotated[bytes | None, markup("Signature", signature_faults, namespace=DS)] = None
    extension: Annotated[Extension | None, part("ExtendMessage")] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryReceipt(Retail):
    """What customs says to one request."""

    guid: Annotated[str, wire("guid", exactly(36))]
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    inner_no: Annotated[str, wire("copNo", upto(30))]
    pre_entry_no: Annotated[str, wire("preNo", exactly(18))]
    summary_no: Annotated[str | None, wire("sumNo", exactly(18))] = None
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    status: Annotated[str, wire("returnStatus", some(10))]
    returned_at: Annotated[datetime, wire("returnTime", STAMP_MS)]
    text: Annotated[str, wire("returnInfo", upto(1000))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryReceipts(Numbered):
    """CEB702: customs' answers to requests."""

    receipts: Annotated[tuple[SummaryReceipt, ...], many("SummaryReturn", 1, 100)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryResultHead(Retail):
    """The declaration made out of the gathered ones; weights in kilograms."""

    guid: Annotated[str, wire("guid", exactly(36))]
    customs_code: Annotated[str, wire("customsCode", exactly(4))]
    summary_no: Annotated[str, wire("sumNo", exactly(18))]
    handled_at: Annotated[datetime, wire("opDate", STAMP_MS)]
    declaration_pre_entry_no: Annotated[str, wire("declSeqNo", exactly(18))]
    declaration_draft_no: Annotated[str | None, wire("decTmpNo", exactly(18))] = None
    preliminary_declaration_no: Annotated[str | None, wire("decPreNo", exactly(18))] = None
    declaration_no: Annotated[str | None, wire("entryId", exactly(18))] = None
    declaration_state: Annotated[str, wire("decState", some(3))]
    declarant_code: Annotated[str, wire("agentCode", upto(18))]
    declarant_name: Annotated[str, wire("agentName", upto(100))]
    merchant_code: Annotated[str, wire("ebcCode", upto(18))]
    merchant_name: Annotated[str, wire("ebcName", upto(100))]
    declaring_agent_code: Annotated[str, wire("declAgentCode", upto(18))]
    declaring_agent_name: Annotated[str, wire("declAgentName", upto(100))]
    gross_kg: Annotated[Decimal, wire("grossWeight", N19_5)]
    net_kg: Annotated[Decimal, wire("netWeight", N19_5)]
    parts: Annotated[int, wire("msgCount", Whole(total=9))]
    part_no: Annotated[int, wire("msgSeqNo", Whole(total=9))]
    note: Annotated[str | None, wire("note", upto(1000))] = None


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryResultLine(Retail):
    """One gathered line and its line of the declaration."""

    list_no: Annotated[str, wire("invtNo", upto(20))]
    waybill_no: Annotated[str, wire("logisticsNo", upto(32))]
    declaration_line_no: Annotated[int | None, wire("gseqno", Whole(total=5))] = None
    """Required since 2022-05, unknown before."""
    line_no: Annotated[int, wire("gnum", Whole(total=5))]
    hs10: Annotated[str, wire("gcode", exactly(10))]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryResult(Retail):
    """One result: its head and its lines."""

    head: Annotated[SummaryResultHead, part("SummaryResultHead")]
    lines: Annotated[tuple[SummaryResultLine, ...], many("SummaryResultList", 0)]


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class SummaryResultMessage(Numbered):
    """CEB792: up to a hundred results."""

    documents: Annotated[tuple[SummaryResult, ...], many("SummaryResult", 1, 100)]
