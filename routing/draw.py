"""SVG pictures on plain values: the network as a map of roads and nodes, a plan as a Gantt of departures.

No borders are drawn: published boundary maps need approval, so a base map is a site's choice.
"""

from datetime import timedelta
from html import escape
from zoneinfo import ZoneInfo

from routing.network import Mode, Network, PlaceKind
from routing.plan import Load, Plan
from routing.problem import Problem

COLOURS = {Mode.RAIL: "#8a3b12", Mode.ROAD: "#4a6b8a", Mode.AIR: "#7a5ea8", Mode.SEA: "#2f8f83"}
MODE_NAMES = {Mode.RAIL: "铁路", Mode.ROAD: "公路", Mode.AIR: "航空", Mode.SEA: "海运"}
INK, FAINT, PAPER = "#22303c", "#d9dee3", "#fbfaf7"
FONT = "font-family='Noto Sans CJK TC, Noto Sans SC, WenQuanYi Micro Hei, sans-serif'"
PORTS = (PlaceKind.PORT, PlaceKind.FAR_PORT)


def draw_network(network: Network, *, width: int = 1100, height: int = 700) -> str:
    """Places in the order of longitude and latitude, links by mode, names where they do not touch.

    A scheme, not a map: crowded ports are drawn apart.
    """
    left, right, top, bottom = 110, width - 190, 60, height - 60
    across = _spread({place.code: place.longitude for place in network.places})
    up = _spread({place.code: place.latitude for place in network.places})
    where = {
        code: (left + across[code] * (right - left), bottom - up[code] * (bottom - top)) for code in across
    }
    parts = [_open(width, height, "Network")]
    seen: set[tuple[str, str, Mode]] = set()
    for link in network.links:
        ends = sorted((link.origin, link.destination))
        key = (ends[0], ends[1], link.mode)
        if key in seen:
            continue
        seen.add(key)
        (x1, y1), (x2, y2) = where[link.origin], where[link.destination]
        dash = "" if link.is_open else " stroke-dasharray='5 5'"
        bend = 26 if link.mode is Mode.AIR else 0
        parts.append(
            f"<path d='M{x1:.1f} {y1:.1f} Q{(x1 + x2) / 2 + bend:.1f} {(y1 + y2) / 2 - bend:.1f} "
            f"{x2:.1f} {y2:.1f}' fill='none' stroke='{COLOURS[link.mode]}' stroke-width='2.2'{dash}/>"
        )
    taken = [(x - 6, y - 6, x + 6, y + 6) for x, y in where.values()]
    for place in sorted(network.places, key=lambda place: (place.kind in PORTS, place.code)):
        x, y = where[place.code]
        fill = "#c8102e" if place.kind in PORTS else INK
        parts.append(
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='5' fill='{fill}' stroke='{PAPER}' stroke-width='1.5'/>"
        )
        name = place.name.split(" (")[0]
        label = f"{name} {place.name_zh}".strip()
        tx, ty, anchor = _free_spot(x, y, 6.6 * len(name) + 13.5 * len(place.name_zh) + 8, taken, width)
        parts.append(
            f"<text x='{tx:.1f}' y='{ty:.1f}' font-size='13' text-anchor='{anchor}' fill='{INK}' "
            f"paint-order='stroke' stroke='{PAPER}' stroke-width='3'>{escape(label)}</text>"
        )
    title = f"{len(network.places)} places, {len(network.links)} links · a scheme, not a map"
    parts.append(f"<text x='30' y='34' font-size='16' fill='{INK}'>{title}</text>")
    return "\n".join([*parts, *_legend({link.mode for link in network.links}, bottom=height - 30), "</svg>"])


def _legend(modes: set[Mode], *, bottom: int) -> list[str]:
    """What colours and strokes mean, from the bottom up."""
    lines = [(COLOURS[mode], "", f"{MODE_NAMES[mode]} {mode}") for mode in COLOURS if mode in modes]
    lines.append((INK, " stroke-dasharray='5 5'", "未开通 closed until the operator opens it"))
    parts = []
    for row, (colour, dash, name) in enumerate(lines):
        y = bottom - 20 * row
        parts.append(f"<path d='M30 {y}h30' stroke='{colour}' stroke-width='3'{dash}/>")
        parts.append(f"<text x='68' y='{y + 4}' font-size='13' fill='{INK}'>{name}</text>")
    y = bottom - 20 * len(lines)
    parts.append(f"<circle cx='45' cy='{y}' r='5' fill='#c8102e'/>")
    parts.append(f"<text x='68' y='{y + 4}' font-size='13' fill='{INK}'>口岸 border port</text>")
    return parts


def _spread(values: dict[str, float]) -> dict[str, float]:
    """Values from 0 to 1, mostly by rank, so that neighbours keep their order and a distance."""
    low, high = min(values.values()), max(values.values())
    ranked = sorted(values, key=lambda code: (values[code], code))
    last = max(1, len(ranked) - 1)
    size = max(1e-9, high - low)
    return {code: 0.25 * (values[code] - low) / size + 0.75 * rank / last for rank, code in enumerate(ranked)}


