"""Screens as JSON and back, so that a repeated request is answered with the very screen it got first."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from wms.floor import screens
from wms.i18n import Sentence, restore, store

_KINDS: Final[dict[str, type[Any]]] = {
    kind.__name__: kind
    for kind in (
        *(screens.Screen, screens.WantsScan, screens.WantsNumber, screens.WantsChoice, screens.WantsDate),
        *(
            screens.WantsConfirm,
            screens.Option,
            screens.Fact,
            screens.Progress,
            screens.Verdict,
            screens.Action,
        ),
        *(screens.Tone, screens.Band, screens.Emphasis),
    )
}


def to_json(screen: screens.Screen) -> dict[str, Any]:
    """The screen without its step, which stays with the run."""
    out = _out(screen)
    assert isinstance(out, dict)
    return out


def from_json(value: dict[str, Any]) -> screens.Screen:
    """The screen `to_json` wrote."""
    screen = _back(value)
    assert isinstance(screen, screens.Screen)
    return screen


def _out(value: object) -> object:
    match value:
        case Sentence(text=text, facts=facts):
            return {"_": "Sentence", "text": text, "facts": store(facts)}
        case screens.Tone() | screens.Band() | screens.Emphasis():
            return {"_": type(value).__name__, "is": value.value}
        case screens.Step():
            return None
        case Decimal():
            return {"_": "Decimal", "is": f"{value:f}"}
        case datetime():
            raise AssertionError("a screen shows moments as facts")
        case date():
            return {"_": "date", "is": value.isoformat()}
        case tuple():
            return [_out(item) for item in value]
        case None | bool() | int() | str():
            return value
    assert is_dataclass(value)
    named = {field.name: _out(getattr(value, field.name)) for field in fields(value)}
    return {"_": type(value).__name__, **named}


def _back(value: object) -> object:
    match value:
        case {"_": "Sentence", "text": str(text), "facts": dict(facts)}:
            return Sentence(text=text, facts=restore(facts))
        case {"_": "Decimal", "is": str(text)}:
            return Decimal(text)
        case {"_": "date", "is": str(text)}:
            return date.fromisoformat(text)
        case {"_": str(kind), "is": str(text)}:
            return _KINDS[kind](text)
        case {"_": str(kind), **named}:
            return _KINDS[kind](**{str(name): _back(item) for name, item in named.items()})
        case list():
            return tuple(_back(item) for item in value)
        case _:
            return value
