"""What is refused at the door, for which reason, and in which words."""

import csv
import gc
import json
import time

import pytest

from tests.customs.messages.support import DAY_A, reference
from wms.customs.messages.door import LIMIT_BYTES, read_message
from wms.customs.messages.wire.faults import MessageRefused, Reason

GOOD = """<?xml version="1.0" encoding="UTF-8"?>
<CommonResponeMessage>
<SeqNo>202600000880001001</SeqNo>
<EtpsPreentNo>HZQD-1</EtpsPreentNo>
<CheckInfo>处理成功</CheckInfo>
<DealFlag>0</DealFlag>
</CommonResponeMessage>"""


def refusal(raw: bytes) -> MessageRefused:
    with pytest.raises(MessageRefused) as refused:
        read_message(raw, file_name="message.xml")
    return refused.value


def test_every_file_of_the_day_has_the_outcome_the_key_names() -> None:
    """Reference day, section 2: the first test that fails refuses the whole file."""
    day = reference(DAY_A)
    for file in json.loads((day / "expected.json").read_text())["files"]:
        raw = (day / file["file"]).read_bytes()
        if file["outcome"] == "ACCEPTED":
            message = read_message(raw, file_name=file["file"])
            assert len(message.body.documents) == file["elements"]
        else:
            assert refusal(raw).reason == file["reason"], file["file"]


def test_every_message_of_the_day_is_of_the_kind_the_list_of_arrivals_names() -> None:
    day = reference(DAY_A)
    with (day / "arrivals.csv").open(encoding="utf-8") as rows:
        arrivals = [row for row in csv.DictReader(rows) if "/bad/" not in row["file"]]

    kinds = [read_message((day / row["file"]).read_bytes(), file_name=row["file"]).kind for row in arrivals]

    assert kinds == [row["kind"] for row in arrivals]
    assert len(kinds) > 100


def test_no_message_of_the_day_shows_the_marker_of_the_external_entity() -> None:
    day = reference(DAY_A, "orders", "bad")
    marker = (day / "canary.txt").read_text().strip()
    for path in day.glob("*.xml"):
        assert marker not in str(refusal(path.read_bytes())), path.name


BOMBS = {
    "nested entities": '<!DOCTYPE a [<!ENTITY b "x"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>',
    "external entity": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>',
    "parameter entity": '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://127.0.0.1:1/"> %b;]><a/>',
    "bare": "<!DOCTYPE a><a/>",
    "in small letters": "<!doctype a><a/>",
    "after a comment": "<!-- x --><?pi y?>\n<!DOCTYPE a><a/>",
    "after a comment that hides one": "<!-- <a> --><!DOCTYPE a><a/>",
    "after the declaration": '<?xml version="1.0"?>\n\n<!DOCTYPE a><a/>',
    "cut off": "<!DOCTYPE a [<!ENTITY b 'x",
    "before broken XML": "<!DOCTYPE a><a><b></a>",
    "around a good message": GOOD.replace("<Common", "<!DOCTYPE CommonResponeMessage>\n<Common", 1),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_document_type_is_refused_before_anything_is_read(bomb: str, encoding: str) -> None:
    """Whatever it would do, however it is written, and whatever else is wrong with the message."""
    refused = refusal(bomb.encode(encoding))

    assert refused.reason is Reason.DOCTYPE
    assert "document type" in str(refused)


def test_a_document_type_with_wrong_bytes_after_it_is_still_a_document_type() -> None:
    raw = b"<!DOCTYPE a><a>" + "拉萨".encode("gbk") + b"</a>"

    assert refusal(raw).reason is Reason.DOCTYPE


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<a><b></a>", "Line 1"),
        (b"<a/><b/>", "broken"),
        (b"plain text", "broken"),
        (b"<a>&nbsp;</a>", "broken"),
        (b"<a>\x00</a>", "U+0000"),
        (b"<a>\n\x0b</a>", "Line 2: the character U+000B"),
        (b"<a>&#0;</a>", "broken"),
        (b"<a>&#x1F;</a>", "broken"),
        ("<a>\ufffe</a>".encode(), "U+FFFE"),
        (GOOD.encode("gbk"), "not UTF-8"),
        (GOOD.encode()[:-3], "broken"),
        (b"<a>\xff\xfe</a>", "byte 3 (0xFF)"),
        (b'<?xml version="1.0" encoding="EBCDIC-CP-US"?><a/>', "EBCDIC"),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', "UTF-16"),
        (b"<a" * 100_000, "broken"),
        (b"<a>" * 5_000 + b"</a>" * 5_000, "broken"),
    ],
)
def test_broken_xml_is_refused_with_the_place_and_the_reason(raw: bytes, sentence: str) -> None:
    refused = refusal(raw)

    assert refused.reason is Reason.NOT_WELL_FORMED
    assert sentence in str(refused)


