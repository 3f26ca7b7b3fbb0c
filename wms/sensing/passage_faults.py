"""What is wrong with a passage of the gate, in the words of the house instead of the gateway's."""

import re
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any, Final

from wms.i18n import N_, Sentence, plain, say

#: What a passage is made of.
PARTS: Final = {
    "plate": N_("plate"),
    "card": N_("card"),
    "seal_no": N_("seal"),
    "mass_kg": N_("weight"),
}
_READ_TWICE: Final = re.compile(r"(\w+) was read as (.+) and as (.+)")
_UNSURE: Final = re.compile(r"the plate (.+) was read with confidence ([\d.]+) only")


def passage_fault(data: Mapping[str, Any]) -> Sentence:
    """What was not seen, and what does not agree; a passage with neither is no fault and must not be asked about."""
    parts = [say(PARTS.get(str(part), str(part))) for part in data.get("missing") or ()]
    faults = [_mismatch(str(said)) for said in data.get("mismatch") or ()]
    if parts:
        faults = [say(N_("not seen: {parts}"), parts=_joined(N_("{some}, {other}"), parts)), *faults]
    return _joined(N_("{some}; {other}"), faults)


def _joined(pattern: str, sentences: Sequence[Sentence]) -> Sentence:
    return reduce(lambda some, other: say(pattern, some=some, other=other), sentences)


def _mismatch(said: str) -> Sentence:
    """A sentence of the gateway (devices/passages.py) as one of ours; one that is not known stays as it came."""
    if found := _READ_TWICE.fullmatch(said):
        part = say(PARTS.get(found[1], found[1]))
        return say(N_("{part} read as {one} and as {other}"), part=part, one=found[2], other=found[3])
    if found := _UNSURE.fullmatch(said):
        percent = round(float(found[2]) * 100)
        return say(N_("plate {plate} read with only {percent} % certainty"), plate=found[1], percent=percent)
    return plain(said)
