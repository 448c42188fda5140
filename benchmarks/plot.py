"""Draws small multiples with logarithmic axes as SVG, to be read on a light and on a dark page."""

import math
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 210, 150  # of the lines' area of a panel
LEFT, TOP, RIGHT, BOTTOM = 44, 28, 14, 40  # around it
ROW_TITLE = 30

STYLE = """
  svg { font: 11px system-ui, sans-serif; }
  .page { fill: #ffffff; } text { fill: #24292f; } .faint { fill: #57606a; }
  .grid { stroke: #d0d7de; stroke-width: 1; } .linear { stroke: #8c959f; stroke-dasharray: 2 3; }
  .line { fill: none; stroke-width: 1.8; } .dashed { stroke-dasharray: 6 3; }
  .c0 { stroke: #0969da; } .c1 { stroke: #bc4c00; } .c2 { stroke: #1a7f37; } .c3 { stroke: #8250df; }
  .dot { fill: #ffffff; stroke-width: 1.8; }
  .row { font-size: 13px; font-weight: 600; } .title { font-weight: 600; }
  @media (prefers-color-scheme: dark) {
    .page, .dot { fill: #0d1117; } text { fill: #e6edf3; } .faint { fill: #9198a1; }
    .grid { stroke: #30363d; } .linear { stroke: #6e7681; }
    .c0 { stroke: #4493f8; } .c1 { stroke: #f0883e; } .c2 { stroke: #3fb950; } .c3 { stroke: #ab7df8; }
  }
"""


@dataclass
class Panel:
    """Lines over one quantity. `lines`: name -> points (x, y)."""

    title: str
    unit: str  # of y
    lines: dict
    bytes: bool = False  # whether x counts bytes


@dataclass
class Row:
    """Panels with one title."""

    title: str
    panels: list


def number(value):
    """A round number in few letters."""
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def size(value):
    """A number of bytes in few letters."""
    return f"{value >> 20} MiB" if value >= 1 << 20 else f"{value >> 10} KiB"


def decades(values):
    """The powers of ten around some values, at least one decade."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def draw_panel(panel, left, top, out):
    """Draws one panel with its axes."""
    points = [point for line in panel.lines.values() for point in line]
    xs = sorted({x for x, _ in points})
    low, high = decades([y for _, y in points])
    across = math.log(xs[-1] / xs[0])
    at_x = lambda x: left + LEFT + WIDTH * math.log(x / xs[0]) / across
    at_y = lambda y: top + TOP + HEIGHT * (high - math.log10(y)) / (high - low)
    right, bottom = left + LEFT + WIDTH, top + TOP + HEIGHT
    out.append(f'<text class="title" x="{left + LEFT}" y="{top + 10}">{escape(panel.title)}</text>')
    out.append(f'<text class="faint" x="{left + LEFT}" y="{top + 23}">{escape(panel.unit)}</text>')
    for power in range(low, high + 1):
        y = at_y(10**power)
        out.append(f'<path class="grid" d="M{left + LEFT} {y:.1f}H{right}"/>')
        out.append(f'<text class="faint" text-anchor="end" x="{left + LEFT - 6}" y="{y + 4:.1f}">'
                   f'{number(10**power)}</text>')
    # Sizes in words are too wide for every tick.
    named = {*xs[:: len(xs) // 2], xs[-1]} if panel.bytes else xs
    for x in xs:
        out.append(f'<path class="grid" d="M{at_x(x):.1f} {bottom}v4"/>')
        if x in named:
            text = size(x) if panel.bytes else number(x)
            out.append(f'<text class="faint" text-anchor="middle" x="{at_x(x):.1f}" y="{bottom + 17}">'
                       f"{text}</text>")
    # What linear growth looks like, from the lower left corner up to the edge it reaches first.
    tall = math.log(10) * (high - low)
    reach = min(across, tall)
    out.append(f'<path class="linear" d="M{left + LEFT} {bottom}'
               f'l{WIDTH * reach / across:.1f} {-HEIGHT * reach / tall:.1f}"/>')
    for index, (name, line) in enumerate(panel.lines.items()):
        style = f"c{index}" + (" dashed" if index % 2 else "")
        path = "L".join(f"{at_x(x):.1f} {at_y(y):.1f}" for x, y in line)
        out.append(f'<path class="line {style}" d="M{path}"><title>{escape(name)}</title></path>')
        for x, y in line:
            out.append(f'<circle class="dot c{index}" cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="2.6">'
                       f"<title>{escape(name)}: {y:,.3g}</title></circle>")


def draw_row(row, top, out):
    """Draws one row: its title, what its lines are, and its panels."""
    out.append(f'<text class="row" x="8" y="{top + 14}">{escape(row.title)}</text>')
    left = 8 + 8.2 * len(row.title) + 24
    # The panel with the most lines has all of them.
    for index, name in enumerate(max((panel.lines for panel in row.panels), key=len)):
        style = f"c{index}" + (" dashed" if index % 2 else "")
        out.append(f'<path class="line {style}" d="M{left:.0f} {top + 10}h24"/>')
        out.append(f'<text x="{left + 30:.0f}" y="{top + 14}">{escape(name)}</text>')
        left += 48 + 6.2 * len(name)
    for index, panel in enumerate(row.panels):
        draw_panel(panel, index * (LEFT + WIDTH + RIGHT), top + ROW_TITLE, out)


def draw(rows, notes):
    """The whole drawing as text."""
    width = max(len(row.panels) for row in rows) * (LEFT + WIDTH + RIGHT) + 8
    tall = ROW_TITLE + TOP + HEIGHT + BOTTOM
    height = 12 + len(rows) * tall + 18 * len(notes)
    out = []
    for index, row in enumerate(rows):
        draw_row(row, 12 + index * tall, out)
    for index, note in enumerate(reversed(notes)):
        out.append(f'<text class="faint" x="8" y="{height - 8 - 18 * index}">{escape(note)}</text>')
    body = "\n".join(out)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">\n<style>{STYLE}</style>\n'
            f'<rect class="page" width="{width}" height="{height}"/>\n{body}\n</svg>\n')
