"""The board of a running crisis in the terminal: beds, vital signs, staff, what the roles do, and deaths prevented."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from triagelab.cli.crisis_words import (
    ASCII_BARS,
    BARS,
    PLACES,
    SHORT_ROLES,
    Nothing,
    clock,
    feed,
    saved_words,
    sickest,
    trend,
)
from triagelab.cli.highlight import one_line
from triagelab.evaluation.crisis_replay import Header, Snapshot, Step

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, Group, RenderResult
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

WIDE, NARROW = 120, 70
"""Columns from which two panels stand side by side, and under which a vital sign less is shown."""
MIN_ROWS = 20
"""Rows of the smallest board."""
SICKEST, ACTS = "sickest, as the simulator knows", "what the roles did"
TREND = 12
"""Steps that a trend shows: three hours."""
SIGNS: tuple[tuple[int, str, float, float], ...] = ((0, "HR", 30, 180), (2, "SpO2", 60, 100), (3, "SBP", 40, 180))
"""Vital signs of the board: place in `VITALS`, name, and the ends of the trend's scale."""
LOOKS = {"done": "green", "refused": "red", "blocked": "bold red", "held": "yellow"}
TAGS = {"immediate": "red", "delayed": "yellow", "minor": "green"}


class Board:
    """What is shown of an episode; give it each step with `add`. It fits itself into the terminal."""

    def __init__(self, header: Header, nothing: Nothing) -> None:
        self._header, self._nothing = header, nothing
        self._states: list[Snapshot] = [header.state]
        self._step: Step | None = None
        self._reward = 0.0

    def add(self, step: Step) -> None:
        """Show this step from now on."""
        self._step = step
        self._states.append(step.state)
        self._reward += sum(step.pay.values())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.segment import Segment

        whole = self._layout(options.max_width, console.size.height, ASCII_BARS if options.ascii_only else BARS)
        if not options.ascii_only:
            yield whole
            return
        for text, style, control in console.render(whole, options):
            yield Segment(text.replace("\u2026", "~").encode("ascii", "replace").decode(), style, control)

    def _layout(self, width: int, height: int, bars: str) -> Group:
        from rich.console import Group

        rows = max(MIN_ROWS, height) - 2
        if width >= WIDE:
            upper = len(PLACES) + 3
            beds, vitals, lower = 40, 84, rows - upper
            first = _side_by_side(beds, _panel("beds", self._beds(), upper), _hospital(self._hospital(), upper))
            signs = _panel(SICKEST, self._vitals(lower - 2, vitals - 4, bars), lower)
            second = _side_by_side(vitals, signs, _panel(ACTS, self._feed(lower - 2), lower))
            return Group(self._head(False), first, second)
        pairs = _two_columns(self._beds(), width // 2 - 2)
        left = rows - len(pairs) - 2 - 4 - 4
        signs = self._vitals(max(1, left // 3), width - 4, bars)
        return Group(
            self._head(width < NARROW),
            _panel("beds", pairs, None),
            _hospital(self._hospital()[:2], 4),
            _panel(SICKEST, signs, None),
            _panel(ACTS, self._feed(left - len(signs)), None),
        )

    def _head(self, short: bool) -> Text:
        from rich.text import Text

        state, header = self._states[-1], self._header
        nothing = self._nothing.at(state.minute)
        text = Text(no_wrap=True, overflow="ellipsis")
        text.append(f" {clock(state.minute)} ", "bold reverse")
        text.append(f" step {len(self._states) - 1}/{header.steps}  ")
        text.append(saved_words(state, nothing, short), "bold green" if (nothing or 0) > state.deaths else "bold")
        text.append(f"  reward {self._reward:+.2f}  {header.scenario}, {one_line(header.policy, 40)}", "dim")
        return text

    def _beds(self) -> list[Text]:
        from rich.text import Text

        state, lines = self._states[-1], []
        for area in PLACES:
            if area not in state.beds:
                continue
            here, free = state.beds[area]
            line = Text(f"{area:<9} {here:>3}", no_wrap=True)
            if area != "waiting":
                line.append(f", {max(0, free)} free", "red" if free < 1 and area != "overflow" else "dim")
            lines.append(line)
        queue = f"{state.queue} wait for a doctor, {state.theatre_queue} for theatre"
        return [*lines, Text(queue, "bold" if state.queue else "dim", no_wrap=True)]

    def _hospital(self) -> list[Text]:
        from rich.text import Text

        state = self._states[-1]
        staff = ", ".join(
            f"{count} {role}{'' if count == 1 else 's'} {hours:.0f} h" for role, (count, hours) in state.staff.items()
        )
        cover = ", ".join(f"{place} {share:.0%}" for place, share in state.cover.items())
        down = [f"{name} {how}" for name, how in state.systems.items() if how != "up"]
        scarce = [f"{drug} {count}" for drug, count in state.stock.items() if count <= 3]
        blood = sum(state.blood.values())
        lines = [
            (f"nurse cover {cover}", "red" if min(state.cover.values(), default=1.0) < 0.85 else ""),
            (f"systems: {', '.join(down) or 'all up'}", "red" if down else "green"),
            (f"on duty {staff}; {state.long_shifts} over 12 h", ""),
            (f"ventilators free {state.ventilators}", "red" if state.ventilators < 1 else ""),
            (f"blood {blood} units, O- {state.blood.get('O-', 0)}", "red" if blood < 10 else ""),
            (f"low stock: {', '.join(scarce) or 'none'}", "yellow" if scarce else "dim"),
            (f"incidents {state.caught} caught, {state.lapsed} did harm, {state.false_flags} false flags", ""),
            (f"protocols: {', '.join(state.protocols) or 'none'}", "dim"),
        ]
        return [Text(words, look) for words, look in lines]

    def _vitals(self, most: int, width: int, bars: str) -> list[Text]:
        from rich.text import Text

        signs = SIGNS if width >= NARROW else SIGNS[1:]
        length = max(3, min(TREND, (width - 16) // len(signs) - 10))
        lines, recent = [], self._states[-length:]
        for name, one in sickest(self._states[-1], most):
            line = Text(f"{name:<6}", TAGS.get(one.tag or "", ""), no_wrap=True, overflow="crop")
            line.append(f"{one.area:<9} "[:10], "dim")
            past = [row for state in recent if (row := state.patients.get(name)) is not None]
            for place, label, low, high in signs:
                line.append(f"{label} {one.vitals[place]:>3.0f} ")
                line.append(f"{trend([row.vitals[place] for row in past], low, high, bars):<{length}} ", "cyan")
            lines.append(line)
        return lines or [Text("nobody is here", "dim")]

    def _feed(self, most: int) -> list[Text]:
        from rich.text import Text

        if self._step is None:
            return [Text("the episode begins", "dim")]
        lines = [Text(f"{name} died", "bold red") for name in self._step.deaths]
        said = [(SHORT_ROLES.get(role, role), one_line(words, 160)) for role, words in self._step.said.items()]
        lines += [Text(f"{role:<4} says: {words}", "italic", no_wrap=True, overflow="ellipsis") for role, words in said]
        unread = [(SHORT_ROLES.get(role, role), one_line(words, 160)) for role, words in self._step.unread.items()]
        lines += [
            Text(f"{role:<4} no answer: {words}", "red", no_wrap=True, overflow="ellipsis") for role, words in unread
        ]
        entries = list(feed(self._step))
        shown = entries[: max(1, most - len(lines) - 1)]
        for role, what, status, reason in shown:
            line = Text(f"{role:<4} ", no_wrap=True, overflow="ellipsis")
            line.append(f"{status:<8}", LOOKS.get(status, ""))
            line.append(what + (f": {reason}" if reason else ""))
            lines.append(line)
        if len(entries) > len(shown):
            lines.append(Text(f"and {len(entries) - len(shown)} more", "dim"))
        return lines[: max(1, most)]


def _hospital(lines: list[Text], height: int) -> Panel:
    return _panel("staff, systems, blood", lines, height)


def _side_by_side(width: int, left: Panel, right: Panel) -> Table:
    from rich.table import Table

    grid = Table.grid(expand=True)
    grid.add_column(width=width)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid


def _two_columns(lines: list[Text], width: int) -> list[Text]:
    """Return lines in pairs; the last one of an odd number stands alone."""
    from rich.text import Text

    found = []
    for place in range(0, len(lines), 2):
        left, right = lines[place], lines[place + 1 : place + 2]
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(left)
        if right:
            line.append(" " * max(1, width - left.cell_len))
            line.append(right[0])
        found.append(line)
    return found


def _panel(title: str, lines: Iterable[Text], height: int | None) -> Panel:
    from rich.console import Group
    from rich.panel import Panel

    return Panel(Group(*lines), title=title, title_align="left", height=height, padding=(0, 1))


__all__ = ["Board"]
