"""The page of an audit as a reader opens it: complete, self-contained, and fit for a phone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from browser_checks import check_pages, needs_chromium
from triagelab.cli.main import run
from triagelab.evaluation.audit_page import write_audit_page
from triagelab.rewards.audit.audit import audit
from triagelab.rewards.audit.subject import subject_of
from triagelab.rewards.presets import load_preset


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> list[Path]:
    """One reward, two compared, and one with rules, a hostile name and a name without any place to break."""
    top = tmp_path_factory.mktemp("audit")
    assert run(["audit", "v46", "--json", "--html", str(top / "one.html")]) == 0
    assert run(["audit", "v46", "v50", "--json", "--html", str(top / "two.html")]) == 0
    found = audit(subject_of(load_preset("v49")))
    name = "<script>alert('name')</script>" + "x" * 80
    ruled = {f"{rule}-{'y' * 60}": table for rule, table in found.subject.triggered.items()}
    hostile = replace(found, subject=replace(found.subject, name=name, triggered=ruled))
    write_audit_page([hostile], top / "hostile.html")
    return [top / f"{name}.html" for name in ("one", "two", "hostile")]


def test_everything_is_in_it_and_nothing_comes_from_outside(pages):
    html = pages[0].read_text(encoding="utf-8")
    for part in (
        *(
            "Not a medical device",
            "optimum-costs-more",
            "What it pays",
            "What policies earn",
            "Best-paid answers by skill",
        ),
        *("What each belief makes worth saying", "What GRPO does to it", "Where training goes", "Text attacks"),
        *("Assumptions", "What a policy knows", "Cost of a wrong level", "over-triage 1 a level", "4^-d"),
    ):
        assert part in html, part
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        assert "<script" not in text.lower()
        assert not re.search(r"https?://|@import|url\(|\ssrc=", re.sub(r"&lt;.*?&gt;", "", text))
        assert page.stat().st_size < 600_000


def test_the_same_audit_gives_the_same_page(pages, tmp_path):
    again = tmp_path / "again.html"
    assert run(["audit", "v46", "--json", "--html", str(again)]) == 0
    assert again.read_bytes() == pages[0].read_bytes()


@pytest.mark.browser
@needs_chromium
def test_fits_a_phone_and_a_laptop_without_any_request(pages):
    """No sideways scrolling from 360 px on, in light and dark, everything unfolded; no request but the file itself."""
    check_pages(pages, ((360, "light"), (390, "dark"), (768, "light"), (1280, "light")))
