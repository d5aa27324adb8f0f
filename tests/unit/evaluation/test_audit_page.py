"""The page of an audit: every figure is on it, text of a reward is escaped, drawings say what they show."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from triagelab.errors import BadInputError
from triagelab.evaluation import audit_words as words
from triagelab.evaluation.audit_charts import cost_chart, path_charts, triangle
from triagelab.evaluation.audit_page import audit_page, write_audit_page
from triagelab.rewards.audit.attacks import AttackResult
from triagelab.rewards.audit.audit import audit
from triagelab.rewards.audit.finding import Finding, Severity
from triagelab.rewards.audit.subject import subject_of
from triagelab.rewards.presets import load_preset
from triagelab.rewards.spec import build_spec

HOSTILE = "<script>alert('x')</script>\u202e"


@pytest.fixture(scope="module")
def v46():
    return audit(subject_of(load_preset("v46")))


@pytest.fixture(scope="module")
def v50():
    return audit(subject_of(load_preset("v50")))


@pytest.fixture(scope="module")
def page(v46):
    return audit_page([v46])


def _cells(html: str, css: str) -> list[str]:
    return re.findall(rf'<td class="[^"]*\b{css}\b[^"]*"[^>]*>([^<]*)</td>', html)


def test_every_finding_is_there_with_its_evidence(page, v46):
    for finding in v46.findings:
        assert finding.id in page
        assert finding.change.split("`")[0][:40].replace('"', "&#34;") in page
    assert page.count('<article class="card finding') == len(v46.findings)
    assert words.headline(v46) in page


def test_the_matrix_shows_what_is_paid(page, v46):
    right = _cells(page, "right")[:5]
    assert [float(cell) for cell in right] == np.diag(v46.subject.table[:, :5]).tolist()
    assert all(float(cell) < 0 for cell in _cells(page, "down"))


def test_cells_that_differ_from_the_cheapest_are_marked(page, v46, v50):
    differ = sum(
        given != cheap
        for best, least in zip(v46.optimum, v46.cheapest, strict=True)
        for given, cheap in zip(best.answers, least.answers, strict=True)
    )
    assert page.count('class="differs"') == differ > 0
    assert 'class="differs"' not in audit_page([v50])


def test_policies_are_ranked_and_a_lazy_one_ahead_is_red(page, v46):
    ranked = re.findall(r'<span class="who">([^<]+)</span>', page)
    rewards = {value.name: value.expected_reward for value in v46.policies}
    assert sorted(ranked) == sorted(rewards)
    assert [rewards[name] for name in ranked] == sorted(rewards.values(), reverse=True)
    assert "row lazy ahead" not in page
    ahead = [replace(value, gap=0.5) if value.name == "always-2" else value for value in v46.policies]
    assert audit_page([replace(v46, policies=tuple(ahead))]).count("row lazy ahead") == 1


def test_attacks_that_pay_come_first(v46):
    beaten = AttackResult("made-up", "hedge", 2.0, 1.0, 1.5, 7, 25, True)
    html = audit_page([replace(v46, attacks=(*v46.attacks, beaten))])
    assert html.index("made-up") < html.index(v46.attacks[0].id)
    assert html.count('class="beaten"') == 1
    assert "1 earn more than plain text may, by up to 1.50" in html


def test_unscorable_attacks_and_policies_are_named(v46):
    silent = AttackResult("nothing", "hedge", None, None, None, 0, 0, False)
    policies = tuple(replace(v, expected_reward=None, gap=None) if v.name == "hedge" else v for v in v46.policies)
    html = audit_page([replace(v46, attacks=(silent,), policies=policies)])
    assert "1 could not be scored" in html
    assert "The reward cannot score: hedge." in html


def test_text_of_a_reward_is_escaped(v46):
    raw = {
        "name": "mine",
        "title": HOSTILE,
        "source": HOSTILE,
        "terms": [{"name": "right", "kind": "outcome_distance", "right": 1, "over_per_level": -1,
                   "under_per_level": -1, "no_answer": -9}],
    }  # fmt: skip
    found = audit(subject_of(build_spec(raw, "test")))
    subject = replace(found.subject, name=HOSTILE, triggered={HOSTILE: found.subject.table + 1})
    finding = Finding("x", Severity.NOTE, HOSTILE, HOSTILE, HOSTILE)
    html = audit_page([replace(found, subject=subject, findings=(finding,))] * 2)
    assert "<script" not in html.lower()
    assert "\u202e" not in html
    assert "&lt;script&gt;" in html
    assert "default-src 'none'" in html


def test_several_audits_are_compared_first(v46, v50):
    html = audit_page([v46, v50])
    assert html.index('id="compared"') < html.index('id="r1"') < html.index('id="r2"')
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def test_links_of_one_audit_lead_somewhere(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_a_triangle_has_one_hexagon_a_belief_and_a_dot_where_answers_differ(v46, v50):
    for region in v46.regions:
        tree = ElementTree.fromstring(triangle(region))
        paths = [(item.get("class") or "", item.get("d") or "") for item in tree.iter() if item.tag.endswith("path")]
        assert sum(d.count("M") for css, d in paths if "ring" not in css) == len(region.paid)
        dots = sum(d.count("M") for css, d in paths if "ring" in css)
        assert dots == int((region.paid != region.cheapest).sum())
        assert f"{region.differ:.0%}" in (tree.get("aria-label") or "")
    assert all("ring" not in triangle(region) for region in v50.regions)


def test_charts_draw_the_path_and_say_what_they_show(v46):
    charts = path_charts(v46.path)
    assert [chart.title for chart in charts] == [
        "Shares of the patients",
        "Class mix",
        "Cost to the patients",
        "Reward",
    ]
    assert [name for name, _ in charts[1].legend] == [*(f"answers {level}" for level in range(1, 6)), "no answer"]
    over = cost_chart(v46)
    assert over is not None
    assert "over skill" in over.svg
    assert "drawn up to" not in over.title
    steep = tuple(replace(outcome, cost_ratio=float("inf")) for outcome in v46.optimum)
    cut = cost_chart(replace(v46, optimum=steep))
    assert cut is not None
    assert "drawn up to x3" in cut.title


def test_turns_are_marked(v46):
    path = replace(v46.path, exact=np.linspace(0.7, 0.3, len(v46.path.steps)))
    rows = words.path_rows(path)
    assert rows[0] == ("start", 0)
    assert rows[-1] == ("end", int(path.steps[-1]))
    turn = next(step for what, step in rows if "exact falls" in what)
    assert path.exact[turn] < path.exact[0] - 0.02 <= path.exact[turn - 1]
    assert 'class="break"' in path_charts(path)[0].svg


def test_words_count_and_bound(v46, v50):
    assert words.counts(v50.findings) == "no finding"
    given = [Finding("a", severity, "", "", "") for severity in (Severity.SEVERE, Severity.NOTE, Severity.NOTE)]
    assert words.counts(given) == "1 severe, 2 notes"
    assert "from skill 0.78 on" in words.bounds(v46)
    assert "at every skill" in words.bounds(v50)
    assert "even at skill 0.99" in words.bounds(replace(v46, break_even_skill=None))
    assert words.prior_name(v46.signal.prior) == "real"
    assert words.mix(v46.signal.prior) == "6/36/48/9/1 %"


def test_the_assumptions_name_what_was_asked_for():
    told = " ".join(text for _, text in words.assumptions(audit(subject_of(load_preset("v50")), skill=0.8)))
    assert "probability 0.8" in told
    assert "5, 3, 1, 1, 1 times" in told


def test_written_whole_or_not_at_all(v46, page, tmp_path):
    out = write_audit_page([v46], tmp_path / "audit.html")
    assert out.read_text(encoding="utf-8") == page
    with pytest.raises(BadInputError):
        write_audit_page([v46], tmp_path)
