"""Replay a day: messages through the door, work on the floor, the book's figures taken on the way."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import Any, Final

from tests.acceptance import floor
from tests.acceptance.day import Arrival, Day, Event, Turn
from tests.acceptance.facts import book_figures
from tests.acceptance.handheld import Handheld
from tests.acceptance.papers import pass_number
from tests.acceptance.system import PIN, CannotStart, System, users_by_role
from tests.acceptance.web import Api, NotThere, Web

INBOUND: Final = "inbound/"
#: What the system drafts by itself is not handed in.
DRAFTED: Final = frozenset({"CEB621"})
STAGES: Final = ("S1_inbound_lists_approved", "S2_inbound_gate_passed", "S5_exit_lists_booked")


@dataclass(kw_only=True)
class Played:
    """What a replay took on the way, and what did not go."""

    stages: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)


class People:
    """The day's users as the runner needs them: tokens and badges are issued when first used."""

    def __init__(self, system: System, day: Day, web: Web) -> None:
        self._system = system
        self._web = web
        self._roles = users_by_role(day.table("registry/users.csv"))
        self._apis: dict[str, Api] = {}
        self._hands: dict[str, Handheld] = {}

    @property
    def keepers(self) -> list[str]:
        """Who works on the floor."""
        return self._roles.get("warehouse", [])

    def api(self, role: str) -> Api:
        """The JSON API as the first user of a role; raises NotThere when the day has none."""
        if role not in self._apis:
            if not self._roles.get(role):
                raise NotThere(f"the day has no user of role {role}")
            self._apis[role] = Api(self._web, self._system.token(self._roles[role][0]))
        return self._apis[role]

    def hand(self, user: str) -> Handheld:
        """The handheld of a user, each with a connection of its own."""
        if user not in self._hands:
            web = Web("127.0.0.1", self._system.port)
            self._hands[user] = Handheld(web, badge=self._system.badge(user), pin=PIN)
        return self._hands[user]

    def close(self) -> None:
        """Put the handhelds away."""
        for hand in self._hands.values():
            hand.close()


