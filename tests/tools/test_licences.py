"""The page of licences is what the installed packages say."""

from __future__ import annotations

from tests.tools.make_licences import TARGET, page


def test_the_page_is_up_to_date() -> None:
    assert TARGET.read_text("utf-8") == page()
