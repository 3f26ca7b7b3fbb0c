"""What must agree between the rows and the files of a registry folder. Reads a `Reading`, adds to its faults.

References are looked up in the raw cells, so a fault elsewhere in a row neither hides nor invents another.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from wms.i18n import N_
from wms.registry.rows import BookFile, OpeningLotRow, Rules
from wms.registry.sheets import Reading

Disagreement = tuple[str, str, Mapping[str, object]]


def product_agrees(values: Mapping[str, Any]) -> Iterable[Disagreement]:
    """Second unit whole or absent, weights and temperatures in order."""
    second = ("unit2", "unit2_num", "unit2_den")
    if all(name in values for name in second):
        for name in second:
            if values[name] is None and any(values[other] is not None for other in second):
                yield name, N_("the second unit wants its code, its factor and its divisor, or none"), {}
    if "net_g" in values and "gross_g" in values and values["net_g"] > values["gross_g"]:
        facts = {"net": values["net_g"], "gross": values["gross_g"]}
        yield "net_g", N_("{net} g net is more than {gross} g gross"), facts
    if "temp_min_c" in values and "temp_max_c" in values and values["temp_min_c"] > values["temp_max_c"]:
        facts = {"coldest": values["temp_min_c"], "warmest": values["temp_max_c"]}
        yield "temp_min_c", N_("{coldest} °C at least is above {warmest} °C at most"), facts


def place_agrees(values: Mapping[str, Any]) -> Iterable[Disagreement]:
    """Only a place outside China holds foreign goods, and only inside a zone do bonded goods stand."""
    if "kind" in values and "regime" in values:
        if (values["regime"] == "FOREIGN") != (values["kind"] == "overseas"):
            yield "regime", N_("goods are FOREIGN in an overseas warehouse, and nowhere else"), {}
        elif values["kind"] == "overseas" and values.get("in_zone"):
            yield "in_zone", N_("an overseas warehouse lies in no zone"), {}


def check_files(reading: Reading) -> None:
    """Keys that stand twice, and names that lead nowhere."""
    only_once(reading, "companies.csv", "credit_code")
    only_once(reading, "companies.csv", "customs_code")
    only_once(reading, "vehicles.csv", "plate")
    only_once(reading, "products.csv", "item_no")
    only_once(reading, "places.csv", "location")
    only_once(reading, "users.csv", "user")
    only_once(reading, "opening_lots.csv", "location", "item_no", "expiry", "lot")
    only_once(reading, "yearly_spent.csv", "year", "buyer_id")
    only_once(reading, "yearly_qty.csv", "year", "item_no", "buyer_id")
    only_once(reading, "account_book.json", "gdsMtno")
    only_once(reading, "account_book.json", "gdsSeqno")
    _leads_to(reading, "users.csv", "company_customs_code", "companies.csv", "customs_code")
    _leads_to(reading, "vehicles.csv", "company_customs_code", "companies.csv", "customs_code")
    _leads_to(reading, "opening_lots.csv", "location", "places.csv", "location")
    _leads_to(reading, "opening_lots.csv", "item_no", "products.csv", "item_no")
    _leads_to(reading, "yearly_qty.csv", "item_no", "products.csv", "item_no")
    _leads_to(reading, "account_book.json", "gdsMtno", "products.csv", "item_no")
    _same_for_all(reading, "places.csv", "warehouse", "warehouse_kind")
    _lots_stand_right(reading)
    _book_describes_products(reading)


def only_once(reading: Reading, file: str, *names: str) -> None:
    """A fault for every row whose cells in these columns an earlier row has; the sentence names that row."""
    first: dict[tuple[str, ...], int] = {}
    for row, cells in reading.raw.get(file, ()):
        key = tuple(cells.get(name, "") for name in names)
        if key in first and key[-1]:
            sentence = N_("{cell} stands already in row {first}")
            reading.fault(file, sentence, row=row, column=names[-1], cell=key[-1], first=first[key])
        first.setdefault(key, row)


def _leads_to(reading: Reading, file: str, column: str, target: str, key: str) -> None:
    if target not in reading.raw:
        return
    known = {cell for _, cell in reading.cells(target, key)}
    for row, cell in reading.cells(file, column):
        if cell not in known:
            sentence = N_("{cell} is not in {target}")
            reading.fault(file, sentence, row=row, column=column, cell=cell, target=target)


def _same_for_all(reading: Reading, file: str, group: str, column: str) -> None:
    first: dict[str, tuple[int, str]] = {}
    for row, cells in reading.raw.get(file, ()):
        number, cell = first.setdefault(cells[group], (row, cells[column]))
        if cell != cells[column]:
            sentence = N_("{cell} here and {other} in row {first} for the same {group}")
            facts: dict[str, object] = {"other": cell, "first": number, "group": cells[group]}
            reading.fault(file, sentence, row=row, column=column, cell=cells[column], **facts)


def _lots_stand_right(reading: Reading) -> None:
    """A lot's regime is that of the place it stands in."""
    regimes = {cells["location"]: cells["regime"] for _, cells in reading.raw.get("places.csv", ())}
    for row, cells in reading.raw.get("opening_lots.csv", ()):
        wanted = regimes.get(cells["location"])
        if wanted is not None and wanted != cells["regime"]:
            sentence = N_("{location} holds {wanted} goods, not {found}")
            facts = {"location": cells["location"], "wanted": wanted, "found": cells["regime"]}
            reading.fault("opening_lots.csv", sentence, row=row, column="regime", **facts)


