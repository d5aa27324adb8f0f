"""An audit in sentences: what the terminal and the page say alike."""

from __future__ import annotations

from collections.abc import Iterable

from triagelab.rewards.audit.audit import Audit
from triagelab.rewards.audit.dynamics_path import Path
from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.rewards.audit.incentives import answers
from triagelab.rewards.audit.optimum import Outcome
from triagelab.rewards.audit.policies import PolicyValue
from triagelab.rewards.audit.signal import PRIORS

NOTICE = "For research and education only. Not a medical device; not for decisions about patients."
PLACES = ("1", "2", "3", "4", "5", "none")
"""Headings of the six columns of every outcome table."""

SCALED_BY = {
    "group": "by its own deviation (TRL's default)",
    "batch": "by the deviation of the batch",
    "none": "by nothing",
}
_PLURAL = {Severity.SEVERE: "severe", Severity.WARNING: "warnings", Severity.NOTE: "notes"}


def counts(findings: Iterable[Finding]) -> str:
    """Return `1 severe, 2 warnings, 5 notes`, or `no finding`."""
    given = [finding.severity for finding in findings]
    parts = []
    for severity in Severity:
        n = given.count(severity)
        if n:
            parts.append(f"{n} {severity.value if n == 1 else _PLURAL[severity]}")
    return ", ".join(parts) or "no finding"


def at_skill(audit: Audit) -> tuple[Outcome, Outcome]:
    """Return the reward's optimum and the cost-minimal policy at the skill asked for."""
    place = next(n for n, outcome in enumerate(audit.optimum) if outcome.skill == audit.signal.skill)
    return audit.optimum[place], audit.cheapest[place]


def headline(audit: Audit) -> str:
    """Return what the reward makes worth doing at the skill asked for, and from where on it is sound."""
    best, least = at_skill(audit)
    if best.answers == least.answers:
        rest = "which costs the patients least"
    elif best.cost_ratio == float("inf"):
        rest = f"at a cost of {best.cost:.2f}, where {answers(least.answers)} costs nothing"
    else:
        rest = f"at x{best.cost_ratio:.2f} the cost of {answers(least.answers)}, which costs the patients least"
    first = (
        f"At skill {audit.signal.skill:g} it pays most for answering signals 1-5 with {answers(best.answers)}, {rest}."
    )
    return f"{first} {bounds(audit)}"


def bounds(audit: Audit) -> str:
    """Return from which skill on the optimum is within the tolerance."""
    if audit.break_even_skill is None:
        return "Its optimum costs 10 % or more too much even at skill 0.99."
    if audit.break_even_skill <= 0.2:
        return "Its optimum stays within 10 % of the least cost at every skill."
    return f"Its optimum stays within 10 % of the least cost from skill {audit.break_even_skill:.2f} on."


def mix(shares: Iterable[float]) -> str:
    """Return shares of levels 1-5 as `6/36/48/9/1 %`."""
    return "/".join(f"{100 * share:.3g}" for share in shares) + " %"


def prior_name(prior: tuple[float, ...]) -> str:
    """Return the name of a level mix, or `given`."""
    return next((name for name, shares in PRIORS.items() if shares == prior), "given")


def setting(audit: Audit) -> str:
    """Return what was assumed of patients and sampling, in one line."""
    signal = audit.signal
    weights = ",".join(f"{weight:g}" for weight in signal.sampling)
    return f"Patients {mix(signal.prior)} ({prior_name(signal.prior)}), levels drawn x{weights} in training"


def text_in_short(audit: Audit) -> str:
    """Return what the text adds to the outcome table, and what of it is in the table already; empty where nothing."""
    (low, high), spec = audit.subject.text, audit.subject.spec
    parts = [f"Text adds {low:+.2f} to {high:+.2f} to any of these."] if high > low else []
    if spec is not None and spec.right_bonus() > 0:
        parts.append(f"Right answers include the {spec.right_bonus():+.2f} that their text can add.")
    return " ".join(parts)


def ladder(audit: Audit) -> list[PolicyValue]:
    """Return the policies that could be scored, best paid first; among equals those that never look come last."""
    scored = [value for value in audit.policies if value.expected_reward is not None]
    return sorted(scored, key=lambda value: (-(value.expected_reward or 0.0), value.degenerate, value.name))