def test_a_message_may_come_in_the_encodings_senders_use() -> None:
    """A declared GB18030, UTF-16 with its mark, UTF-8 with a mark it does not need."""
    for encoding, declared in (
        ("gb18030", "GB18030"),
        ("gbk", "GBK"),
        ("utf-16", "UTF-16"),
        ("utf-8-sig", "UTF-8"),
    ):
        raw = GOOD.replace("UTF-8", declared).encode(encoding)
        assert read_message(raw, file_name=None).body.text == "处理成功", encoding


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"<a/>", "begins with a"),
        (b"<CEB999Message/>", "CEB999Message"),
        (
            b"<Package><EnvelopInfo/><DataInfo><BussinessData><XYZ999/></BussinessData></DataInfo></Package>",
            "XYZ999",
        ),
    ],
)
def test_a_kind_nobody_knows_is_refused_by_its_name(raw: bytes, sentence: str) -> None:
    refused = refusal(raw)

    assert refused.reason is Reason.UNKNOWN_KIND
    assert sentence in str(refused)


@pytest.mark.parametrize("size", [30 * 1024 * 1024, LIMIT_BYTES + 1])
def test_a_message_too_large_is_refused_before_it_is_parsed(size: int) -> None:
    raw = b"<a>" + b" " * (size - 3)
    gc.collect()  # what other tests left is not for this one to count
    started = time.process_time()

    refused = refusal(raw)

    assert refused.reason is Reason.TOO_LARGE
    assert time.process_time() - started < 0.1


def test_a_message_in_another_namespace_is_refused_and_told_which_is_wanted() -> None:
    day = reference(DAY_A, "receipts")
    raw = (day / "CEB622-001.xml").read_bytes().replace(b"chinaport.gov.cn/ceb", b"chinaport.gov.cn/abc")

    refused = refusal(raw)

    assert refused.reason is Reason.XSD
    assert "http://www.chinaport.gov.cn/ceb" in str(refused)


def test_a_hundred_thousand_lines_in_one_message_are_refused_within_two_seconds() -> None:
    order = (reference(DAY_A, "orders") / _first_order()).read_bytes()
    line = order[
        order.index(b"<ceb:OrderList>") : order.index(b"</ceb:OrderList>") + len(b"</ceb:OrderList>")
    ]
    short = b"<ceb:OrderList/>" * 100_000
    started = time.process_time()

    refused = refusal(order.replace(line, short, 1))

    assert refused.reason is Reason.XSD
    assert time.process_time() - started < 2


def _first_order() -> str:
    return min(path.name for path in reference(DAY_A, "orders").glob("CEB311-*.xml"))


def test_a_refusal_names_the_line_the_element_and_what_is_wanted_and_keeps_the_other_faults() -> None:
    raw = (reference(DAY_A, "orders") / _first_order()).read_bytes()
    raw = raw.replace(b"<ceb:currency>142<", b"<ceb:currency>502<", 1).replace(
        b"<ceb:appType>1<", b"<ceb:appType><", 1
    )

    refused = refusal(raw)

    assert "appType: 0 characters; exactly 1 are wanted." in str(refused)
    assert str(refused).startswith("Line ")
    assert any('currency: "502" stands there; 142 is wanted.' in str(other) for other in refused.others)


def test_a_refusal_never_repeats_a_name_a_telephone_or_an_identity_number() -> None:
    """Sentences end up in logs."""
    raw = (reference(DAY_A, "orders") / _first_order()).read_bytes()
    secret = "SECRET-" * 20
    for field in (b"buyerName", b"buyerIdNumber", b"buyerTelephone", b"consignee", b"consigneeAddress"):
        start = raw.index(b"<ceb:" + field + b">") + len(field) + 6
        end = raw.index(b"</ceb:", start)
        refused = refusal(raw[:start] + secret.encode() * 3 + raw[end:])
        assert field.decode() in str(refused)
        assert "SECRET" not in str(refused)


@pytest.mark.parametrize("amount", ["-1", "12345678901234567890", "1e3", "NaN", "1,5", "１２"])
def test_an_amount_that_is_no_customs_figure_is_refused(amount: str) -> None:
    """Negative amounts have the form of a figure, so the form lets them pass; the rules do not."""
    raw = (reference(DAY_A, "orders") / _first_order()).read_bytes()
    start = raw.index(b"<ceb:goodsValue>") + 16
    changed = raw[:start] + amount.encode() + raw[raw.index(b"<", start) :]
    if amount == "-1":
        assert read_message(changed, file_name=None).body.documents[0].head.goods_value == -1
    else:
        assert refusal(changed).reason is Reason.XSD


def test_a_day_that_is_in_no_calendar_is_refused_though_the_schema_counts_only_its_digits() -> None:
    raw = (reference(DAY_A, "orders") / _first_order()).read_bytes()
    start = raw.index(b"<ceb:appTime>") + 13

    refused = refusal(raw[:start] + b"20260230115901" + raw[start + 14 :])

    assert 'appTime: "20260230115901" is no time of the form YYYYMMDDhhmmss.' in str(refused)
