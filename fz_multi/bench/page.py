"""The frame of the report: style, and HTML from texts and tables."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from .summary import Table

# Eight colours that people with any colour vision can tell apart (after Okabe and Ito), darker on
# light ground and lighter on dark ground; marks and dashes differ too.
STYLE = """
:root { color-scheme: light dark;
  --ground: #ffffff; --card: #f6f7f8; --ink: #1b1e22; --soft: #5b636d; --rule: #d9dde2;
  --c0: #0072b2; --c1: #c04a00; --c2: #00795a; --c3: #7a7f87; --c4: #a3477f; --c5: #8a6d00;
  --c6: #2f8fc4; --c7: #4b3f9e; --heat: #0072b2; --on: #ffffff;
  --busy: #00795a; --choice: #b9c0c8; --blocked: #c04a00; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #16181b; --card: #1e2125; --ink: #e8eaed; --soft: #a0a8b2; --rule: #363b42;
  --c0: #56b4e9; --c1: #f0914d; --c2: #35c597; --c3: #9aa1ab; --c4: #e08fc0; --c5: #e0c341;
  --c6: #8fd0f5; --c7: #a99cf0; --heat: #56b4e9; --on: #0d1013;
  --busy: #35c597; --choice: #4b525b; --blocked: #f0914d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 28px 24px 80px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 1.3rem; margin: 48px 0 4px; }
p { margin: 6px 0 12px; max-width: 74ch; }
.soft, figcaption { color: var(--soft); }
nav { margin: 14px 0 0; display: flex; flex-wrap: wrap; gap: 4px 16px; }
a { color: var(--c0); }
figure { margin: 14px 0 0; padding: 16px 18px 10px; background: var(--card); border-radius: 8px; }
figure svg { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; margin-top: 12px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 12px;
  margin-top: 18px; }
.tile { background: var(--card); border-radius: 8px; padding: 12px 16px; }
.tile b { display: block; font-size: 1.5rem; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 10px; text-align: right; border-bottom: 1px solid var(--rule);
  white-space: nowrap; }
th { color: var(--soft); font-weight: 600; position: sticky; top: 0; background: var(--ground); }
.l { text-align: left; }
tbody tr:hover { background: var(--card); }
details { margin-top: 12px; } summary { cursor: pointer; color: var(--c0); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; font-size: 14px; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 13px; }
pre { overflow-x: auto; background: var(--card); padding: 12px 14px; border-radius: 8px; }
.key { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 0 0 8px; font-size: 14px; }
.key span { display: inline-flex; align-items: center; gap: 6px; }
.key svg { width: 26px; height: 14px; flex: none; }
text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; fill: var(--ink); }
text.head, text.group { font-weight: 650; font-size: 13px; }
text.tick, text.none { fill: var(--soft); font-size: 11px; }
text.value { fill: var(--soft); font-size: 11px; }
text.on { fill: var(--on); font-weight: 650; }
.grid { stroke: var(--rule); stroke-width: 1; }
.whisker { stroke-width: 2.5; opacity: .55; }
.line { fill: none; stroke-width: 2; }
.guide { fill: none; stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 4; }
.hollow { fill: none !important; stroke-width: 2; }
.heat { fill: var(--heat); stroke: var(--rule); }
.bar { stroke: var(--card); stroke-width: 1; }
.busy { fill: var(--busy); } .choice { fill: var(--choice); } .blocked { fill: var(--blocked); }
"""
STYLE += "".join(
    f".c{k} {{ stroke: var(--c{k}); }} .m.c{k} *, .bar.c{k} {{ fill: var(--c{k}); }}\n"
    f".bar.c{k} {{ stroke: var(--card); }}\n"
    for k in range(8)
)


def section(name: str, title: str, about: str, *parts: str) -> str:
    """A part of the page with a heading that the contents link to."""
    body = "\n".join(part for part in parts if part)
    return f'<section id="{name}"><h2>{escape(title)}</h2>\n<p>{about}</p>\n{body}\n</section>'


def figure(*parts: str) -> str:
    """A chart with its key."""
    return f"<figure>{''.join(parts)}</figure>"


def key(entries: Sequence[tuple[str, str]]) -> str:
    """What marks mean: (SVG, text)."""
    spans = "".join(
        f'<span><svg viewBox="0 0 26 14" aria-hidden="true">{svg}</svg>{escape(text)}</span>'
        for svg, text in entries
    )
    return f'<div class="key">{spans}</div>'


def table(shown: Table) -> str:
    """A table as HTML."""
    left = [heading in shown.left for heading in shown.headings]

    def line(tag: str, cells: Sequence[str]) -> str:
        parts = (
            f"<{tag}{' class=l' if first else ''}>{escape(cell.strip())}</{tag}>"
            for cell, first in zip(cells, left, strict=True)
        )
        return f"<tr>{''.join(parts)}</tr>"

    body = "\n".join(line("td", row) for row in shown.rows)
    return (
        f'<div class="wide"><table><thead>{line("th", shown.headings)}</thead>\n'
        f"<tbody>{body}</tbody></table></div>"
    )


def folded(title: str, body: str) -> str:
    """Something that is shown when it is asked for."""
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def page(title: str, head: str, body: str) -> str:
    """The whole page. ``head``: more for its head (style and scripts of players)."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n{head}\n</head>\n"
        f"<body><main>\n{body}\n</main></body>\n</html>\n"
    )
