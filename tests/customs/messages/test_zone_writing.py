"""Zone documents read and written again: the same figures, texts and lines, in a frame that can be read."""

from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from tests.customs.messages.oracles import zone_schema
from tests.customs.messages.support import DAY_A, JG2, read, reference
from wms.customs.messages.door import read_message
from wms.customs.messages.jg2.bonded_list import BondedListDraft
from wms.customs.messages.jg2.business_filing import BusinessFilingDraft
from wms.customs.messages.jg2.frame import Pocket
from wms.customs.messages.jg2.gate_pass import GatePassDraft, GatePassReview
from wms.customs.messages.jg2.stock_bill import StockBillDraft
from wms.customs.messages.wire.faults import MessageRefused
from wms.customs.messages.writing import CannotWrite, write_message

pytestmark = pytest.mark.reference


def zone_files() -> list[Path]:
    """Every zone document of the reference data and of the day."""
    twins = reference(JG2, "twins")
    day = reference(DAY_A)
    found = [*twins.rglob("*.xml"), *day.glob("inbound/*.xml"), *day.glob("exit/*.xml")]
    return sorted([*found, *day.glob("receipts/exit-*.xml")])


def texts(raw: bytes) -> list[tuple[str, str]]:
    """Every element with a text, by its path, whatever the order of the fields inside a record."""
    root = etree.fromstring(raw)
    leaves = [element for element in root.iter() if isinstance(element.tag, str) and not len(element)]
    return sorted(
        (
            "/".join(etree.QName(each).localname for each in (*reversed(list(leaf.iterancestors())), leaf)),
            leaf.text,
        )
        for leaf in leaves
        if leaf.text
    )


def test_every_zone_document_is_read_whole_and_written_again_with_the_same_texts() -> None:
    """Twins of real messages and the day's: nothing is lost, nothing is added, lines keep their order."""
    files = zone_files()
    for path in files:
        message = read_message(path.read_bytes(), file_name=path.name)
        written = write_message(
            message.kind,
            message.body,
            envelope=message.envelope,
            pocket=message.pocket,
            declare_flag=message.declare_flag,
        )

        again = read_message(written, file_name=path.name)
        assert again == message, path.name
        ignored = {"Signature/KeyInfo/KeyName"}
        before, after = (
            [each for each in texts(raw) if each[0] not in ignored] for raw in (path.read_bytes(), written)
        )
        assert before == after, path.name
    assert len(files) > 100


@pytest.mark.parametrize(
    ("file", "record"),
    [
        ("SAS101_display_typeC.xml", BusinessFilingDraft),
        ("SAS111_out.xml", StockBillDraft),
        ("SAS111_return.xml", StockBillDraft),
    ],
)
def test_what_is_known_in_the_form_of_2017_only_is_written_as_its_schema_wants(
    file: str, record: type
) -> None:
    path = reference(JG2, "twins", "declare", file)
    message = read_message(path.read_bytes(), file_name=file)
    assert isinstance(message.body, record)

    written = write_message(message.kind, message.body, envelope=message.envelope, pocket=message.pocket)

    schema = zone_schema(message.kind)
    assert schema.validate(etree.fromstring(written)), schema.error_log.last_error


def test_a_strict_document_with_an_envelope_that_does_not_fit_is_not_written() -> None:
    path = reference(JG2, "twins", "declare", "SAS111_out.xml")
    message = read_message(path.read_bytes(), file_name=None)
    assert message.envelope is not None

    with pytest.raises(MessageRefused):
        write_message(
            "SAS111", message.body, envelope=replace(message.envelope, sender_id="X" * 17), pocket=Pocket()
        )


def test_the_strict_receipts_of_2017_are_read_too() -> None:
    """Another order of fields, no frame, another spelling, a day where others have a time."""
    for path in sorted(reference(JG2, "twins-xsd2017").glob("*.xml")):
        message = read_message(path.read_bytes(), file_name=path.name)
        assert message.kind == path.name[:6]
        if message.kind == "SAS221":
            assert isinstance(message.body, GatePassReview)
            assert message.body.gate_pass is not None
            assert message.body.gate_pass.vehicle_no