class Replay:
    """One day, played once."""

    def __init__(self, system: System, day: Day, people: People, *, played: Played) -> None:
        self.played = played
        self._system = system
        self._day = day
        self._people = people
        self._say: Callable[[str], None] = lambda line: None
        self._last = _last_arrivals(day.arrivals)
        self._last_receiving = {
            row["pass_no"]: event
            for event in day.events
            if event.turn is Turn.RECEIVING
            for row in event.rows
        }

    def run(self, say: Callable[[str], None]) -> None:
        """Everything in its order; what does not go is kept and the day goes on.

        Each piece of work is said with the seconds since the day began, so that a slow one is seen.
        """
        began = time.monotonic()
        self._say = lambda line: say(f"{time.monotonic() - began:5.0f} s  {line}")
        self._take_stage("S0_opening")
        work = {
            Turn.ARRIVAL: self._arrive,
            Turn.RECEIVING: self._receive,
            Turn.RETURN: self._take_back,
            Turn.MATCH: self._match,
            Turn.COUNT: self._count,
        }
        for event in self._day.events:
            self._system.set_clock(event.at)
            work[event.turn](event)
            if event.turn is not Turn.ARRIVAL:
                self._say(f"{event.at:%H:%M:%S} {event.turn.name.lower()}")
        self._take_stage("S4_list_receipts", without="exit_bookings")

    def _arrive(self, event: Event) -> None:
        arrival = event.arrival
        assert arrival is not None
        raw = self._day.bytes_of(arrival.file)
        if arrival.kind == "SAS223" and not arrival.file.startswith(INBOUND):
            number = pass_number(raw)
            self._try(f"loading {number}", lambda: self._follow("loading", number))
        if arrival.kind not in DRAFTED:
            self._try(arrival.file, lambda: self._hand_in(arrival, raw))
        for stage in STAGES:
            if self._last.get(stage) == arrival:
                self._take_stage(stage)
        if self._last.get("wave") == arrival:
            self._system.set_clock(event.at + timedelta(seconds=1))
            self._wave()

    def _hand_in(self, arrival: Arrival, raw: bytes) -> None:
        """A refusal (422) is an answer like another: the key says which files are refused."""
        answer = self._people.api("declarant").hand_in(raw, file_name=arrival.file)
        if answer.status // 100 != 2 and answer.status != 422:
            raise NotThere(
                f"the door answers {answer.status}: {answer.body[:200].decode('utf-8', 'replace')}"
            )

    def _receive(self, event: Event) -> None:
        """What hands found on a pass; each person does their own rows, the last closes the receipt."""
        goes = [(user, list(rows)) for user, rows in groupby(event.rows, key=lambda row: row["user"])]
        for number, (user, rows) in enumerate(goes, start=1):
            last = number == len(goes) and self._last_receiving[rows[0]["pass_no"]] is event
            self._work(user, floor.RECEIVE, rows, close=last)

    def _take_back(self, event: Event) -> None:
        for user in self._people.keepers[:1]:
            self._work(user, floor.TAKE_BACK, event.rows, close=True)

    def _match(self, event: Event) -> None:
        del event
        self._try("the matching run", lambda: self._people.api("declarant").post("/api/matching-runs", {}))
        self._take_stage("S3_orders_matched")

    def _count(self, event: Event) -> None:
        """A full count: what no row names is counted as not there when the count is closed."""
        number: list[str] = []
        self._try("beginning the count", lambda: number.append(self._begin_count(event.rows)))
        by_place = sorted(event.rows, key=lambda row: (row["user"], row["location"]))
        for (user, _), rows in groupby(by_place, key=lambda row: (row["user"], row["location"])):
            self._work(user, floor.COUNT, list(rows), close=True)
        if number:
            self._try(
                "closing the count",
                lambda: self._people.api("warehouse").post(f"/api/counts/{number[0]}/close", {}),
            )

    def _begin_count(self, rows: Iterable[Mapping[str, str]]) -> str:
        warehouses = {
            place["location"]: place["warehouse"] for place in self._day.table("registry/places.csv")
        }
        counted = {warehouses.get(row["location"], "") for row in rows}
        begun = self._people.api("warehouse").post("/api/counts", {"warehouses": sorted(counted - {""})})
        return str(begun["number"])

    def _wave(self) -> None:
        """All released lists in one wave: picked, then packed to staging."""
        self._try("the pick wave", lambda: self._people.api("warehouse").post("/api/pick-waves", {}))
        self._try("picking", lambda: self._follow("picking"))
        self._try("packing", lambda: self._follow("packing"))

    def _follow(self, flow: str, first: str | None = None) -> None:
        if not self._people.keepers:
            raise NotThere("the day has no keeper")
        floor.follow(self._people.hand(self._people.keepers[0]), flow, first=first)
        self._say(f"{flow} {first or ''}".rstrip())

    def _work(self, user: str, flow: floor.Flow, rows: Iterable[Mapping[str, str]], *, close: bool) -> None:
        self._try(
            f"{flow.name} by {user}",
            lambda: self.played.troubles.extend(
                floor.work_through(self._people.hand(user), flow, rows, close=close)
            ),
        )

    def _take_stage(self, stage: str, *, without: str | None = None) -> None:
        self._try(
            stage,
            lambda: self.played.stages.update(
                {stage: book_figures(self._people.api("officer"), without=without)}
            ),
        )

    def _try(self, what: str, work: Callable[[], object]) -> None:
        try:
            work()
        except (NotThere, CannotStart, floor.Stuck) as trouble:
            self.played.troubles.append(f"{what}: {trouble}")


def _last_arrivals(arrivals: Iterable[Arrival]) -> dict[str, Arrival]:
    """The last message of each kind a stage or the wave waits for."""
    last: dict[str, Arrival] = {}
    for arrival in arrivals:
        inbound = arrival.file.startswith(INBOUND)
        if arrival.kind == "INV201" and inbound:
            last["S1_inbound_lists_approved"] = arrival
        if arrival.kind == "SAS223" and inbound:
            last["S2_inbound_gate_passed"] = arrival
        if arrival.kind in {"INV201", "INV211"} and not inbound:
            last["S5_exit_lists_booked"] = arrival
        if arrival.kind in {"CEB622", "CEB624"}:
            last["wave"] = arrival
    return last
