"""What was done, in words: the names of actions as the trail, the postings and the logs carry them, made readable.

A page shows the words and keeps the name beside them, for the name is what evidence packs say. A test reads the source
and promises that every action written there has its words here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask import Flask, current_app
from markupsafe import Markup

from wms.floor.flows import Flow
from wms.i18n import N_, Sentence, restore, say
from wms.web.doors import MenuItem
from wms.web.language import t

#: Actions by name.
ACTIONS: Final[Mapping[str, str]] = {
    # who
    "person.sign_in": N_("Sign in"),
    "person.sign_out": N_("Sign out"),
    "person.language": N_("Choose a language"),
    "user.add": N_("Add a user"),
    "user.change": N_("Change a user"),
    "user.password": N_("Change a user's password"),
    "user.badge": N_("Give or take a badge"),
    "token.add": N_("Make a token for a program"),
    "token.revoke": N_("Take back a program's tokens"),
    "token.wrong": N_("Come with a wrong token"),
    "gateway.token": N_("Make the site gateway's token"),
    "demo.secrets": N_("Give the demonstration its passwords"),
    # what is read, kept and handed out
    "page.read": N_("Read a page"),
    "personal.read": N_("Read personal data in clear"),
    "personal.forget": N_("Destroy old personal data"),
    "audit.seal": N_("Seal the audit trail"),
    "alert.acknowledge": N_("Acknowledge an alert"),
    "alarms.waiting": N_("Look for documents that fail to come"),
    "export.ask": N_("Ask for an export file"),
    "export.begin": N_("Begin to make an export file"),
    "export.progress": N_("Write on at an export file"),
    "export.make": N_("Finish an export file"),
    "export.refuse": N_("Refuse an export file"),
    "export.fetch": N_("Fetch an export file"),
    "exports.delete_old": N_("Delete export files whose term is over"),
    "evidence.ask": N_("Ask for an evidence pack"),
    # what is filed once
    "registry.load": N_("Load the registry"),
    "filing.file": N_("File a company or products"),
    "filing.approve": N_("Approve a filing"),
    "filing.return": N_("Return a filing"),
    # messages
    "message.receive": N_("Take in a message"),
    "message.refuse": N_("Refuse a message"),
    "message.look_for_waiting": N_("Look for messages that waited for this one"),
    "message.take_up": N_("Take up a message that waited"),
    "outbox.send": N_("Send a message to customs"),
    # orders
    "order.match": N_("Match an order with its documents"),
    "order.left": N_("Leave an order that cannot be matched"),
    "order.join": N_("Give new lists the answers that came before them"),
    "orders.history": N_("Load orders of past years"),
    # goods in the warehouse
    "stock.move": N_("Move goods"),
    "wave.open": N_("Open a wave"),
    "picks.cover": N_("Find other stock for short picks"),
    "count.begin": N_("Begin a count"),
    "count.take": N_("Enter counted goods"),
    "count.file": N_("Take a count from a file"),
    "count.close": N_("Close the count"),
    "hold.place": N_("Hold a lot"),
    "hold.lift": N_("Lift a hold"),
    # lists, passes and the gate
    "exit.draft": N_("Draft an exit list"),
    "exit.declare": N_("Declare an exit list"),
    "return.draft_list": N_("Draft a return list"),
    "transfer.carry_out": N_("Carry out a transfer inside the zone"),
    "guarantee.file": N_("File a guarantee"),
    "pass.issue": N_("Declare a gate pass"),
    "gate.pass": N_("Let a vehicle through the gate"),
    "lane.ask": N_("Judge a parcel at the lane"),
    # differences
    "ledger.watch": N_("Prove the ledgers"),
    "ledger.alarm": N_("Alert to differences of the ledgers"),
    "period.close": N_("Close a period"),
    "case.watch": N_("Compare book and stock"),
    "case.explain": N_("Explain a difference"),
    "case.propose": N_("Propose how to settle a difference"),
    "case.approve": N_("Approve the settling of a difference"),
    "case.send_back": N_("Send back a proposal about a difference"),
    "case.name_list": N_("Name the list that corrects the book"),
    "case.draft_list": N_("Draft the list that corrects the book"),
    # inspection
    "control.place": N_("Place a control"),
    "control.end": N_("End a control"),
    "draw.prepare": N_("Prepare a random draw"),
    "draw.reveal": N_("Reveal a random draw"),
    "conflict.declare": N_("Declare a conflict of interest"),
    "conflict.end": N_("End a conflict of interest"),
    "inspection.watch": N_("Look for what must be inspected"),
    "inspection.order": N_("Order an inspection"),
    "inspection.bring": N_("Bring goods to the inspection"),
    "inspection.start": N_("Begin the inspection"),
    "inspection.result": N_("Record an inspection's result"),
    "inspection.agree": N_("Agree to an inspection's result"),
    "inspection.take_back": N_("Take back an inspection's result"),
    "inspection.replace_officer": N_("Replace an inspecting officer"),
    "permit.file": N_("File a permit"),
    "permit.revoke": N_("Revoke a permit"),
    "product.mark": N_("Mark a product as needing a paper"),
    "product.unmark": N_("End a product's need of a paper"),
    # sensors
    "readings.record": N_("Record readings of the site"),
    "sensing.watch": N_("Look at all sensors"),
    "sensing.look": N_("Look at one sensor"),
    "excursion.release": N_("Let goods go after an excursion"),
    "incident.remark": N_("Remark on an incident"),
    "incident.close": N_("Close an incident"),
}

#: What a worker does within a task of the handheld: the action is the task's name, a dot, and one of these.
VERBS: Final[Mapping[str, str]] = {
    "start": N_("{task}: begin"),
    "scan": N_("{task}: scan"),
    "count": N_("{task}: enter a quantity"),
    "choose": N_("{task}: choose"),
    "date": N_("{task}: enter a date"),
    "press": N_("{task}: press a key"),
    "close": N_("{task}: finish"),
    "done": N_("{task}: finish"),
    "ok": N_("{task}: go on"),
    "back": N_("{task}: go back"),
    "off": N_("{task}: take a parcel off"),
    "undo": N_("{task}: undo"),
    "again": N_("{task}: enter again"),
    "none": N_("{task}: no expiry date"),
    "damaged": N_("{task}: damaged or good"),
    "problem": N_("{task}: report a problem"),
}

_FACT: Final = re.compile(r"\{(\w+)\}")


def install(app: Flask) -> None:
    """Give templates their words about actions."""
    app.add_template_filter(action_cell)
    app.add_template_filter(page_cell)
    app.add_template_filter(refusal_cell)


def said_action(name: str) -> str:
    """An action in the reader's language; its bare name where nobody has words for it."""
    words = action_words(name)
    return name if words is None else t(words)


