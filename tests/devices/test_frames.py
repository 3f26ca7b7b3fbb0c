"""Bytes become scans and weights whatever the line does to them."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.frames import ScanFramer, decode_text
from devices.replay import read_capture
from devices.simulated_frames import encode_weight
from devices.weight_frames import (
    READERS,
    StabilityJudge,
    StableWeight,
    WeightFrame,
    weight_framer,
    yaohua_command,
)

PAYLOADS = Path(__file__).parent.parent / "payloads"
FUZZ_BYTES = 1_000_000
MASSES = {"a12e": "4.139", "yaohua": "16240", "yaohua_command": "16240"}
DIVISIONS = {"a12e": "0.001", "yaohua": "20", "yaohua_command": "20"}


def judge_for(name: str) -> StabilityJudge:
    division = Decimal(DIVISIONS.get(name, "0.05"))
    return StabilityJudge(division_kg=division, rearm_below_kg=division * 3)


def mass_for(name: str) -> Decimal:
    return Decimal(MASSES.get(name, "23.15"))


def recorded(name: str) -> tuple[Decimal, Decimal]:
    masses = {"toledo": "1.255", "toledo_short": "1.255", "toledo_unchecked": "1.255"}
    return Decimal(masses.get(name, str(mass_for(name)))), Decimal(
        "0.005" if name in masses else DIVISIONS.get(name, "0.05")
    )


@pytest.mark.parametrize("name", READERS)
def test_a_recorded_load_gives_one_stable_weight(name: str) -> None:
    """Ten frames a second in, one weight out, with the frames that prove it."""
    mass, division = recorded(name)
    judge = StabilityJudge(division_kg=division, rearm_below_kg=division * 3)
    framer = weight_framer(name)

    weights = [
        stable
        for _at, chunk in read_capture(PAYLOADS / "scale" / f"{name}.capture")
        for frame in framer.feed(chunk)
        if (stable := judge.judge(frame)) is not None
    ]

    assert [weight.mass_kg for weight in weights] == [mass]
    assert len(weights[0].frames) == 5


def test_the_makers_own_example_is_read_as_the_manual_says() -> None:
    assert weight_framer("a12e").feed(b"WG004.139kg3D\r\n")[0].mass_kg == Decimal("4.139")
    assert weight_framer("equals_reversed").feed(b"=00.1000-")[0].mass_kg == Decimal("-1.00")
    assert yaohua_command("A", "B") == b"\x02AB03\x03"


@settings(max_examples=60, deadline=None)
@given(cuts=st.lists(st.integers(0, 120), max_size=8), name=st.sampled_from(sorted(READERS)))
def test_frames_are_the_same_however_the_bytes_arrive(cuts: list[int], name: str) -> None:
    stream = encode_weight(name, mass_for(name)) * 6
    bounds = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    framer = weight_framer(name)

    frames = [frame for start, end in itertools.pairwise(bounds) for frame in framer.feed(stream[start:end])]

    assert [frame.mass_kg for frame in frames] == [mass_for(name)] * 6
    assert framer.errors == 0


@pytest.mark.parametrize("name", READERS)
def test_a_million_bytes_of_garbage_give_no_weight(name: str) -> None:
    """No exception, no stable weight out of noise, and no memory kept for it."""
    randomness = random.Random(name)
    framer, judge = weight_framer(name), judge_for(name)
    accepted: list[StableWeight] = []
    left = FUZZ_BYTES
    alphabet = b"\x02\x03=WGNkg+-. 0123456789ABCDEF\r\n"

    while left > 0:
        size = min(left, randomness.randint(1, 4000))
        # Half of it from the format's own alphabet, which is where a lucky frame would come from.
        chunk = randomness.randbytes(size) if left % 2 else bytes(randomness.choices(alphabet, k=size))
        left -= size
        accepted += [weight for frame in framer.feed(chunk) if (weight := judge.judge(frame)) is not None]

    assert accepted == []
    assert framer.errors > 0
    framer.drop()
    assert [frame.mass_kg for frame in framer.feed(encode_weight(name, mass_for(name)))] == [mass_for(name)]


@pytest.mark.parametrize("name", READERS)
def test_flipped_bits_never_give_a_wrong_stable_weight(name: str) -> None:
    """One check byte lets 1.5 % of damaged frames pass; five agreeing ones do not."""
    randomness = random.Random(f"flip {name}")
    framer, judge = weight_framer(name), judge_for(name)
    good = encode_weight(name, mass_for(name))
    wrong = []

    for _ in range(20_000):
        frame = bytearray(good)
        if randomness.random() < 0.5:
            for _flip in range(randomness.randint(1, 2)):
                frame[randomness.randrange(len(frame))] ^= 1 << randomness.randrange(8)
        for read in framer.feed(bytes(frame)):
            weight = judge.judge(read)
            if weight is not None and weight.mass_kg != mass_for(name):
                wrong.append(weight)

    assert wrong == []


def frame_of(mass: str, *, in_motion: bool = False, out_of_range: bool = False) -> WeightFrame:
    return WeightFrame(mass_kg=Decimal(mass), raw=b"", in_motion=in_motion, out_of_range=out_of_range)


@pytest.mark.parametrize(
    "spoiler", [frame_of("60"), frame_of("20", in_motion=True), frame_of("0", out_of_range=True)]
)
def test_a_load_that_stirs_is_not_weighed(spoiler: WeightFrame) -> None:
    judge = StabilityJudge(division_kg=Decimal(5), rearm_below_kg=Decimal(5))

    told = [judge.judge(frame) for frame in [*[frame_of("20")] * 4, spoiler, *[frame_of("20")] * 4]]

    assert told == [None] * 9
    assert judge.judge(frame_of("20")) is not None


def test_a_load_is_told_once_until_the_bridge_was_empty() -> None:
    judge = StabilityJudge(division_kg=Decimal(5), rearm_below_kg=Decimal(5))
    loads = [*[frame_of("20")] * 20, *[frame_of("0")] * 5, *[frame_of("40")] * 20]

    told = [weight.mass_kg for frame in loads if (weight := judge.judge(frame)) is not None]

    assert told == [20, 40]


@pytest.mark.parametrize(
    ("name", "scans"),
    [
        ("gs1-128", ["]C10106901234567892" + "17271231" + "10LOT-7A", "]C100069012340000000016"]),
        ("no-suffix", ["]d20106901234567892" + "10LOT-7A\x1d17271231", "6901234567892"]),
    ],
)
def test_a_recorded_scanner_gives_its_scans(name: str, scans: list[str]) -> None:
    framer, last, read = ScanFramer(), 0.0, []
    for at, chunk in read_capture(PAYLOADS / "scanner" / f"{name}.capture"):
        if at - last >= 0.05:
            read += framer.silence()
        read += framer.feed(chunk)
        last = at
    read += framer.silence()

    assert [decode_text(frame.raw) for frame in read] == scans


def test_noise_costs_no_scan_after_it() -> None:
    framer = ScanFramer()
    read = [
        frame
        for _at, chunk in read_capture(PAYLOADS / "scanner" / "noise.capture")
        for frame in framer.feed(chunk)
    ]

    assert decode_text(read[-1].raw) == "WB01-A-05-07-2"
    assert framer.overflows == 1


def test_a_million_bytes_of_garbage_stay_bounded_scans() -> None:
    randomness, framer, longest = random.Random(3), ScanFramer(), 0

    for _ in range(FUZZ_BYTES // 1000):
        for frame in framer.feed(randomness.randbytes(1000)):
            longest = max(longest, len(frame.raw))

    framer.feed(b"\rWB01\r")
    assert 0 < longest <= 4096


@settings(deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=50).map(lambda raw: raw.translate(None, b"\r\n")), max_size=5),
    st.integers(1, 7),
)
def test_scans_are_the_same_however_the_bytes_arrive(texts: list[bytes], size: int) -> None:
    texts = [text for text in texts if text]
    stream = b"".join(text + b"\r\n" for text in texts)
    framer = ScanFramer()

    frames = [frame for at in range(0, len(stream), size) for frame in framer.feed(stream[at : at + size])]

    assert [frame.raw for frame in frames] == texts
