"""What is wrong with an imaging reward, told from what it pays: findings with the numbers that show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from triagelab.rewards.audit.finding import FEW, Finding, Severity, by_share, gravest_first
from triagelab.rewards.audit.imaging_scripted import COPIES, LABELS_ELSEWHERE, LONG, WRITERS, Kind
from triagelab.rewards.audit.imaging_signal import REASONING, TOTAL, Range, SignalRow
from triagelab.rewards.audit.placed import PlacedAttack, placed_findings
from triagelab.rewards.imaging.preset import ImagingPreset

if TYPE_CHECKING:
    from triagelab.rewards.audit.imaging_audit import Earned

ALIKE = 0.01
"""Share of gold's pay within which two completions are paid alike."""
CONSTANT_LEAD = 0.1
"""Share of gold's pay by which the best constant answer may lead the worst one."""
WRONG_SHARE = 0.4
"""Share of gold's pay from which an honest wrong answer is paid too well."""
LEAST_RANGE = 0.6
"""Share of 0 to 1 that a term must keep between the reasoning of another condition and gold."""

TEXTS_CHANGE = "Read one answer behind the reasoning, and let sentences cost that give no reasons."

Named = Mapping[str, "Earned"]


def imaging_findings(
    preset: ImagingPreset,
    earned: Sequence[Earned],
    signal: Sequence[SignalRow],
    used: Sequence[Range],
    attacks: Sequence[PlacedAttack],
    misplaced: tuple[int, int],
) -> tuple[Finding, ...]:
    """Return the findings, gravest first; none is a clean reward."""
    named = {one.name: one for one in earned}
    found = [
        *_gold(named, misplaced),
        *_labels(named),
        *_tricks(named),
        *_dressing(named),
        *_reasons(named, any(preset.needs(term) for term in REASONING)),
        *_citations(named, preset),
        *_signal(signal, used),
        *placed_findings(attacks, "imaging-text-attacks", TEXTS_CHANGE),
    ]
    return gravest_first(found)


def _gold(named: Named, misplaced: tuple[int, int]) -> Iterator[Finding]:
    changed, compared = misplaced
    if changed:
        yield Finding(
            "imaging-gold-by-position",
            Severity.SEVERE,
            "What a completion earns hangs on its place in the batch: it is held against the gold of another row.",
            f"{changed} of {compared} totals changed when the batch was turned around, shifted, cut or repeated",
            "Look gold up by the id of the row and by nothing else.",
        )
    gold = named["gold"]
    if gold.unscored:
        yield Finding(
            "imaging-gold-unscored",
            Severity.SEVERE,
            "Gold completions have no total.",
            f"{gold.unscored} of {gold.rows} rows",
            "Let every term be measured on a completion in the form that is asked for.",
        )
    above = [one for one in named.values() if one.kind is not Kind.HONEST_WRONG and one.beats_gold]
    if above:
        yield Finding(
            "imaging-beats-gold",
            by_share(max(one.beats_gold for one in above), gold.rows),
            "Completions earn more than the gold completion.",
            "; ".join(f"{one.name} in {one.beats_gold} of {one.rows} rows, by up to {one.lead:.3f}" for one in above),
            "Pay nothing that gold does not have.",
        )


def _labels(named: Named) -> Iterator[Finding]:
    gold = named["gold"].mean
    constants = sorted((one for one in named.values() if one.kind is Kind.CONSTANT), key=lambda one: -one.mean)
    if constants[0].mean - constants[-1].mean > CONSTANT_LEAD * gold:
        yield Finding(
            "imaging-constant-label",
            Severity.SEVERE,
            "One label for every question is paid clearly more than the other two: the commonest label pays by itself.",
            f"gold {gold:.3f}, " + _means(constants),
            "Let a right answer be worth less where its label is common.",
        )
    wrong = max(named["honest-wrong"].mean, named["brief-wrong"].mean)
    if wrong >= WRONG_SHARE * gold:
        yield Finding(
            "imaging-pays-wrong",
            Severity.SEVERE,
            "A wrong answer collects a large part of what gold earns.",
            f"gold {gold:.3f}, an honest wrong answer {wrong:.3f} ({wrong / gold:.0%})" if gold else f"{wrong:.3f}",
            "Pay reasoning behind right answers only, and little for form.",
        )
    elsewhere = [named[name] for name in LABELS_ELSEWHERE if named[name].beats_wrong]
    if elsewhere:
        yield Finding(
            "imaging-label-anywhere",
            by_share(max(one.beats_wrong for one in elsewhere), elsewhere[0].rows),
            "The right label is paid where it is not the one answer: in the reasoning, or beside other answers.",
            _beats(elsewhere),
            "Read one answer block after the reasoning, and pay nothing where there are several labels.",
        )


