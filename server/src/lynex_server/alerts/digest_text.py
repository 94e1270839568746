"""A cost digest as text and as HTML. Pure.

The chart is a table whose bars are cells with a background: every mail program shows it, without pictures to
load and without scripts. In plain text and chats the bars are block characters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from lynex_server.alerts.outputs.request import Digest
from lynex_server.kernel.money import NANOUSD_PER_USD

BAR_CHARS = 20
_FONT = "font-family:Arial,Helvetica,sans-serif;font-size:14px;color:#111827"
_BLUE = "#2563eb"


@dataclass(frozen=True, slots=True)
class Share:
    """What one model or project cost, how many calls it was, and how many of them have no price."""

    name: str
    cost_nanousd: int
    calls: int
    unpriced: int = 0

    @property
    def cost(self) -> str:
        """What it cost in words. Nothing that has no price is shown as free."""
        return "no price" if self.unpriced and not self.cost_nanousd else dollars(self.cost_nanousd)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a digest tells. `before_nanousd` is the cost of the period before, equally long."""

    title: str
    whose: str
    days: Sequence[tuple[date, int]]
    total_nanousd: int
    before_nanousd: int
    calls: int
    unpriced: int
    models: Sequence[Share]
    projects: Sequence[Share]
    left_out: str = ""


def digest_of(facts: Facts) -> Digest:
    """The digest in both forms."""
    return Digest(f"{facts.title}: {dollars(facts.total_nanousd)}", _text(facts), _html(facts))


def dollars(nanousd: int) -> str:
    """An amount to the cent, or to its first digits where it is less."""
    exact = nanousd / NANOUSD_PER_USD
    if abs(exact) >= 0.01 or not nanousd:
        return f"${exact:,.2f}"
    return f"${float(f'{exact:.2g}'):.10f}".rstrip("0")


def change(now_nanousd: int, before_nanousd: int) -> str:
    """How it compares with the period before."""
    if not before_nanousd:
        return "nothing was spent in the period before"
    percent = 100 * (now_nanousd - before_nanousd) / before_nanousd
    return f"{percent:+.0f} % against {dollars(before_nanousd)} in the period before"


def _notes(facts: Facts) -> list[str]:
    notes = [f"{facts.calls:,} calls; {change(facts.total_nanousd, facts.before_nanousd)}"]
    if facts.unpriced:
        notes.append(f"{facts.unpriced:,} calls have no price: they are not in these sums")
    return [*notes, facts.left_out] if facts.left_out else notes


def _tables(facts: Facts) -> list[tuple[str, Sequence[Share]]]:
    return [(name, rows) for name, rows in (("Models", facts.models), ("Projects", facts.projects)) if rows]


def _text(facts: Facts) -> str:
    highest = max((cost for _, cost in facts.days), default=0)
    lines = [f"{facts.whose}: {dollars(facts.total_nanousd)}", *_notes(facts), ""]
    for day, cost in facts.days:
        bar = "█" * (round(BAR_CHARS * cost / highest) if highest else 0)
        lines.append(f"{day:%a %d %b}  {bar:<{BAR_CHARS}}  {dollars(cost)}")
    for name, rows in _tables(facts):
        lines += ["", name]
        width = max(len(row.name) for row in rows)
        lines += [f"{row.name:<{width}}  {row.cost:>12}  {row.calls:>10,} calls" for row in rows]
    return "\n".join(lines)


def _html(facts: Facts) -> str:
    highest = max((cost for _, cost in facts.days), default=0)
    bars = "".join(
        f'<tr><td style="{_FONT};padding:2px 8px 2px 0;white-space:nowrap">{day:%a %d %b}</td>'
        f'<td width="300">{_bar(round(100 * cost / highest) if highest else 0)}</td>'
        f'<td align="right" style="{_FONT};padding:2px 0 2px 8px">{dollars(cost)}</td></tr>'
        for day, cost in facts.days
    )
    notes = "".join(f'<p style="{_FONT};margin:0 0 4px">{escape(note)}</p>' for note in _notes(facts))
    tables = "".join(_table(name, rows) for name, rows in _tables(facts))
    return (
        f'<!doctype html><html><body style="{_FONT}">'
        f'<p style="{_FONT};font-size:20px;margin:0 0 8px"><b>{escape(facts.whose)}: '
        f"{dollars(facts.total_nanousd)}</b></p>{notes}"
        f'<table cellpadding="0" cellspacing="0" border="0" style="margin:12px 0">{bars}</table>'
        f"{tables}</body></html>"
    )


def _bar(percent: int) -> str:
    if not percent:
        return ""
    return (
        f'<table width="{percent}%" cellpadding="0" cellspacing="0" border="0"><tr>'
        f'<td height="14" bgcolor="{_BLUE}" style="background:{_BLUE};font-size:1px;line-height:14px">'
        "&nbsp;</td></tr></table>"
    )


def _table(name: str, rows: Sequence[Share]) -> str:
    cells = "".join(
        f'<tr><td style="{_FONT};padding:2px 16px 2px 0">{escape(row.name)}</td>'
        f'<td align="right" style="{_FONT};padding:2px 16px 2px 0">{row.cost}</td>'
        f'<td align="right" style="{_FONT};padding:2px 0">{row.calls:,} calls</td></tr>'
        for row in rows
    )
    return (
        f'<p style="{_FONT};margin:12px 0 4px"><b>{name}</b></p>'
        f'<table cellpadding="0" cellspacing="0" border="0">{cells}</table>'
    )
