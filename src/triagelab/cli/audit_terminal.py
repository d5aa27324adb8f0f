"""An audit as a terminal shows it: findings first, then the figures behind them. Fits 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from triagelab.cli.audit_parts import STYLES
from triagelab.cli.highlight import one_line
from triagelab.evaluation import audit_words as words
from triagelab.rewards.audit.audit import Audit
from triagelab.rewards.audit.dynamics_path import Path
from triagelab.rewards.audit.finding import Finding
from triagelab.rewards.audit.incentives import answers
from triagelab.rewards.audit.optimum import Outcome, sound

_GOOD, _BAD = (20, 130, 110), (190, 50, 30)
_HEAD = "bold"


def console() -> Console:
    """Return the console of the report: colour on a terminal only, nothing in a text read as markup."""
    return Console(highlight=False, markup=False, emoji=False)


def show(audit: Audit, out: Console) -> None:
    """Print one audit."""
    out.print(_title(audit))
    out.print(words.headline(audit))
    out.print(words.setting(audit), style="dim")
    if audit.findings:
        _section(out, "Findings", _findings(audit.findings))
    _section(out, "Reward by truth and answer", *_matrices(audit))
    _section(out, f"What policies earn at skill {audit.signal.skill:g}", *_policies(audit))
    _section(out, "Best-paid answers to signals 1-5 by skill", _optimum(audit), Text(_OPTIMUM_KEY, style="dim"))
    _section(out, "What GRPO does to it", *_groups(audit))
    _section(out, "Where training goes (simulated)", Text(words.simulated(audit)), _path(audit.path))
    _section(out, "Text attacks", *_attacks(audit))
    out.print(Text(f"\n{audit.seconds:.2f} s. {words.NOTICE}", style="dim"))


def show_findings(audit: Audit, out: Console) -> None:
    """Print the title and the findings alone."""
    out.print(_title(audit))
    out.print(words.headline(audit))
    if audit.findings:
        _section(out, "Findings", _findings(audit.findings))


def compare(audits: Sequence[Audit], out: Console) -> None:
    """Print one line a reward."""
    table = _table(("reward", "l"), ("verdict", "l"), ("s/w/n", "r"), ("best paid", "l"), ("exact", "r"),
                   ("cost", "r"), ("from", "r"), ("best that never looks", "l"))  # fmt: skip
    for audit in audits:
        best, _ = words.at_skill(audit)
        lazy = max(
            (v for v in audit.policies if v.degenerate and v.gap is not None), key=lambda v: v.gap or 0.0, default=None
        )
        given = [finding.severity.value for finding in audit.findings]
        table.add_row(
            one_line(audit.subject.name, 24),
            Text("clean" if audit.verdict == "none" else audit.verdict, style=STYLES[audit.verdict]),
            "/".join(str(given.count(name)) for name in ("severe", "warning", "note")),
            answers(best.answers),
            f"{best.exact:.2f}",
            _ratio(best),
            "never" if audit.break_even_skill is None else f"{audit.break_even_skill:.2f}",
            f"{lazy.name} {lazy.gap:+.2f}" if lazy is not None else "-",
        )
    out.print(table)
    key = (
        f"At skill {audits[0].signal.skill:g}. s/w/n: severe, warnings, notes. cost: over the least. from: skill from "
        "which the cost stays within 10 %. Last: the best-paid policy that never looks at the patient, and its reward "
        "above the cost-minimal policy's."
    )
    out.print(Text(key + "\n", style="dim"))


_OPTIMUM_KEY = (
    "-: no answer; none: how often. x: cost over the least that the signal allows, red from 1.10 on. least: the "
    "cost-minimal answers."
)


def _section(out: Console, name: str, *parts: RenderableType) -> None:
    out.print(Text(f"\n{name}", style=_HEAD))
    for part in parts:
        out.print(Padding(part, (0, 0, 0, 2), expand=False))


def _table(*columns: tuple[str, str]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for name, side in columns:
        table.add_column(name, justify="right" if side == "r" else "left", no_wrap=side == "r")
    return table


def _title(audit: Audit) -> Text:
    line = Text(one_line(audit.subject.name), style="bold")
    verdict = "clean" if audit.verdict == "none" else audit.verdict
    line.append(f"  {verdict.upper()}", style=STYLES[audit.verdict])
    line.append(f"  {words.counts(audit.findings)}", style="")
    if audit.subject.spec is not None:
        line.append(f"\n{one_line(audit.subject.spec.title)}", style="dim")
    return line


def _findings(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column()
    for finding in findings:
        text = Text(finding.id, style="bold")
        text.append(f"\n{one_line(finding.what, 400)}", style="not bold")
        text.append(f"\nevidence: {one_line(finding.evidence, 600)}", style="not bold dim")
        text.append(f"\nchange:   {one_line(finding.change, 400)}", style="not bold green")
        table.add_row(Text(finding.severity.value, style=STYLES[finding.severity.value]), text)
    return table


def _matrices(audit: Audit) -> Iterator[RenderableType]:
    subject = audit.subject
    yield _matrix(subject.table)
    if words.text_in_short(audit):
        yield Text(words.text_in_short(audit), style="dim")
    for name, table in subject.triggered.items():
        changed = [
            f"({t + 1},{words.PLACES[a]}) {table[t, a]:+.2f}"
            for t in range(5)
            for a in range(6)
            if abs(table[t, a] - subject.table[t, a]) > 1e-9
        ]
        text = f"With {one_line(name)} set off, (truth,answer): {', '.join(changed) or 'nothing changes'}"
        yield Text(text, style="dim")


def _matrix(values: np.ndarray) -> Table:
    table = _table(("truth", "l"), *((f"{name:>6}", "r") for name in words.PLACES))
    top = float(np.abs(values).max()) or 1.0
    for truth in range(5):
        cells = [
            Text(f"{value:+6.2f}", style=_tint(value / top, bold=a == truth)) for a, value in enumerate(values[truth])
        ]
        table.add_row(f"{truth + 1}", *cells)
    return table


def _tint(share: float, *, bold: bool) -> str:
    """Return a style: deeper green for more reward, deeper red for less, the right answer in bold."""
    ground = _GOOD if share > 0 else _BAD
    depth = abs(share) ** 0.7
    red, green, blue = (round(24 + (part - 24) * depth) for part in ground)
    return f"{'bold ' if bold else ''}white on rgb({red},{green},{blue})"


def _policies(audit: Audit) -> Iterator[RenderableType]:
    table = _table(("policy", "l"), ("looks", "l"), ("reward", "r"), ("gap", "r"), ("beaten from skill", "r"))
    for value in words.ladder(audit):
        gap = value.gap or 0.0
        ahead = value.degenerate and gap > 1e-9
        beaten = "" if not value.degenerate else _beaten(value.break_even_skill)
        style = STYLES["severe"] if ahead else "" if value.degenerate else "bold"
        looks = "never" if value.degenerate else "yes"
        table.add_row(value.name, looks, f"{value.expected_reward:+.3f}", f"{gap:+.3f}", beaten, style=style)
    yield table
    key = (
        "gap: above the cost-minimal policy. Beaten from skill: lowest at which a reader who answers what it sees "
        "earns more."
    )
    yield Text(key, style="dim")
    if words.unscored(audit):
        yield Text(f"The reward cannot score: {words.unscored(audit)}.", style="dim")


def _beaten(skill: float | None) -> str:
    return "never" if skill is None else f"{skill:.2f}"


def _ratio(outcome: Outcome) -> Text:
    style = STYLES["severe"] if not sound(outcome) else ""
    return Text(f"x{outcome.cost_ratio:.2f}", style=style)


def _optimum(audit: Audit) -> Table:
    table = _table(("skill", "r"), ("best paid", "l"), ("exact", "r"), ("within 1", "r"), ("under", "r"), ("over", "r"),
                   ("none", "r"), ("cost", "r"), ("x", "r"), ("least", "l"), ("exact", "r"))  # fmt: skip
    for best, least in zip(audit.optimum, audit.cheapest, strict=True):
        shares = (best.exact, best.within_one, best.under, best.over, best.no_answer, best.cost)
        table.add_row(
            f"{best.skill:.2f}",
            answers(best.answers),
            *(f"{share:.2f}" for share in shares),
            _ratio(best),
            Text(answers(least.answers), style="dim"),
            Text(f"{least.exact:.2f}", style="dim"),
            style="bold" if best.skill == audit.signal.skill else "",
        )
    return table


def _groups(audit: Audit) -> Iterator[RenderableType]:
    report = audit.groups
    dead = report.dead
    yield Text(f"{words.scaling(audit)} {words.climbed(audit)}")
    yield Text(
        f"Groups without variance at the start: {dead.dead:.0%} ({dead.all_right:.0%} all right, {dead.all_wrong:.0%} "
        f"all wrong, {dead.tied:.0%} tied). They teach nothing."
    )
    if report.constant:
        yield Text(f"Constant within a group, so they teach nothing: {', '.join(map(one_line, report.constant))}.")
    table = _table(("level", "l"), ("of training", "r"), ("signal centred", "r"), ("signal scaled", "r"),
                   ("weight taken off", "r"))  # fmt: skip
    for effect in report.classes:
        shares = (effect.in_training, effect.signal_unscaled, effect.signal_scaled)
        table.add_row(f"{effect.level}", *(f"{share:.0%}" for share in shares), f"x{effect.weight_lost:.2f}")
    yield table
    yield Text("Weight taken off: factor that scaling takes off a level, level 3 = 1.", style="dim")


def _path(path: Path) -> Table:
    table = _table(("", "l"), ("step", "r"), ("exact", "r"), ("within 1", "r"), ("none", "r"), ("cost", "r"),
                   *((f"{level}", "r") for level in words.PLACES[:5]))  # fmt: skip
    for what, at in words.path_rows(path):
        figures = (path.exact[at], path.within_one[at], path.no_answer[at], path.cost[at])
        table.add_row(what, f"{at}", *(f"{x:.2f}" for x in figures), *(f"{share:.0%}" for share in path.mix[at]))
    return table


def _attacks(audit: Audit) -> Iterator[RenderableType]:
    yield Text(words.attacks_in_short(audit))
    beaten = sorted((r for r in audit.attacks if r.beats_ceiling), key=lambda r: -(r.excess or 0.0))
    if not beaten:
        return
    table = _table(("attack", "l"), ("kind", "l"), ("earns", "r"), ("may earn", "r"), ("cases", "r"))
    for result in beaten[:8]:
        table.add_row(
            result.id, result.kind, f"{result.mean_reward:+.2f}", f"{result.ceiling:+.2f}",
            f"{result.beaten_cases}/{result.n}",
        )  # fmt: skip
    yield table
    if len(beaten) > 8:
        yield Text(f"and {len(beaten) - 8} more (--json or --html)", style="dim")
