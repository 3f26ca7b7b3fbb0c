"""A planning problem: an immutable, hashed snapshot of network, departures, consignments and weights."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from routing.cost import Weights
from routing.demand import RouteSpec, check_consignments
from routing.errors import BadInput
from routing.network import Network
from routing.timetable import Departure, check_departures, close, expand, in_order
from routing.values import FORBID_EXTRA, Moment, minutes_between, parse

FORMAT: Final = "routing-problem/1"
MOST_CONSIGNMENTS = 20_000
MOST_DEPARTURES = 20_000
MOST_PAIRS = 40_000_000  # consignments × departures: what fits into memory with room to spare


@dataclass(frozen=True, kw_only=True)
class ProblemDocument:
    """A problem as written in a file; without ``departures`` the lines are expanded over the window.

    ``previous`` maps a consignment to the departures of an earlier plan: ``weights.change_fen`` is the
    price of each leg not among them.
    """

    __pydantic_config__ = FORBID_EXTRA
    format: Literal["routing-problem/1"]
    name: str = ""
    starts_at: Moment
    ends_at: Moment
    network: Network | Literal["default"] = "default"
    departures: tuple[Departure, ...] | None = None
    consignments: tuple[RouteSpec, ...]
    weights: Weights = field(default_factory=Weights)
    previous: dict[str, tuple[str, ...]] | None = None


DOCUMENT = TypeAdapter(ProblemDocument)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What the planner works on; departures stand in cut-off order."""

    name: str
    starts_at: datetime
    ends_at: datetime
    network: Network
    departures: tuple[Departure, ...]
    consignments: tuple[RouteSpec, ...]
    weights: Weights
    previous: dict[str, tuple[str, ...]]

    def minute(self, moment: datetime) -> int:
        """Minutes from the start of the window."""
        return minutes_between(self.starts_at, moment)

    @cached_property
    def departure_of(self) -> dict[str, Departure]:
        return {departure.code: departure for departure in self.departures}

    @cached_property
    def spec_of(self) -> dict[str, RouteSpec]:
        return {spec.code: spec for spec in self.consignments}

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the canonical text: two problems with one hash have the same plans."""
        return hashlib.sha256(canonical(self.as_document()).encode()).hexdigest()

    def as_document(self) -> Any:
        """The problem as JSON values, departures spelled out."""
        return DOCUMENT.dump_python(
            ProblemDocument(
                format=FORMAT,
                name=self.name,
                starts_at=self.starts_at,
                ends_at=self.ends_at,
                network=self.network,
                departures=self.departures,
                consignments=self.consignments,
                weights=self.weights,
                previous=self.previous or None,
            ),
            mode="json",
            exclude_defaults=True,
        ) | {"format": FORMAT}

    def with_weights(self, **changed: Any) -> "Problem":
        return replace(self, weights=replace(self.weights, **changed))


def canonical(document: Any) -> str:
    """JSON with sorted keys and no spaces: the same values give the same bytes."""
    return json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read_problem(path: Path) -> Problem:
    """Read a problem file; raises BadInput with file, row and field."""
    return problem_from(path.read_bytes(), where=str(path))


def problem_from(data: bytes | dict[str, Any], *, where: str = "problem") -> Problem:
    """Parse and check a problem; raises BadInput."""
    document = parse(DOCUMENT, data, where=where)
    network = Network.load() if document.network == "default" else document.network
    network.check(where=where)
    if document.ends_at <= document.starts_at:
        raise BadInput(f"{where}: field ends_at: the window ends before it starts.")
    if (document.ends_at - document.starts_at).days > 400:
        raise BadInput(f"{where}: field ends_at: the window is longer than 400 days.")
    if len(document.consignments) > MOST_CONSIGNMENTS:
        raise BadInput(
            f"{where}: field consignments: {len(document.consignments)} consignments; "
            f"one plan takes at most {MOST_CONSIGNMENTS}, so split by week or country."
        )
    places = {place.code: place for place in network.places}
    if document.departures is None:
        departures = expand(network, starts_at=document.starts_at, ends_at=document.ends_at)
    else:
        check_departures(document.departures, places, where=where)
        departures = close(in_order(document.departures), network.closures)
    pairs = len(departures) * len(document.consignments)
    if len(departures) > MOST_DEPARTURES or pairs > MOST_PAIRS:
        raise BadInput(
            f"{where}: {len(departures)} departures for {len(document.consignments)} consignments are too "
            f"many for one plan; shorten the window or split."
        )
    check_consignments(document.consignments, places, where=where)
    known = {spec.code for spec in document.consignments}
    for code in document.previous or {}:
        if code not in known:
            raise BadInput(f"{where}: field previous: consignment {code!r} is unknown.")
    return Problem(
        name=document.name,
        starts_at=document.starts_at,
        ends_at=document.ends_at,
        network=network,
        departures=departures,
        consignments=document.consignments,
        weights=document.weights,
        previous=document.previous or {},
    )