def test_later_fields_of_customs_are_kept_and_unknown_ones_of_a_firm_are_refused() -> None:
    """Receipts of 2024 already carry fields the schemas of 2017 do not have; more will come."""
    receipt = reference(DAY_A, "inbound", "L1-INV211.xml").read_bytes()
    later = receipt.replace(b"</BondInvtBsc>", b"<usageTypecd>7</usageTypecd></BondInvtBsc>")
    declared = reference(DAY_A, "inbound", "L1-INV101.xml").read_bytes()

    assert read_message(later, file_name=None).body.bonded_list.further == (("usageTypecd", "7"),)
    with pytest.raises(MessageRefused) as refused:
        read_message(declared.replace(b"<Rmk></Rmk>", b"<Rmkk></Rmkk>"), file_name=None)
    assert "Rmkk is not known here" in str(refused.value)


def test_both_spellings_of_a_field_are_read() -> None:
    """Customs writes passID, the schema passId."""
    raw = reference(DAY_A, "inbound", "T1-SAS223.xml").read_bytes()
    for tag in (b"passID", b"passId"):
        spelled = raw.replace(b"<passID></passID>", b"<" + tag + b">K1</" + tag + b">")
        assert read_message(spelled, file_name=None).body.gate_pass.gate_id == "K1"


@pytest.mark.parametrize(
    ("change", "into", "sentence"),
    [
        (b"</BussinessData>", b"</BussinessData><BussinessData/>", "BussinessData comes more often than 1"),
        (b"</EnvelopInfo>", b"</EnvelopInfo><Extra/>", "Extra is not known here"),
        (b"</SAS223>", b"</SAS223><SAS223/>", "SAS223 stands in the wrong place"),
        (b"<message_type>SAS223<", b"<message_type>SAS221<", '"SAS221" stands there; SAS223 is wanted'),
        (b"</SasPassportBsc>", b"</SasPassportBsc><SasPassportBsc/>", "SasPassportBsc comes more often"),
    ],
)
def test_a_frame_with_something_in_it_twice_or_unknown_is_refused(
    change: bytes, into: bytes, sentence: str
) -> None:
    """What is not understood is not passed over: a second body could say something else."""
    raw = reference(DAY_A, "inbound", "T1-SAS223.xml").read_bytes()
    assert change in raw

    with pytest.raises(MessageRefused) as refused:
        read_message(raw.replace(change, into, 1), file_name=None)

    assert sentence in str(refused.value)


def test_a_parked_result_is_read_as_it_stands() -> None:
    """An unknown result is no fault of the form; a person decides."""
    raw = reference(DAY_A, "inbound", "L1-INV201.xml").read_bytes()
    changed = raw.replace(b"<manageResult>4<", b"<manageResult>9<")

    assert read_message(changed, file_name=None).body.result.result == "9"


@pytest.mark.parametrize(
    ("change", "into", "sentence"),
    [
        (b"<DclQty>60</DclQty>", b"<DclQty>0</DclQty>", 'DclQty: "0" is outside > 0'),
        (b"<DclQty>60</DclQty>", b"<DclQty>-1</DclQty>", "DclQty"),
        (b"<DclQty>60</DclQty>", b"<DclQty/>", "DclQty"),
        (b"<Gdecd>1901101000</Gdecd>", b"<Gdecd>190110</Gdecd>", "Gdecd: 6 characters; exactly 10"),
        (b"<PutrecNo>T8899W000001</PutrecNo>", b"", "PutrecNo is missing"),
        (b"<ImpexpMarkcd>I</ImpexpMarkcd>", b"<ImpexpMarkcd>IN</ImpexpMarkcd>", "ImpexpMarkcd"),
        (b"<send_time>2026-05-20T06:11:00", b"<send_time>2026-05-20T26:11:00", "send_time"),
        (b"<DelcareFlag>1</DelcareFlag>", b"<InvtMessage/>", "InvtMessage"),
        (b"<EtpsInnerInvtNo>", b"<EtpsInnerInvtNo>X</EtpsInnerInvtNo><EtpsInnerInvtNo>", "more often than 1"),
    ],
)
def test_a_declared_list_that_cannot_be_right_is_refused(change: bytes, into: bytes, sentence: str) -> None:
    raw = reference(DAY_A, "inbound", "L1-INV101.xml").read_bytes()
    assert change in raw

    with pytest.raises(MessageRefused) as refused:
        read_message(raw.replace(change, into, 1), file_name=None)

    assert sentence in str(refused.value)


