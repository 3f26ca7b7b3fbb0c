"""Scans on pages: what was scanned, what was said of it, and nothing of a person's for those who may not read it.

A scanner reads whatever is held before it, and a worker types what a label does not say: an identity card, a
telephone number, a name. What was taken was a code of ours and is shown; what was refused is shown as far as it looks
like a code.
"""

import re
from collections.abc import Mapping
from typing import Final

from flask import Flask, current_app

from wms.floor.flows import Flow
from wms.i18n import N_, Sentence
from wms.scans import ScanEvent
from wms.sealed import Forgotten
from wms.web.language import t
from wms.web.personal import in_clear, masked, shown

#: What a verdict looks like and is called; every other one is the reason of a refusal.
VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    "ok": ("ok", N_("taken")),
    "quiet": ("quiet", N_("nothing to do")),
    "decision": ("decision", N_("a person decides")),
    "error": ("error", N_("refused")),
}
_TAKEN: Final = ("ok", "quiet", "decision")
#: Identity numbers of 18 signs, mobile numbers of 11; anything that is not plain code signs may be a name.
_NUMBER_OF_A_PERSON: Final = re.compile(r"\d{17}[\dXx]|(?<!\d)1\d{10}(?!\d)")
_CODE: Final = re.compile(r"[A-Za-z0-9()/._+-]+")


def install(app: Flask) -> None:
    """Give templates their words about scans."""
    app.add_template_filter(scanned_text)
    app.add_template_filter(scan_told)
    app.add_template_filter(scan_verdict)
    app.add_template_filter(flow_title)


def may_name_a_person(text: str) -> bool:
    """Whether a text could be somebody's number or name rather than a code."""
    return _CODE.fullmatch(text) is None or _NUMBER_OF_A_PERSON.search(text) is not None


def scanned_text(scan: ScanEvent) -> str:
    """The scan as this page may show it."""
    return scan.raw if _is_open(scan) else shown(scan.raw)


def scan_told(scan: ScanEvent) -> str:
    """What the worker was told, in the reader's language; facts that repeat a hidden scan are hidden too."""
    if isinstance(scan.sentence, Forgotten):
        return shown(scan.sentence)
    told = scan.told
    return t(told if _is_open(scan) or in_clear() else _hidden(told))


def scan_verdict(scan: ScanEvent) -> tuple[str, str]:
    """How its verdict looks, and what it is called."""
    tone, word = VERDICTS.get(scan.verdict, VERDICTS["error"])
    return tone, t(word)


def flow_title(name: str | None) -> str:
    """The task a scan belongs to, as the handheld's menu calls it."""
    flows: Mapping[str, Flow] = current_app.extensions["wms_flows"]
    flow = flows.get(name or "")
    return t(flow.title) if flow is not None else name or "–"


def _is_open(scan: ScanEvent) -> bool:
    return scan.verdict in _TAKEN or not (isinstance(scan.raw, Forgotten) or may_name_a_person(scan.raw))


def _hidden(sentence: Sentence) -> Sentence:
    return Sentence(text=sentence.text, facts=hidden_facts(sentence.facts))


def hidden_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Facts with what could be somebody's number or name masked."""
    found: dict[str, object] = {}
    for name, fact in facts.items():
        if isinstance(fact, Sentence):
            found[name] = _hidden(fact)
        else:
            found[name] = masked(fact) if isinstance(fact, str) and may_name_a_person(fact) else fact
    return found
