"""What an action changed and said of itself, in words: the tables, the kinds of change and the facts of the trail.

As with actions (`wms.web.acted`), a page shows the words and keeps the names quietly beside them.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Flask
from markupsafe import Markup

from wms.i18n import N_, restore
from wms.web.acted import page_cell, with_raw
from wms.web.language import show_value, t

#: One row of each table that the trail follows.
TABLES: Final[Mapping[str, str]] = {
    "account_book": N_("Account book"),
    "adjustment": N_("Adjustment of the book"),
    "alert": N_("Alert"),
    "api_token": N_("Token of a program"),
    "balance": N_("Stock balance"),
    "bonded_list": N_("Bonded list"),
    "bonded_list_line": N_("Line of a bonded list"),
    "book_fact": N_("Fact of the book"),
    "book_figure": N_("Figures of a book item"),
    "book_item": N_("Book item"),
    "book_link": N_("Link of two facts of the book"),
    "book_statement": N_("Line of customs' statement"),
    "business_filing": N_("Business filing"),
    "buyer_entry": N_("Entry of a buyer's allowance"),
    "buyer_figure": N_("Allowance a buyer used"),
    "cancel_request": N_("Cancel request"),
    "case_entry": N_("Entry of a case"),
    "company": N_("Company"),
    "company_credit": N_("Credit class of a company"),
    "count_closing": N_("End of a count"),
    "count_line": N_("Line of a count"),
    "declaration": N_("Customs declaration"),
    "discrepancy": N_("Case of a difference"),
    "dispatch": N_("Dispatch"),
    "display_entry": N_("Entry of goods on display"),
    "excursion": N_("Excursion"),
    "export": N_("Export file"),
    "filing_decision": N_("Decision on a filing"),
    "filing_line": N_("Line of a business filing"),
    "gate_pass": N_("Gate pass"),
    "gate_pass_line": N_("Line of a gate pass"),
    "guarantee": N_("Guarantee"),
    "handling_unit": N_("Handling unit"),
    "hold": N_("Hold on goods"),
    "hold_entry": N_("Entry of a hold"),
    "hold_lift": N_("Lift of a hold"),
    "incident": N_("Incident"),
    "incident_entry": N_("Entry of an incident"),
    "inspection": N_("Inspection"),
    "inspection_conflict": N_("Conflict of interest"),
    "inspection_control": N_("Control"),
    "inspection_draw": N_("Random draw"),
    "inspection_drawn_from": N_("Member of a random draw"),
    "inspection_officer": N_("Inspecting officer"),
    "inspection_result": N_("Result of an inspection"),
    "ledger_finding": N_("Finding in the ledgers"),
    "listed_declaration": N_("Parcel declaration on an exit list"),
    "location": N_("Location"),
    "lot": N_("Lot"),
    "open_row": N_("Unanswered part of a fact"),
    "order_match": N_("Match of an order"),
    "outbox_message": N_("Message to be sent"),
    "parcel": N_("Parcel"),
    "passed_list": N_("List on a gate pass"),
    "period": N_("Accounting period"),
    "period_balance": N_("Balance at a period's end"),
    "period_figure": N_("Book figures at a period's end"),
    "permit": N_("Permit"),
    "pick_wave": N_("Pick wave"),
    "posting": N_("Posting"),
    "product": N_("Product"),
    "product_paper": N_("Product that needs a paper"),
    "registry_filing": N_("Registry filing"),
    "reservation": N_("Reservation"),
    "reservation_figure": N_("Reserved quantity"),
    "reserve_entry": N_("Entry of picking"),
    "retail_declaration": N_("Retail declaration"),
    "retail_declaration_line": N_("Line of a retail declaration"),
    "return_case": N_("Return request"),
    "return_line": N_("Line of a return request"),
    "rule_set": N_("Rule set"),
    "serial_place": N_("Place of a serial number"),
    "stock_bill": N_("Stock bill"),
    "stock_bill_line": N_("Line of a stock bill"),
    "stock_count": N_("Stock count"),
    "stock_move": N_("Move of stock"),
    "tax_bill": N_("Tax bill"),
    "user_account": N_("User"),
    "vehicle": N_("Vehicle"),
    "warehouse": N_("Warehouse"),
}

#: What happened to a row.
KINDS: Final[Mapping[str, str]] = {
    "insert": N_("row added"),
    "update": N_("row changed"),
    "delete": N_("row removed"),
}

#: What actions say of themselves (`wms.audit.mark`), in the order it is read; the database keeps none.
MARKS: Final[Mapping[str, str]] = {
    "facts": N_("Facts of the refusal"),
    "page": N_("Page"),
    "arguments": N_("Looked for"),
    "in_clear": N_("Shown in clear"),
    "user": N_("User name"),
    "way": N_("Way of signing in"),
    "alert": N_("Alert raised"),
    "exit_list": N_("Exit list"),
    "exit_list_parted": N_("Exit list parted"),
    "declarations": N_("Declarations gathered"),
    "parcels": N_("Number of parcels"),
    "picks": N_("Number of picks"),
    "units": N_("Pieces covered"),
    "export": N_("File number"),
    "sha256": N_("Digest SHA-256"),
    "months": N_("Months destroyed"),
}
#: How somebody signed in.
WAYS: Final[Mapping[str, str]] = {"password": N_("Password"), "badge": N_("Badge")}


def install(app: Flask) -> None:
    """Give templates their words about changes."""
    app.add_template_filter(change_cell)
    app.add_template_filter(change_title)
    app.add_template_filter(said_marks)


def change_cell(change: Mapping[str, Any]) -> Markup:
    """A change as a list shows it: what it is and its key, and under them quietly the table and its columns."""
    return with_raw(_row(change), f"{change['table']}: {', '.join(change['columns'])}")


def change_title(change: Mapping[str, Any]) -> Markup:
    """A change as a heading."""
    kind = KINDS.get(change["kind"], change["kind"])
    return with_raw(f"{_row(change)} · {t(kind)}", f"{change['table']} {change['kind']}")


def said_marks(marks: Mapping[str, Any], people: Mapping[int, str]) -> list[tuple[str, Markup | str]]:
    """What the action said, as (label, value), with people by name; a refusal's sentence stands as its reason."""
    return [
        (t(MARKS.get(name, name)), people.get(said, str(said)) if name == "user" else _shown(name, said))
        for name, said in sorted(marks.items(), key=_order)
        if name != "sentence" and said != {}
    ]


def _order(mark: tuple[str, Any]) -> int:
    known = list(MARKS)
    return known.index(mark[0]) if mark[0] in MARKS else len(known)


def _row(change: Mapping[str, Any]) -> str:
    table = str(change["table"])
    return f"{t(TABLES.get(table, table))} {'/'.join(str(part) for part in change['key'])}"


def _shown(name: str, said: object) -> Markup | str:
    match said:
        case str() if name == "page":
            return page_cell(said)
        case str() if name == "way":
            return t(WAYS.get(said, said))
        case dict():
            return laid_open(restore(said))
        case list():
            return ", ".join(str(part) for part in said)
        case _:
            return show_value(said)


def laid_open(kept: Mapping[str, Any] | list[Any]) -> Markup:
    """Facts by name, or one after the other, a line each; what they hold in turn stays JSON."""
    named = (
        [(f"{name} = ", value) for name, value in kept.items()]
        if isinstance(kept, Mapping)
        else [("", v) for v in kept]
    )
    return Markup("<br>").join(Markup("{}{}").format(name, _plainly(value)) for name, value in named)


def _plainly(value: object) -> Markup | str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else show_value(value)
