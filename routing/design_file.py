"""Reader of the Canad network design files (`.dow`).

“MULTIGEN.DAT:”, then nodes, arcs and commodities; one row an arc: tail, head, unit cost, capacity,
fixed cost and two numbers not used; one row a commodity: origin, destination, demand.
"""

from pathlib import Path

import numpy as np

from routing.design import DesignProblem
from routing.instance_files import Reader, Row, UnreadableInstance, text_of

#: What one run can hold: flows are kept for each arc and commodity.
FLOWS_MAX = 2_000_000


def read_design(path: Path) -> DesignProblem:
    """The problem in a file; refused with one sentence naming row and field when it is not one."""
    rows = [(n, line.split()) for n, line in enumerate(text_of(path).splitlines(), start=1) if line.strip()]
    if not rows or not rows[0][1][0].upper().startswith("MULTIGEN"):
        raise UnreadableInstance(f"{path}: the heading “MULTIGEN.DAT:” is missing.")
    if len(rows) < 2 or len(rows[1][1]) != 3:
        raise UnreadableInstance(f"{path}: nodes, arcs and commodities are wanted in the second row.")
    reader = Reader(path)
    line, fields = rows[1]
    names = ("nodes", "arcs", "commodities")
    nodes, arcs, commodities = (
        reader.whole(token, line, name, least=1) for token, name in zip(fields, names, strict=True)
    )
    if arcs * commodities > FLOWS_MAX:
        raise UnreadableInstance(
            f"{path}: {arcs} arcs by {commodities} commodities; {FLOWS_MAX:,} fit in one run."
        )
    if len(rows) != 2 + arcs + commodities:
        raise UnreadableInstance(
            f"{path}: {arcs} arcs, {commodities} commodities need {2 + arcs + commodities} rows."
        )
    arc = np.array([_arc(reader, row, nodes) for row in rows[2 : 2 + arcs]], dtype=np.float64)
    need = np.array([_commodity(reader, row, nodes) for row in rows[2 + arcs :]], dtype=np.float64)
    return DesignProblem(
        name=path.stem,
        nodes=nodes,
        tail=arc[:, 0].astype(np.int64) - 1,
        head=arc[:, 1].astype(np.int64) - 1,
        unit_cost=arc[:, 2],
        capacity=arc[:, 3],
        fixed_cost=arc[:, 4],
        origin=need[:, 0].astype(np.int64) - 1,
        destination=need[:, 1].astype(np.int64) - 1,
        demand=need[:, 2],
    )


def _node(reader: Reader, token: str, line: int, field: str, nodes: int) -> int:
    node = reader.whole(token, line, field, least=1)
    if node > nodes:
        raise reader.fail(line, field, f"there is no node {node}, the last is {nodes}")
    return node


def _arc(reader: Reader, row: Row, nodes: int) -> list[float]:
    line, fields = row
    if len(fields) < 5:
        raise reader.fail(line, "arc", "tail, head, unit cost, capacity and fixed cost are wanted")
    ends = [_node(reader, fields[k], line, name, nodes) for k, name in enumerate(("tail", "head"))]
    if ends[0] == ends[1]:
        raise reader.fail(line, "head", f"the arc leads from node {ends[0]} to itself")
    rest = [
        reader.number(fields[k], line, name)
        for k, name in ((2, "unit cost"), (3, "capacity"), (4, "fixed cost"))
    ]
    return [*ends, *rest]


def _commodity(reader: Reader, row: Row, nodes: int) -> list[float]:
    line, fields = row
    if len(fields) != 3:
        raise reader.fail(line, "commodity", "origin, destination and demand are wanted")
    ends = [_node(reader, fields[k], line, name, nodes) for k, name in enumerate(("origin", "destination"))]
    if ends[0] == ends[1]:
        raise reader.fail(line, "destination", f"the commodity is at node {ends[0]} already")
    return [*ends, reader.number(fields[2], line, "demand")]
