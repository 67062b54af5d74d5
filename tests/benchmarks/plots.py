"""Bars as SVG: small, readable on light and dark pages, and the same bytes for the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, MARGIN, FIGURES, LETTER = 780, 16, 60, 8.2
BAR, GAP = 13, 11
STYLE = """\
  <style>
    svg { font: 13px system-ui, sans-serif } .title { font-weight: 600 } .small { font-size: 12px }
    .paper { fill: #ffffff } text { fill: #1f2328 } .s0 { fill: #2f6fd0 } .s1 { fill: #e08a1e }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117 } text { fill: #e6edf3 } .s0 { fill: #5b9cf5 } .s1 { fill: #f0a94a }
    }
  </style>"""


@dataclass(frozen=True)
class Bars:
    """What one client has in each series: how long its bar is, and the figure as text."""

    name: str
    values: tuple[tuple[float, str], ...]
    ours: bool = False


def plot(title: str, series: Sequence[str], rows: Sequence[Bars]) -> str:
    """Horizontal bars from zero, a group for each client, the SDK's name in bold."""
    longest = max((value for row in rows for value, _ in row.values), default=0) or 1
    begin = MARGIN + round(LETTER * max((len(row.name) for row in rows), default=0)) + 12
    scale = (WIDTH - MARGIN - FIGURES - begin) / longest
    group = BAR * len(series) + GAP
    height = 2 * MARGIN + 52 + group * len(rows) - GAP
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img">',
        f"  <title>{escape(title)}</title>",
        STYLE,
        f'  <rect class="paper" width="{WIDTH}" height="{height}" rx="6"/>',
        _text(MARGIN, MARGIN + 13, title, "title"),
    ]
    for number, name in enumerate(series):
        left = begin + 90 * number
        lines.append(_rect(left, MARGIN + 27, 10, 10, number))
        lines.append(_text(left + 16, MARGIN + 36, name, "small"))
    for index, row in enumerate(rows):
        top = MARGIN + 52 + group * index
        middle = top + BAR * len(series) / 2 + 4.5
        lines.append(_text(MARGIN, middle, row.name, "title" if row.ours else ""))
        for number, (value, figure) in enumerate(row.values):
            y, length = top + BAR * number, max(value * scale, 1)
            lines.append(_rect(begin, y, length, BAR - 1, number))
            lines.append(_text(begin + length + 6, y + 10.5, figure, "small"))
    return "\n".join([*lines, "</svg>\n"])


def _rect(x: float, y: float, width: float, height: float, series: int) -> str:
    return (
        f'  <rect class="s{series}" x="{x:g}" y="{y:g}" width="{width:.1f}" height="{height:g}"/>'
    )


def _text(x: float, y: float, text: str, style: str) -> str:
    styled = f' class="{style}"' if style else ""
    return f'  <text{styled} x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'