def test_a_name_with_a_control_character_is_not_written() -> None:
    draft = read(reference(DAY_A, "inbound/L1-INV101.xml"), BondedListDraft)
    message = read_message(reference(DAY_A, "inbound/L1-INV101.xml").read_bytes(), file_name=None)
    broken = replace(draft, head=replace(draft.head, remark="a\x00b"))

    with pytest.raises(CannotWrite):
        write_message("INV101", broken, envelope=message.envelope)


def test_numbers_of_a_pass_stand_joined_and_apart() -> None:
    draft = read(reference(JG2, "twins/declare/SAS121_outbound_bind1.xml"), GatePassDraft)

    assert len(draft.head.related_nos) == len(draft.documents) == len(draft.list_nos)


def test_a_long_reason_of_customs_is_read_whole() -> None:
    """A receipt is a fact from outside: it is not refused for being wordy."""
    raw = reference(JG2, "twins/receipt/SAS201_returned.xml").read_bytes()
    reason = "担保金额不足，" * 100

    message = read_message(raw.replace("担保金额不足".encode(), reason.encode(), 1), file_name=None)

    assert message.body.result.remark == reason


def test_a_two_step_receipt_keeps_what_nobody_described() -> None:
    """No schema of SAS251 and SAS253 is public: the result is read, the rest is kept and written again."""
    raw = reference(DAY_A, "inbound", "T1-SAS223.xml").read_bytes().replace(b"SAS223", b"SAS253")
    raw = raw.replace(b"SasPassportBsc", b"Sas2sPassportBsc")

    message = read_message(raw, file_name=None)
    again = read_message(write_message("SAS253", message.body, envelope=message.envelope), file_name=None)

    assert message.body.result.result == "1"
    assert len(message.body.rest) == 1
    assert b"<vehicleNo>" in message.body.rest[0]
    assert again.body == message.body


def test_a_two_step_pass_names_its_declarations() -> None:
    raw = reference(DAY_A, "inbound", "T1-SAS121.xml").read_bytes()
    start, end = raw.index(b"<PassportAcmp>"), raw.index(b"</PassportAcmp>") + len(b"</PassportAcmp>")
    raw = (
        raw[:start]
        + b"<Sas2sPassportRlt><EntryId>889920261000000001</EntryId></Sas2sPassportRlt>"
        + raw[end:]
    )
    for old, new in (
        (b"<PassportTypecd>1</PassportTypecd>", b""),
        (b"<BindTypecd>2</BindTypecd>", b""),
        (b"<RltTbTypecd>1</RltTbTypecd>", b""),
        (b"<RltNo>QD889926I000000101</RltNo>", b""),
        (b"PassPortMessage", b"Sas2sPassPortMessage"),
        (b"PassportHead", b"Sas2sPassportHead"),
        (b"AreainEtpsno", b"AreainEtpsNo"),
        (b"<message_type>SAS121<", b"<message_type>ICP101<"),
    ):
        assert old in raw
        raw = raw.replace(old, new)

    message = read_message(raw, file_name=None)

    assert message.kind == "ICP101"
    assert [each.declaration_no for each in message.body.declarations] == ["889920261000000001"]
    assert message.body.head.vehicle_no == "测A00101"