def _free_spot(
    x: float, y: float, length: float, taken: list[tuple[float, float, float, float]], width: int
) -> tuple[float, float, str]:
    """Where a label touches no other: right, left, below, above, then further out."""
    for away in (0, 14, 28, 42, 56):
        for dx, dy, anchor in (
            (9, 4 - away, "start"), (-9, 4 - away, "end"), (9, 4 + away, "start"), (-9, 4 + away, "end"),
            (0, 20 + away, "middle"), (0, -12 - away, "middle"),
        ):  # fmt: skip
            left = x + dx - {"start": 0.0, "end": length, "middle": length / 2}[anchor]
            box = (left, y + dy - 12, left + length, y + dy + 4)
            if box[0] < 0 or box[2] > width:
                continue
            if not any(
                box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
                for other in taken
            ):
                taken.append(box)
                return x + dx, y + dy, anchor
    return x + 9, y + 4, "start"


def draw_gantt(problem: Problem, plan: Plan, *, width: int = 1200, most: int = 60) -> str:
    """Departures with loads as bars, a row per line, time to the right; fill by the darker part.

    At most ``most`` rows: the lines with the most mass. Hours are Beijing time.
    """
    rows: dict[str, list[Load]] = {}
    for load in plan.departures:
        rows.setdefault(problem.departure_of[load.departure].line or load.departure, []).append(load)
    heaviest = sorted(rows, key=lambda line: -sum(load.mass_kg for load in rows[line]))[:most]
    first_run = {line: problem.departure_of[rows[line][0].departure] for line in heaviest}
    order = sorted(heaviest, key=lambda line: (first_run[line].departs_at, line))
    left, top, step = 190, 64, 22
    height = top + step * len(order) + 46
    start = problem.starts_at
    last = max((problem.departure_of[load.departure].arrives_at for load in plan.departures), default=start)
    minutes = max(1, problem.minute(last))
    scale = (width - left - 30) / minutes
    parts = [_open(width, height, "Plan")]
    title = f"{plan.cost:,.0f} CNY · gap {plan.gap_global:.2f} % · {len(plan.late)} late"
    title += f" · {len(plan.refused)} refused"
    parts.append(
        f"<text x='20' y='28' font-size='16' fill='{INK}'>{escape(problem.name)}: {escape(title)}</text>"
    )
    zone = ZoneInfo("Asia/Shanghai")
    for day in range(minutes // 1440 + 1):
        x = left + day * 1440 * scale
        date = (start + timedelta(days=day)).astimezone(zone)
        parts.append(f"<path d='M{x:.1f} {top - 8}V{height - 30}' stroke='{FAINT}'/>")
        if day % 2 == 0:
            parts.append(f"<text x='{x:.1f}' y='{top - 13}' font-size='11' fill='{INK}'>{date:%m-%d}</text>")
    for row, line in enumerate(order):
        y = top + row * step
        parts.append(
            f"<text x='{left - 10}' y='{y + 13}' font-size='12' text-anchor='end' "
            f"fill='{INK}'>{escape(line)}</text>"
        )
        parts += [_bar(problem, load, y=y, left=left, scale=scale) for load in rows[line]]
    note = (
        "bar: departure to arrival · dark: fill of the open units · figures: units open of those that run · "
        "red edge: all in use · Beijing time"
    )
    parts.append(f"<text x='20' y='{height - 10}' font-size='12' fill='{INK}'>{note}</text>")
    return "\n".join([*parts, "</svg>"])


def _bar(problem: Problem, load: Load, *, y: float, left: float, scale: float) -> str:
    departure = problem.departure_of[load.departure]
    x = left + problem.minute(departure.departs_at) * scale
    long = max(3.0, problem.minute(departure.arrives_at) * scale + left - x)
    fill = max(load.fill_by_mass, load.fill_by_volume) / 100
    edge = "#c8102e" if load.units == load.units_most else "#4a6b8a"
    tip = f"{load.departure}: {load.units} of {load.units_most} units, {load.mass_kg:,} kg"
    tip += f", {100 * fill:.0f} % full"
    units = f"{load.units}/{load.units_most}"
    label = (
        f"<text x='{x + long / 2:.1f}' y='{y + 12}' font-size='11' text-anchor='middle' fill='#fff' "
        f"paint-order='stroke' stroke='{INK}' stroke-width='2.5'>{units}</text>"
        if long >= 7 * len(units)
        else ""
    )
    return (
        f"<g><title>{escape(tip)}</title>"
        f"<rect x='{x:.1f}' y='{y}' width='{long:.1f}' height='16' rx='2' fill='#c9d6e2' stroke='{edge}'/>"
        f"<rect x='{x:.1f}' y='{y + 16 - 16 * min(1.0, fill):.1f}' width='{long:.1f}' "
        f"height='{16 * min(1.0, fill):.1f}' fill='#4a6b8a' opacity='.75'/>{label}</g>"
    )


def _open(width: int, height: int, title: str) -> str:
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' "
        f"height='{height}' role='img' {FONT}><title>{title}</title>"
        f"<rect width='{width}' height='{height}' fill='{PAPER}'/>"
    )
