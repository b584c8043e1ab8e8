"""What is set at the start."""

from __future__ import annotations

from chat_tui.domain.settings import PromptTemplate, Settings


def test_settings_of_their_own() -> None:
    one, two = Settings(), Settings()
    one.recents.append("a/b")
    one.parameters["temperature"] = 1
    assert (two.recents, two.parameters, two.sidebar, two.welcomed) == ([], {}, True, False)


def test_templates_can_be_told_apart() -> None:
    assert len({PromptTemplate("a", "x"), PromptTemplate("a", "x", parameters={}), PromptTemplate("b", "x")}) == 2