def action_cell(name: str) -> Markup:
    """An action as a cell of a table shows it: its words, and under them quietly its name."""
    return with_raw(said_action(name), name)


def refusal_cell(code: str, sentence: str | None, facts: object = None) -> Markup:
    """A refusal: what was said, and under it quietly the reason's name."""
    return with_raw("" if sentence is None else refusal_told(sentence, facts), code)


def page_cell(endpoint: str) -> Markup:
    """A page that was read: its title in the navigation, and under it quietly its endpoint."""
    return with_raw(page_title(endpoint), endpoint)


def with_raw(words: str, raw: str) -> Markup:
    """Words, and under them quietly the name they stand for."""
    return Markup('{}<small class="raw">{}</small>').format("" if words == raw else words, raw)


def action_words(name: str) -> Sentence | None:
    """What an action means; attempts that were refused before they began carry the address they asked for."""
    if name in ACTIONS:
        return say(ACTIONS[name])
    subject, _, verb = name.partition(".")
    flow = _flows().get(subject)
    if flow is not None:
        return say(VERBS.get(verb, VERBS["press"]), task=say(flow.title))
    if subject.startswith("api_"):
        return say(N_("Ask over the interface"))
    title = _titles().get(subject)
    return None if title is None else say(N_("Ask for: {page}"), page=say(title))


def page_title(endpoint: str) -> str:
    """The navigation's word for a page that was read; its endpoint where it has none."""
    title = _titles().get(endpoint.partition(".")[0])
    return endpoint if title is None else t(title)


def refusal_told(sentence: str, facts: object = None) -> str:
    """What a refused person was told.

    Without its facts where they are not given: they may be somebody's name, and a list shows nobody's. They are not
    there either when their key was destroyed.
    """
    given = restore(facts) if isinstance(facts, dict) else {}
    if given.keys() >= set(_FACT.findall(sentence)):
        return t(sentence, **given)
    return _FACT.sub("…", t(sentence))


def names_saying(text: str) -> list[str]:
    """Names of the actions whose words hold this text in the reader's language; what we do not know is not found."""
    wanted = text.casefold()
    return [name for name in _known() if wanted in said_action(name).casefold()]


def offered_words() -> list[str]:
    """What the page offers to look for: every action's words, and the tasks of the handheld."""
    words = [t(sentence) for sentence in ACTIONS.values()]
    return list(dict.fromkeys(words + [t(flow.title) for flow in _flows().values()]))


def _known() -> Iterator[str]:
    yield from ACTIONS
    for flow in _flows():
        yield from (f"{flow}.{verb}" for verb in VERBS)
    yield from (
        endpoint for endpoint in current_app.view_functions if endpoint.partition(".")[0] in _titles()
    )


def _flows() -> Mapping[str, Flow]:
    found: Mapping[str, Flow] = current_app.extensions["wms_flows"]
    return found


def _titles() -> dict[str, str]:
    """Titles of the navigation by package of pages."""
    items: Any = current_app.extensions["wms_menu"]
    entries: list[MenuItem] = items
    return {"start": N_("Start"), "handheld": N_("Handheld tasks")} | {
        item.endpoint.partition(".")[0]: item.title for item in reversed(entries)
    }
