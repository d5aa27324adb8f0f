"""A page as a reader opens it in a real browser, at several widths, light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

OVERHANGING = """
[...document.querySelectorAll('main *')]
  .filter(one => one.closest('.scroll, pre, svg') === null && one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.outerHTML.slice(0, 90))
"""


def check_pages(pages: Sequence[Path], looks: Sequence[tuple[int, str]]) -> None:
    """Assert of each page at each (width, colour scheme): no request but the file, no message, no sideways scroll."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            for page in pages:
                for width, scheme in looks:
                    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
                    asked, said = [], []
                    tab.on("request", lambda request, asked=asked: asked.append(request.url))
                    tab.on("console", lambda message, said=said: said.append(message.text))
                    tab.on("pageerror", lambda error, said=said: said.append(str(error)))
                    tab.goto(page.as_uri())
                    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
                    assert said == []
                    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
                    assert tab.evaluate("document.documentElement.scrollWidth") <= width, (page.name, width)
                    assert tab.evaluate(OVERHANGING) == [], (page.name, width)
                    tab.close()
        finally:
            browser.close()
