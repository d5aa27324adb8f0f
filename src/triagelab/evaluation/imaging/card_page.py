"""The dataset card in Markdown and as one HTML file, both from the same sections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

from triagelab.clinical.imaging import ORDER
from triagelab.evaluation.audit_words import NOTICE
from triagelab.evaluation.imaging.card import Card
from triagelab.evaluation.imaging.overlap import NEAR
from triagelab.evaluation.pages import environment

TITLE = "Imaging appropriateness: dataset card"
LICENCE = (
    "Notes, criteria, rules and reasoning are generated or written in this project's own words, under the licence of "
    "this repository. No text and no rating of the American College of Radiology is in it, and no label follows from "
    "one; whoever is licensed to use them can import them. No patient stands behind a note."
)
USE = (
    "Questions about whether an imaging procedure is appropriate for a patient variant: usually appropriate, may be "
    "appropriate, usually not appropriate. Labels follow from rules that can be read, so the data tests whether a "
    "model applies rules to a note. It does not say how well a model agrees with radiologists."
)
SHORT = {"usually appropriate": "usually", "may be appropriate": "may", "usually not appropriate": "usually not"}
Table = tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]


@dataclass(frozen=True)
class Section:
    """One part of the card. `table`: header and rows, None where there is none."""

    title: str
    text: tuple[str, ...] = ()
    table: Table | None = None


def sections(card: Card) -> tuple[Section, ...]:
    """Return the card in words and tables."""
    return tuple(_sections(card))


def markdown(card: Card) -> str:
    """Return the card as Markdown."""
    found = [f"# {TITLE}", "", NOTICE, ""]
    for section in sections(card):
        found += [f"## {section.title}", ""]
        for line in section.text:
            found += [line, ""]
        if section.table is not None:
            header, rows = section.table
            found += [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
            found += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
            found.append("")
    return "\n".join(found)


def page(card: Card) -> str:
    """Return the card as one HTML file that asks for nothing from outside."""
    from markupsafe import Markup

    style = (resources.files("triagelab.evaluation") / "templates" / "report.css").read_text(encoding="utf-8")
    template = environment().get_template("imaging_card.html.jinja")
    return template.render(style=Markup(style), notice=NOTICE, title=TITLE, sections=sections(card))


def _sections(card: Card) -> Iterator[Section]:
    knowledge = card.knowledge
    total = sum(split.triplets for split in card.splits)
    made = (
        f"{card.variants} variants a condition, seed {card.seed}; data hash {card.data_hash}, code {card.code_version}."
    )
    yield Section("What it is", (USE, f"{total} triplets of condition, variant and procedure. {made}", LICENCE))
    yield Section("Knowledge behind the labels", tuple(_knowledge(card)))
    yield Section("Splits", tuple(_split_words(card)), _split_table(card))
    yield Section("Overlap", tuple(_overlap_words(card)), _overlap_table(card))
    yield Section(
        "What could be answered without reading the note",
        (
            "Constants learnt on train: what each reaches on unseen questions. An agent that does not beat the last "
            "line has not shown that it reads notes.",
            _length_words(card),
        ),
        _shortcut_table(card),
    )
    yield Section("By area of the body", (), _mix_table("area", card.areas))
    head = ("condition", "split", "variants", "triplets", *SHORT.values())
    rows = tuple(
        (f"{name}{_star(name, knowledge.verified_conditions)}", split, str(variants), str(count), *_mix(mix))
        for name, (split, variants, count, mix) in card.conditions.items()
    )
    yield Section("By condition", ("* every criterion and rule stands in a source that was read.",), (head, rows))


def _knowledge(card: Card) -> Iterator[str]:
    one, found = card.knowledge, card.evidence
    whole = ", ".join(one.verified_conditions) or "none"
    yield (
        f"{one.conditions} conditions with {one.procedures} procedures; {len(one.held_out)} conditions are held out "
        f"entirely: {', '.join(one.held_out) or 'none'}."
    )
    yield (
        f"Verified, that is, in a source that was read: {one.criteria[0]} of {one.criteria[1]} criteria, "
        f"{one.rules[0]} of {one.rules[1]} rules, {one.safety[0]} of {one.safety[1]} safety rules; conditions of "
        f"which everything is verified: {len(one.verified_conditions)} ({whole}). "
        "The rest names its rule or this project as its source and was recalled, not checked."
    )
    yield (
        f"Evidence: {sum(found.verified)} verified entries ({found.verified[0]} rules, {found.verified[1]} studies) "
        f"and {sum(found.recalled)} recalled ({found.recalled[0]} rules, {found.recalled[1]} studies). Recalled "
        f"ones enter no prompt and no reward. {found.covered} of {found.conditions} conditions have a "
        "verified entry of their own."
    )
    yield (
        f"Distractors: {card.distractors.phrases} phrases that decide nothing; {card.distractors.share:.0%} of the "
        f"notes have one or more, {card.distractors.mean:.1f} on average."
    )


def _split_words(card: Card) -> Iterator[str]:
    yield (
        "test: other variants of the conditions in train; ood: conditions that are held out. A variant falls to a "
        "split by a hash of what decides it, so that no seed can put it on two sides."
    )
    for split in card.splits:
        least, mean, most = split.sentences
        yield (
            f"{split.split}: gold reasoning of {least} to {most} sentences (mean {mean:.1f}); safety rules lowered "
            f"{split.lowered} labels; of {split.verified} triplets rule and deciding criteria are all verified."
        )


def _split_table(card: Card) -> Table:
    head = ("split", "conditions", "variants", "triplets", *SHORT.values(), "words a note")
    rows = tuple(
        (
            split.split,
            str(split.conditions),
            str(split.variants),
            str(split.triplets),
            *_mix(split.labels),
            f"{split.words:.0f}",
        )
        for split in card.splits
    )
    return head, rows


def _overlap_words(card: Card) -> Iterator[str]:
    dirty = [f"{one.a} and {one.b}" for one in card.overlaps if not one.clean]
    yield (
        f"Something stands on both sides of {', '.join(dirty)}: see the table."
        if dirty
        else "No variant, no signature (what decides) and no note stands in two splits."
    )
    yield (
        f"Near-duplicates are told by token Jaccard of the notes; {NEAR} or more counts as near. Notes of one "
        "condition share words by nature; what differs is what decides."
    )
    kept = card.kept
    found = f"{len(kept.in_train)} stand in a train note ({'; '.join(kept.in_train[:5])})" if kept.in_train else "none"
    part = f" ({kept.within} are part of a train phrase and not counted)" if kept.within else ""
    yield (
        f"Phrases kept for unseen data: {kept.total}; in a train note of their condition: {found}; in an unseen note: "
        f"{kept.used}{part}."
    )


def _overlap_table(card: Card) -> Table:
    head = ("splits", "variants", "signatures", "equal notes", "conditions", "largest Jaccard", "median", f"at {NEAR}+")
    rows = tuple(
        (
            f"{one.a} / {one.b}",
            str(one.variants),
            str(one.signatures),
            str(one.notes),
            str(one.conditions),
            f"{one.nearest.largest:.2f} ({', '.join(one.nearest.pair)})",
            f"{one.nearest.median:.2f}",
            str(one.nearest.near),
        )
        for one in card.overlaps
    )
    return head, rows


def _length_words(card: Card) -> str:
    words = ", ".join(f"{SHORT[label]} {mean:.1f}" for label, mean in card.length.words.items())
    return f"Words a note by label: {words}; the label explains {card.length.eta_squared:.1%} of their variance."


def _shortcut_table(card: Card) -> Table:
    splits = list(dict.fromkeys(split for one in card.shortcuts for split in one.figures))
    head = ("guess", *(f"{split}: {what}" for split in splits for what in ("right", "macro F1")))
    rows = tuple(
        (one.name, *(f"{value:.3f}" for split in splits for value in one.figures[split])) for one in card.shortcuts
    )
    return head, rows


def _mix_table(name: str, rows: Mapping[str, tuple[int, int, Mapping[str, float]]]) -> Table:
    head = (name, "conditions", "triplets", *SHORT.values())
    return head, tuple((key, str(count), str(total), *_mix(mix)) for key, (count, total, mix) in rows.items())


def _mix(mix: Mapping[str, float]) -> tuple[str, ...]:
    return tuple(f"{mix[label.value]:.1%}" for label in ORDER)


def _star(name: str, verified: tuple[str, ...]) -> str:
    return " *" if name in verified else ""


__all__ = ["LICENCE", "Section", "markdown", "page", "sections"]
