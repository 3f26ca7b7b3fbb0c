"""Curves as SVG drawn on the server: no script, no library, one path a curve."""

from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup

WIDTH, HEIGHT, PAD = 460, 170, 36


def curve(
    points: Sequence[tuple[datetime, float]],
    *,
    least: float | None,
    most: float | None,
    label: str,
    spans: Sequence[tuple[datetime, datetime]] = (),
    gap: float | None = None,
) -> Markup:
    """A curve over time with its limits as dashed lines; empty text where there is nothing to draw.

    `spans` are shaded; the line is broken where no point lies for `gap` seconds.
    """
    if len(points) < 2:
        return Markup("")
    begin, end = points[0][0].timestamp(), points[-1][0].timestamp()
    values = [value for _, value in points] + [limit for limit in (least, most) if limit is not None]
    low, high = min(values) - 0.5, max(values) + 0.5

    def x(moment: datetime) -> float:
        return PAD + (moment.timestamp() - begin) / max(end - begin, 1.0) * (WIDTH - PAD - 8)

    def y(value: float) -> float:
        return HEIGHT - 20 - (value - low) / (high - low) * (HEIGHT - 32)

    shaded = Markup("").join(
        Markup('<rect class="span" x="{:.1f}" y="8" width="{:.1f}" height="{}"/>').format(
            max(x(since), PAD), max(1.5, x(until) - max(x(since), PAD)), HEIGHT - 28
        )
        for since, until in spans
    )
    limits = Markup("").join(
        Markup(
            '<line class="limit" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/><text x="2" y="{:.1f}">{:g}</text>'
        ).format(PAD, WIDTH - 8, y(limit), y(limit), y(limit) + 4, limit)
        for limit in (least, most)
        if limit is not None
    )
    return Markup(
        '<svg class="curve" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}<path d="{}"/>'
        '<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text></svg>'
    ).format(
        *(WIDTH, HEIGHT, label, shaded, limits, _path(points, x, y, gap=gap)),
        *(PAD, HEIGHT - 3, points[0][0].strftime("%m-%d %H:%M")),
        *(WIDTH - 8, HEIGHT - 3, points[-1][0].strftime("%m-%d %H:%M")),
    )


def _path(
    points: Sequence[tuple[datetime, float]],
    x: Callable[[datetime], float],
    y: Callable[[float], float],
    *,
    gap: float | None,
) -> str:
    steps, before = [], None
    for moment, value in points:
        is_broken = before is None or (gap is not None and (moment - before).total_seconds() > gap)
        steps.append(f"{'M' if is_broken else 'L'}{x(moment):.1f} {y(value):.1f}")
        before = moment
    return " ".join(steps)
