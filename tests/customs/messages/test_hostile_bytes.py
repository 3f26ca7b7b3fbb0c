"""Whatever bytes come, the door answers with a message or a refusal: never with a crash, never slowly."""

import time
from pathlib import Path
from random import Random

import pytest

from tests.customs.messages.support import DAY_A, JG2, reference
from wms.customs.messages.door import LIMIT_BYTES, Message, read_message
from wms.customs.messages.wire.faults import MessageRefused

ROUNDS = 6_000
SLOWEST_SECONDS = 2.0


def damaged(rng: Random, raw: bytes) -> bytes:
    """The message with a few bytes changed, cut out, repeated, or put in from elsewhere."""
    changed = bytearray(raw)
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(changed))
        match rng.randrange(7):
            case 0:
                changed[at] = rng.randrange(256)
            case 1:
                del changed[at : at + rng.randrange(1, 200)]
            case 2:
                changed[at:at] = changed[at : at + rng.randrange(1, 2_000)]
            case 3:
                changed[at:at] = rng.choice(
                    (b"<", b">", b"&", b"\x00", b"]]>", b"<![CDATA[", b"&#x1;", b"<!--", b"-->")
                )
            case 4:
                changed[at:at] = rng.choice(
                    ("藏".encode("gbk"), b"\xff", b"\xef\xbb\xbf", "𠀀".encode(), b"\xc0\x80")
                )
            case 5:
                changed[at : at + 8] = b"9" * rng.choice((1, 20, 400))
            case _:
                changed[at:at] = rng.choice(
                    (b"<!DOCTYPE a [", b"<!ENTITY x SYSTEM 'file:///etc/passwd'>", b"&x;")
                )
        if not changed:
            return b""
    return bytes(changed)


def files() -> list[Path]:
    day = reference(DAY_A)
    found = [*day.glob("inbound/*.xml"), *day.glob("receipts/*.xml"), *reference(JG2, "twins").rglob("*.xml")]
    found += [
        *day.glob("orders/CEB*-00*.xml"),
        *day.glob("lists/CEB62[35]*.xml"),
        *day.glob("orders/bad/*.xml"),
    ]
    return sorted(path for path in found if path.stat().st_size < 40_000)


def test_damaged_bytes_are_taken_in_or_refused_and_nothing_else() -> None:
    rng = Random("hostile")
    messages = [path.read_bytes() for path in files()]
    refused = []
    for _ in range(ROUNDS):
        raw = damaged(rng, rng.choice(messages))
        started = time.process_time()
        try:
            assert isinstance(read_message(raw, file_name="x"), Message)
        except MessageRefused as refusal:
            refused.append(refusal)
        assert time.process_time() - started < SLOWEST_SECONDS

    assert len(messages) > 60
    assert ROUNDS * 0.5 < len(refused) < ROUNDS
    assert all(refusal.reason and len(str(refusal)) < 1_000 for refusal in refused)


def test_random_bytes_are_refused() -> None:
    rng = Random("noise")
    for size in (1, 2, 3, 4, 10, 100, 10_000):
        for _ in range(50):
            try:
                read_message(rng.randbytes(size), file_name=None)
            except MessageRefused:
                continue
            raise AssertionError("noise was taken in")


FLOODS = {
    "blanks before": b" " * LIMIT_BYTES,
    "blanks after": b"<a/>" + b" " * (LIMIT_BYTES - 4),
    "small comments": b"<!---->" * (LIMIT_BYTES // 7),
    "one comment without an end": b"<!--" + b"x" * (LIMIT_BYTES - 4),
    "processing instructions": b"<?a?>" * (LIMIT_BYTES // 5),
    "many elements": b"<a>" + b"<b/>" * (LIMIT_BYTES // 4 - 2) + b"</a>",
    "many attributes": b"<a" + b"".join(b" a%d=''" % number for number in range(500_000)) + b"/>",
    "many namespaces": b"<a"
    + b"".join(b" xmlns:a%d='u%d'" % (number, number) for number in range(200_000))
    + b"/>",
    "deep": b"<a>" * (LIMIT_BYTES // 3),
    "one long text": b"<CommonResponeMessage><CheckInfo>"
    + b"x" * (LIMIT_BYTES - 100)
    + b"</CheckInfo></CommonResponeMessage>",
    "one long number": b"<CommonResponeMessage><DealFlag>"
    + b"9" * 1_000_000
    + b"</DealFlag></CommonResponeMessage>",
    "line ends": b"\n" * (LIMIT_BYTES - 10) + b"<!DOCTYPE",
    "character references": b"<a>" + b"&#65;" * (LIMIT_BYTES // 5 - 2) + b"</a>",
}


@pytest.mark.parametrize("raw", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_up_to_the_limit_is_refused_within_two_seconds_of_work(raw: bytes) -> None:
    """Counted in processor time: the machine may be busy with other things."""
    started = time.process_time()

    with pytest.raises(MessageRefused):
        read_message(raw[:LIMIT_BYTES], file_name=None)

    assert time.process_time() - started < SLOWEST_SECONDS