def unscored(audit: Audit) -> str:
    """Return the names of the policies whose texts the reward cannot score."""
    return ", ".join(value.name for value in audit.policies if value.expected_reward is None)


def path_rows(path: Path) -> list[tuple[str, int]]:
    """Return (what, step) for the start, each turn and the end, in order of steps."""
    turns = path.turns
    named: dict[int, list[str]] = {}
    for what, step in (("exact falls", turns["exact"]), ("cost rises", turns["cost"])):
        if step is not None:
            named.setdefault(int(step), []).append(what)
    rows = [(", ".join(words), step) for step, words in sorted(named.items())]
    return [("start", 0), *rows, ("end", int(path.steps[-1]))]


def attacks_in_short(audit: Audit) -> str:
    """Return how many text attacks earn more than they may."""
    n, kinds = len(audit.attacks), len({result.kind for result in audit.attacks})
    beaten = [result for result in audit.attacks if result.beats_ceiling]
    tried = f"{n} attacks of {kinds} kinds"
    dead = sum(result.n == 0 for result in audit.attacks)
    left = f" {dead} could not be scored." if dead else ""
    if not beaten:
        return f"{tried}: none earns more than plain text that commits to the same answer.{left}"
    lead = max(result.excess or 0.0 for result in beaten)
    return f"{tried}: {len(beaten)} earn more than plain text may, by up to {lead:.2f}.{left}"


def scaling(audit: Audit) -> str:
    """Return which scaling the figures on groups are for, and what the reward asks for."""
    report, asked = audit.groups, audit.subject.scale_rewards
    shown = f"Groups of {report.group}, each divided {SCALED_BY[report.scale]}"
    return f"{shown}; the reward leaves the choice to the recipe." if asked is None else f"{shown}, as the reward asks."


def climbed(audit: Audit) -> str:
    """Return where group scaling leads, beside the table as written."""
    report = audit.groups
    got, written = report.climbed, report.written
    if got.answers == written.answers:
        return f"Training climbs to {answers(got.answers)} (cost x{got.cost_ratio:.2f}), as the table is written."
    return (
        f"Training climbs to {answers(got.answers)} (cost x{got.cost_ratio:.2f}); the table as written pays most for "
        f"{answers(written.answers)} (x{written.cost_ratio:.2f})."
    )


def simulated(audit: Audit) -> str:
    """Return where the simulated training goes, and what that is worth beside the verdict."""
    said = f"It {audit.path.verdict}."
    if audit.severe and audit.path.verdict.startswith(("improves", "holds")):
        said += " The verdict rests on what the table pays most, not on this: real runs hedged more than it simulates."
    return said


def _knows(audit: Audit) -> str:
    skill = audit.signal.skill
    if audit.signal.confusion is not None:
        return f"what a measured policy answers, right for {skill:.0%} of the patients; other skills by the formula."
    return (
        f"one signal s of the true level t: right with probability {skill:g}, else off by d levels with probability "
        "proportional to 4^-d."
    )


def assumptions(audit: Audit) -> list[tuple[str, str]]:
    """Return what the figures rest on, as (name, sentence)."""
    signal, costs = audit.signal, audit.signal.costs
    return [
        ("What a policy knows", f"{_knows(audit)} It answers each signal with one level, or with none."),
        ("Patients", f"levels 1-5 are {mix(signal.prior)} ({prior_name(signal.prior)}). Training draws level t "
         f"{', '.join(f'{weight:g}' for weight in signal.sampling)} times as often, so it shows "
         f"{mix(signal.training_mix())}: rewards are means over that mix, shares and costs over the patients."),
        ("Costs", f"the {costs.name} matrix{f': {costs.text}' if costs.text else ''}. The ratios are a convention."),
        ("Optimum", "the outcome table, with text bonuses for right answers alone; ties go to the more urgent answer."),
        ("Text", "policies of text and attacks are written out for 25 shipped generated patients, five a level."),
        ("Left out", "what a policy may learn beyond its signal, tokens, the KL term, and rules that only some "
         "patients set off (their tables are shown, their share is not guessed). An audit without a finding is no "
         "proof that training will work; it says that this reward does not pay for what these checks look for."),
    ]  # fmt: skip
