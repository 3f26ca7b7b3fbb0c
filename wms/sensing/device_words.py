"""What a gateway says of its devices, in sentences that pages can translate.

A gateway knows no languages: its reasons are English, with addresses, times and the operating system's own words in
them. The forms known are told apart here; what fits none of them stays as it was said.
"""

import re
from collections.abc import Sequence
from typing import Final

from wms.i18n import N_, Sentence, plain, say

#: The operating system's numbers for what goes wrong on a line.
_ERRNO: Final = {
    2: N_("it is not there"),
    13: N_("access is denied"),
    16: N_("it is busy"),
    19: N_("there is no such device"),
    98: N_("another program has it"),
    101: N_("the network cannot be reached"),
    104: N_("the other side broke off"),
    110: N_("no answer in time"),
    111: N_("the connection is refused"),
    113: N_("there is no way to it"),
}
_NUMBERED: Final = re.compile(r"\[Errno (-?\d+)\]")

_PRINTER: Final = {
    "head open": N_("the head is open"),
    "cover open": N_("the cover is open"),
    "paper jam": N_("the paper is jammed"),
    "out of paper": N_("there is no paper"),
    "out of ribbon": N_("there is no ribbon"),
    "paused": N_("it is paused"),
}

_FORMS: Final[Sequence[tuple[str, str]]] = (
    (
        r"The broker (?P<address>\S+) cannot be reached: (?P<why>.+)",
        N_("The broker {address} cannot be reached: {why}."),
    ),
    (
        r"The broker (?P<address>\S+) took the connection but never answered",
        N_("The broker {address} took the connection but never answered."),
    ),
    (
        r"The broker (?P<address>\S+) ended the connection: (?P<why>.+)",
        N_("The broker {address} ended the connection: {why}."),
    ),
    (r"The broker (?P<address>\S+) has gone: (?P<why>.+)", N_("The broker {address} has gone: {why}.")),
    (r"The broker (?P<address>\S+) has gone", N_("The broker {address} has gone.")),
    (
        r"The password file (?P<file>.+) cannot be read: (?P<why>.+)",
        N_("The password file {file} cannot be read: {why}."),
    ),
    (r"The printer is not ready: (?P<why>.+)", N_("The printer is not ready: {why}.")),
    (
        r"The printer (?:at )?(?P<printer>\S+) (?:broke off|cannot be reached|does not answer): (?P<why>.+)",
        N_("The printer {printer} does not answer: {why}."),
    ),
    (
        r"Port (?P<port>\d+) cannot be listened on: (?P<why>.+)",
        N_("Port {port} cannot be listened on: {why}."),
    ),
    (r"There is no port (?P<port>.+)", N_("There is no port {port}. Look at the cable.")),
    (r"The port (?P<port>\S+) cannot be opened: (?P<why>.+)", N_("The port {port} cannot be opened: {why}.")),
    (r"(?:The port )?(?P<port>\S+) has gone: (?P<why>.+)", N_("{port} has gone: {why}.")),
    (r"(?P<port>\S+) cannot be reached: (?P<why>.+)", N_("{port} cannot be reached: {why}.")),
    (r"(?P<port>\S+) was closed by the other side", N_("{port} was closed by the other side.")),
    (r"Silent for (?P<minutes>[\d.]+) minutes", N_("Silent for {minutes} minutes.")),
    (
        r"Its thread has not turned for (?P<seconds>\d+) s",
        N_("The gateway's program for it stands still, {seconds} s by now."),
    ),
    (r"internal error: (?P<why>.+)", N_("A fault in the gateway itself: {why}.")),
    (r"unknown device (?P<device>.+)", N_("The device {device} is not declared.")),
    (r"unknown kind (?P<text>.+)", N_("{text} is no kind of reading.")),
    (r"no possible value: (?P<value>.+)", N_("{value} is no possible value.")),
    (r"an event without data", N_("An event without data.")),
    (r"The receipt moved nothing", N_("The warehouse acknowledged nothing new.")),
    (
        r"The warehouse at (?P<address>\S+) does not answer: (?P<why>.+)",
        N_("The warehouse at {address} does not answer: {why}."),
    ),
    (r"The warehouse answered (?P<status>\d+)", N_("The warehouse answered {status}.")),
    (r"The payload is no JSON: .+", N_("The message is no JSON.")),
    (
        r"The payload has (?P<size>\d+) bytes; (?P<most>\d+) are allowed",
        N_("The message has {size} bytes; {most} are allowed."),
    ),
    (r"The payload has nothing at (?P<pointer>\S+)", N_("The message has nothing at {pointer}.")),
    (
        r"A message holds 1 to (?P<most>\d+) readings, not (?P<count>\d+)",
        N_("A message holds 1 to {most} readings, not {count}."),
    ),
    (
        r"(?P<device>\S+) is not declared to measure (?P<kind>\S+)",
        N_("{device} is not declared to measure {kind}."),
    ),
    (r"(?P<text>.+) is no kind of reading", N_("{text} is no kind of reading.")),
    (r"The time (?P<text>.+) names no zone", N_("The time {text} names no zone.")),
    (r"(?P<text>.+) is no time", N_("{text} is no time.")),
    (
        r"(?P<kind>\S+) is measured in (?P<unit>\S+), not in (?P<other>\S+)",
        N_("{kind} is measured in {unit}, not in {other}."),
    ),
)
_COMPILED: Final = tuple((re.compile(form), said) for form, said in _FORMS)


def in_words(reason: str) -> Sentence:
    """The reason as a sentence with its facts; one of unknown form is given back unchanged."""
    text = reason.strip().removesuffix(".")
    for form, said in _COMPILED:
        found = form.fullmatch(text)
        if found is not None:
            facts: dict[str, object] = dict(found.groupdict())
            if "why" in facts:
                facts["why"] = _why(found["why"])
            return say(said, **facts)
    return plain(reason)


def _why(text: str) -> Sentence:
    """The operating system's word, by its number or by what it is known for."""
    numbered = _NUMBERED.search(text)
    if numbered is not None and int(numbered[1]) in _ERRNO:
        return say(_ERRNO[int(numbered[1])])
    if "timed out" in text:
        return say(_ERRNO[110])
    if "Connection refused" in text:
        return say(_ERRNO[111])
    if text in _PRINTER:
        return say(_PRINTER[text])
    return plain(text)
