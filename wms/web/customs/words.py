"""What states are called on pages, and how they look."""

from typing import Any, Final

from flask import Flask

from wms.customs import gate_pass
from wms.customs.bonded_list import ListState
from wms.customs.cases import CaseKind, CaseState, Remedy
from wms.customs.declaration import DeclarationState
from wms.customs.dispatch import DispatchState
from wms.customs.inbox import Outcome
from wms.customs.trade import Counterpart, Course
from wms.exports.sheets import ACTS
from wms.i18n import N_
from wms.ledger.book import FactKind, Side

SIDES: Final = {Side.IN: N_("in"), Side.OUT: N_("out")}
FACT_KINDS: Final = {
    FactKind.PROMISED: N_("promised"),
    FactKind.MOVED: N_("moved"),
    FactKind.BOOKED: N_("booked"),
}
LIST_STATES: Final = {
    ListState.DECLARED: N_("declared"),
    ListState.REFUSED: N_("refused"),
    ListState.PRE_BOOKED: N_("pre-booked"),
    ListState.APPROVED: N_("approved"),
    ListState.PARKED: N_("waits for a person"),
    ListState.RETURNED: N_("returned"),
    ListState.BOOKED: N_("booked"),
}
COUNTERPARTS: Final = {
    Counterpart.ABROAD: N_("abroad"),
    Counterpart.HOME: N_("inside the country"),
    Counterpart.ZONE: N_("another book under bond"),
}
COURSES: Final = {
    Course.ORDINARY: N_("ordinary"),
    Course.GOODS_FIRST: N_("goods first, declaration later"),
    Course.INSIDE_ZONE: N_("transfer inside the zone"),
    Course.COLLECTIVE: N_("collective declaration"),
    Course.RETAIL: N_("retail parcels"),
}
DECLARATION_STATES: Final = {
    DeclarationState.DRAFTED: N_("drafted"),
    DeclarationState.FAILED: N_("could not be drafted"),
    DeclarationState.RELEASED: N_("released"),
    DeclarationState.RETURNED: N_("returned"),
}
DISPATCH_STATES: Final = {
    DispatchState.OPEN: N_("being brought out"),
    DispatchState.STAGED: N_("in staging"),
    DispatchState.LEFT: N_("left the zone"),
}
OUTCOMES: Final = {
    Outcome.ACCEPTED: N_("taken in"),
    Outcome.REPEATED: N_("known already"),
    Outcome.WAITING: N_("waits for its document"),
    Outcome.PARKED: N_("waits for a person"),
    Outcome.REFUSED: N_("refused"),
}
CASES: Final = {
    CaseKind.RECEIPT_OVER: N_("more than the papers say"),
    CaseKind.RECEIPT_SHORT: N_("less than the papers say"),
    CaseKind.RECEIPT_WRONG_ITEM_MISSING: N_("did not come, something else did"),
    CaseKind.RECEIPT_WRONG_ITEM_EXTRA: N_("stands on no paper"),
    CaseKind.RECEIPT_DAMAGED: N_("damaged on arrival"),
    CaseKind.COUNT_SHORTAGE: N_("missing at the count"),
    CaseKind.COUNT_SURPLUS: N_("found at the count"),
    CaseKind.COUNT_LOT_SWAP: N_("another lot lies there"),
    CaseKind.COUNT_MISPLACED: N_("lies in another place"),
    CaseKind.COUNT_CONDITION: N_("in another condition"),
    CaseKind.STATEMENT_DIFFERS: N_("customs' statement says otherwise"),
    CaseKind.UNEXPLAINED: N_("book and stock disagree without a document"),
    CaseKind.BOOKED_OTHERWISE: N_("customs booked another quantity"),
    CaseKind.OPENING_DIFFERS: N_("the opening does not agree"),
    CaseKind.NEGATIVE_BOOK: N_("the book fell below zero"),
}
CASE_STATES: Final = {
    CaseState.OPEN: N_("not looked at yet"),
    CaseState.PROPOSED: N_("waits for a decision"),
    CaseState.DECIDED: N_("waits for its list"),
    CaseState.CLOSED: N_("case closed"),
}
CASE_TONES: Final = {"OPEN": "error", "PROPOSED": "decision", "DECIDED": "decision", "CLOSED": "ok"}
REMEDIES: Final = {
    Remedy.AS_IT_LIES: N_("put the stock right; the book stays as it is"),
    Remedy.BY_LIST: N_("put the stock right; a correcting list changes the book"),
    Remedy.EXPLAINED: N_("the cause is known; nothing has to change"),
    Remedy.FOLLOWS: N_("it follows on a later truck; the case waits for it"),
}
#: Colour and shape of a state; what is not named is quiet.
STATE_TONES: Final = {
    "BOOKED": "ok",
    "PASSED": "ok",
    "APPROVED": "ok",
    "PRE_BOOKED": "decision",
    "PARKED": "decision",
    "REFUSED": "error",
    "RETURNED": "error",
}
OUTCOME_TONES: Final = {
    "ACCEPTED": "ok",
    "REPEATED": "quiet",
    "WAITING": "decision",
    "PARKED": "decision",
    "REFUSED": "error",
}


def install(app: Flask) -> None:
    """Give every template these words."""

    def words() -> dict[str, Any]:
        return {
            "side_names": SIDES,
            "fact_kinds": FACT_KINDS,
            "list_states": LIST_STATES,
            "pass_states": gate_pass.STATES,
            "outcome_names": OUTCOMES,
            "case_names": CASES,
            "counterpart_names": COUNTERPARTS,
            "course_names": COURSES,
            "declaration_states": DECLARATION_STATES,
            "dispatch_states": DISPATCH_STATES,
            "case_states": CASE_STATES,
            "case_tones": CASE_TONES,
            "case_acts": ACTS,
            "remedy_names": REMEDIES,
            "state_tones": STATE_TONES,
            "outcome_tones": OUTCOME_TONES,
        }

    app.context_processor(words)
