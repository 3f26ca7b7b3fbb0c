"""What devices would say: the bytes of scales and scanners, the curves of sensors."""

import math
import random
from collections.abc import Iterator
from decimal import Decimal

from biip.checksums import gs1_standard_check_digit

from devices.weight_frames import xor_of


def encode_weight(format_name: str, mass_kg: Decimal, *, in_motion: bool = False) -> bytes:
    """One frame of a format of devices.weight_frames; raises ValueError for a mass it cannot carry."""
    decimals = max(0, -int(mass_kg.as_tuple().exponent))
    digits = abs(int(mass_kg.scaleb(decimals)))
    sign = "-" if mass_kg < 0 else "+"
    match format_name:
        case "yaohua" | "yaohua_command":
            if digits > 999999 or decimals > 4:
                raise ValueError(f"{mass_kg} kg does not fit six digits.")
            address = "AB" if format_name == "yaohua_command" else ""
            body = f"{address}{sign}{digits:06d}{decimals}".encode()
            return b"\x02" + body + f"{xor_of(body):02X}".encode() + b"\x03"
        case "equals_forward" | "equals_reversed":
            text = f"{'-' if mass_kg < 0 else '0'}{abs(mass_kg):0>7}"
            if len(text) != 8:
                raise ValueError(f"{mass_kg} kg does not fit eight characters.")
            return b"=" + (text[::-1] if format_name == "equals_reversed" else text).encode()
        case "a12e":
            body = f"WG{'-' if mass_kg < 0 else ''}{abs(mass_kg):0>{6 if mass_kg < 0 else 7}}kg".encode()
            if len(body) != 11:
                raise ValueError(f"{mass_kg} kg does not fit seven characters.")
            return body + f"{xor_of(body):02X}".encode() + b"\r\n"
        case "toledo" | "toledo_unchecked" | "toledo_short":
            return _encode_toledo(format_name, mass_kg, digits=digits, decimals=decimals, in_motion=in_motion)
        case _:
            raise ValueError(f"{format_name} is no format.")


def _encode_toledo(name: str, mass_kg: Decimal, *, digits: int, decimals: int, in_motion: bool) -> bytes:
    if digits > 999999 or decimals > 5:
        raise ValueError(f"{mass_kg} kg does not fit six digits.")
    status_a = 0x20 | (decimals + 2)
    status_b = 0x30 | (0x02 if mass_kg < 0 else 0) | (0x08 if in_motion else 0)
    frame = bytes((0x02, status_a, status_b, 0x20)) + f"{digits:6d}".encode()
    frame += (b"" if name == "toledo_short" else b"000000") + b"\r"
    if name == "toledo_unchecked":
        return frame
    return frame + bytes((-sum(byte & 0x7F for byte in frame) & 0x7F,))


def weighing(
    format_name: str, mass_kg: Decimal, *, division_kg: Decimal, randomness: random.Random
) -> Iterator[bytes]:
    """Frames of one load: empty, driving on with the pan swinging, still, driving off, empty."""
    empty = Decimal(0) * division_kg
    yield from (encode_weight(format_name, empty) for _ in range(8))
    for step in range(1, 6):
        swinging = (mass_kg * step / 6 / division_kg).to_integral_value() * division_kg
        swinging += division_kg * randomness.randint(2, 9)
        yield encode_weight(format_name, swinging, in_motion=True)
    yield from (encode_weight(format_name, mass_kg) for _ in range(8))
    yield from (encode_weight(format_name, empty) for _ in range(8))


def sscc(serial: int, *, prefix: str = "6901234") -> str:
    """A valid SSCC of an invented company."""
    body = f"0{prefix}{serial:0{16 - len(prefix)}d}"
    return body + str(gs1_standard_check_digit(body))


def temperature_at(
    seconds: float, *, base: float = 4.0, excursion: tuple[float, float] | None = None
) -> float:
    """A cool room: a slow wave and the compressor's saw; within `excursion` (from, to) it climbs to 12 °C."""
    value = base + 0.6 * math.sin(seconds / 300) + 0.3 * ((seconds / 60) % 1 - 0.5)
    if excursion is not None and excursion[0] <= seconds < excursion[1]:
        value += 8.0 * min(1.0, (seconds - excursion[0]) / 60)
    return round(value, 2)