def _book_describes_products(reading: Reading) -> None:
    """A book line counts in the product's declared unit; what else it tells differently is remarked on."""
    twins = {
        "gdecd": "hs10", "natcd": "origin_num", "dclUnitcd": "unit",
        "lawfUnitcd": "unit1", "secdLawfUnitcd": "unit2",
    }  # fmt: skip
    products = {cells["item_no"]: cells for _, cells in reading.raw.get("products.csv", ())}
    for row, line in reading.raw.get("account_book.json", ()):
        product = products.get(line.get("gdsMtno", ""))
        if product is None:
            continue
        for key, column in twins.items():
            if line.get(key, "") != product[column]:
                sentence = N_("{found} in the book, {filed} on file for {item_no}")
                facts = {"found": line.get(key, ""), "filed": product[column], "item_no": product["item_no"]}
                say = reading.fault if key == "dclUnitcd" else reading.remark
                say("account_book.json", sentence, row=row, column=key, **facts)


def check_opening(
    reading: Reading, book: BookFile | None, lots: Iterable[OpeningLotRow], rules: Rules | None
) -> None:
    """The book's own arithmetic, and what lies in bonded places against what it says lies there.

    A sum that differs is a remark: it is no mistake of the files, it opens a case.
    """
    lots = tuple(lots)
    if book is None:
        if lots and "account_book.json" not in reading.raw:
            reading.fault("opening_lots.csv", N_("opening lots want their account_book.json beside them"))
        return
    name = "account_book.json"
    if rules is not None and rules.book_no != book.book_no:
        sentence = N_("{found} is the book of the rules, {book_no} the account book")
        reading.fault("rules.json", sentence, column="book_no", found=rules.book_no, book_no=book.book_no)
    standing: dict[str, Decimal] = defaultdict(Decimal)
    for lot in lots:
        if lot.regime == "BONDED":
            standing[lot.item_no] += lot.quantity
    for line in book.lines:
        if line.balance < line.promised_out:
            sentence = N_("{balance} lies there by the book, less than the {promised} promised")
            facts = {"balance": line.balance, "promised": line.promised_out}
            reading.fault(name, sentence, row=line.row, column="actlRedcQty", **facts)
        if line.balance != standing[line.item_no]:
            sentence = N_("the book holds {balance} of {item_no}, its opening lots {standing}")
            stood = {"balance": line.balance, "item_no": line.item_no, "standing": standing[line.item_no]}
            reading.remark(name, sentence, row=line.row, column="gdsMtno", **stood)
    booked = {line.item_no for line in book.lines}
    for lot in lots:
        if lot.regime == "BONDED" and lot.item_no not in booked:
            sentence = N_("{item_no} lies in a bonded place and is in no line of the book")
            reading.fault("opening_lots.csv", sentence, row=lot.row, column="item_no", item_no=lot.item_no)
