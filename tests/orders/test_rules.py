"""Every fault has its rule in words, with source, day and the people who can mend it."""

import ast
import re
from datetime import date
from pathlib import Path

from config.customs_rules import Certainty
from wms.orders import matching
from wms.orders.rules import DOUBTS, RULES, rule_on
from wms.web.office.retail_words import FIELDS, PAPERS

TODAY = date(2026, 5, 20)


def codes() -> set[str]:
    """Rule codes as the match writes them."""
    assert matching.__file__ is not None
    tree = ast.parse(Path(matching.__file__).read_text("utf-8"))
    return {
        str(keyword.value.value)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Fault"
        for keyword in call.keywords
        if keyword.arg == "rule" and isinstance(keyword.value, ast.Constant)
    }


def test_every_fault_the_match_finds_has_its_rule() -> None:
    assert codes() == {rule.code for rule in RULES}


def test_every_rule_says_who_mends_it_and_where_it_comes_from() -> None:
    assert [rule.code for rule in RULES if not (rule.mended_by and rule.source.text)] == []


#: Notices and standards that the domain notes name with the mark [V] or [V2]; any other may not claim to be read.
READ = ("202205版", "GB 11643", "1210账册核算实例", "2022年第7号", "〔2018〕49号")


def test_only_what_the_domain_notes_vouch_for_claims_to_be_read() -> None:
    """What is from memory, or a convention of the house, says so to whoever reads the fault."""
    claiming = [rule for rule in RULES if rule.source.certainty is not Certainty.UNVERIFIED]
    assert claiming
    assert [rule.code for rule in claiming if not any(name in rule.source.text for name in READ)] == []
    assert {rule.code for rule in RULES if rule.doubt == DOUBTS[Certainty.UNVERIFIED]} >= {
        "PAYER_NAME", "PAYER_ID", "GOODS_VALUE", "NEGATIVE", "WHOLE_UNITS", "SHELF_LIFE", "LIMIT_SINGLE",
    }  # fmt: skip


def test_a_rule_holds_from_its_day_on() -> None:
    """The limits of 2018 hold since 2019-01-01: on that day, and not on the one before."""
    assert rule_on("LIMIT_SINGLE", day=date(2019, 1, 1)) is not None
    assert rule_on("LIMIT_SINGLE", day=date(2018, 12, 31)) is None
    assert all(rule_on(rule.code, day=TODAY) for rule in RULES)


def test_every_place_of_a_fault_has_a_word() -> None:
    """A page names papers and fields as people do; a rule that finds a fault in a new place needs its word."""
    assert matching.__file__ is not None
    source = Path(matching.__file__).read_text("utf-8")
    places = re.findall(r'pair="([^"]+)", field="([^"]+)"', source)
    papers = {paper for pair, _ in places for paper in pair.split("-")}

    assert places
    assert papers <= PAPERS.keys()
    assert {field for _, field in places} <= FIELDS.keys()