def _tricks(named: Named) -> Iterator[Finding]:
    tricks = [
        one for one in named.values() if one.kind is Kind.WRONG and one.name not in LABELS_ELSEWHERE and one.beats_wrong
    ]
    if tricks:
        yield Finding(
            "imaging-pays-wrong-tricks",
            by_share(max(one.beats_wrong for one in tricks), tricks[0].rows),
            "Tricks around a wrong label earn more than an honest wrong answer.",
            _beats(tricks),
            "Pay reasoning behind right answers only; check what it says.",
        )


def _dressing(named: Named) -> Iterator[Finding]:
    """Yield what costs nothing beside the right label, told from form alone."""
    gold = named["gold"].mean
    checks = (
        ("imaging-length-free", LONG, "Padding, repeating and naming everything cost nothing.",
         "Ask for three to six sentences, count what is said twice, or measure precision as well as recall."),
        ("imaging-copying-free", COPIES, "Copying what the prompt shows, or listing keywords, is paid like reasoning.",
         "Count no sentence that is copied or is none."),
        ("imaging-empty-reasoning", ("empty",), "No reasoning at all is paid like reasoning.",
         "Pay form only where the reasoning has sentences."),
    )  # fmt: skip
    for id_, names, what, change in checks:
        free = [named[name] for name in names if named[name].mean >= (1 - ALIKE) * gold]
        if free:
            yield Finding(id_, Severity.SEVERE, what, f"gold {gold:.3f}, " + _means(free), change)


def _reasons(named: Named, read: bool) -> Iterator[Finding]:
    gold, least = named["gold"].mean, min(named["brief"].mean, named["partial"].mean)
    right = [one for one in named.values() if one.kind is Kind.RIGHT and one.name not in ("padded", "repeated")]
    tricks = [one for one in right if one.name != "invented-citation"]
    if not read:
        alike = [one for one in tricks if WRITERS[one.name].meaning and one.mean >= (1 - ALIKE) * gold]
        if alike:
            yield Finding(
                "imaging-reasons-unread",
                Severity.NOTE,
                "The reward does not read the reasoning: false or unrelated reasons are paid like true ones.",
                f"gold {gold:.3f}, " + _means(alike),
                "Take a reward with a judge or a similarity where reasons matter.",
            )
        return
    # The reasons of another row of the condition share criteria with this one: they are worth something.
    limits = {one.name: named["brief"].mean if one.name == "sibling-row" else least for one in tricks}
    above = [one for one in tricks if one.mean >= limits[one.name] - ALIKE * gold]
    if above:
        yield Finding(
            "imaging-worthless-reasons",
            Severity.SEVERE,
            "Worthless reasons behind the right label are paid like honest partial ones.",
            f"gold {gold:.3f}, least of the honest ones {least:.3f}; " + _means(above),
            "Measure precision as well as recall, and let false and unrelated sentences cost.",
        )


def _citations(named: Named, preset: ImagingPreset) -> Iterator[Finding]:
    gold, cited = named["gold"].mean, named["invented-citation"].mean
    if cited >= (1 - ALIKE) * gold:
        yield Finding(
            "imaging-invented-citations",
            Severity.SEVERE if preset.evidence else Severity.NOTE,
            "An invented citation costs nothing" + (" although evidence is shown." if preset.evidence else "."),
            f"gold {gold:.3f}, with an invented citation {cited:.3f}",
            "Let a citation cost that none of the lines shown holds.",
        )


def _signal(signal: Sequence[SignalRow], used: Sequence[Range]) -> Iterator[Finding]:
    flat = next((row for row in signal if row.term == TOTAL and row.constant > FEW), None)
    if flat is not None:
        yield Finding(
            "imaging-flat-groups",
            Severity.SEVERE,
            "Groups of quite different completions are paid the same.",
            f"{flat.constant:.0%} of the rows",
            "Pay for what completions differ in.",
        )
    blind = [row.term for row in signal if row.term != TOTAL and row.constant >= 1.0]
    if blind:
        yield Finding(
            "imaging-constant-term",
            Severity.WARNING,
            "Terms pay every completion of a row the same once it has tags: within a group they teach nothing.",
            f"no variance within any row: {', '.join(blind)}",
            "Make them tell good form from tags around anything.",
        )
    squeezed = [one for one in used if one.used < LEAST_RANGE]
    if squeezed:
        yield Finding(
            "imaging-squeezed-signal",
            Severity.SEVERE,
            "Unrelated reasoning collects much of what gold reasoning does: a part of 0 to 1 holds the whole signal.",
            "; ".join(
                f"{one.term}: unrelated {one.unrelated:.2f}, gold {one.gold:.2f}, {one.used:.0%} of the range used"
                for one in squeezed
            ),
            "Measure from what unrelated sentences have, and stretch the rest over 0 to 1.",
        )


def _means(rows: Sequence[Earned]) -> str:
    return ", ".join(f"{one.name} {one.mean:.3f}" for one in rows)


def _beats(rows: Sequence[Earned]) -> str:
    return "; ".join(f"{one.name} in {one.beats_wrong} of {one.rows} rows (mean {one.mean:.3f})" for one in rows)


__all__ = ["imaging_findings"]
