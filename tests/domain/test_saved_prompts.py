"""Saved prompts: what choosing one changes, and what the one before it leaves behind."""

from __future__ import annotations

from chat_tui.domain.conversation.thread import Thread
from chat_tui.domain.saved_prompts import changes, summary
from chat_tui.domain.settings import PromptTemplate

REVIEWER = PromptTemplate(
    "reviewer",
    "Review.",
    model="acme/large",
    parameters={"temperature": 0.1, "seed": 7},
    tools=("git",),
    fallback=("family",),
    budget=0.5,
)
PLAIN = PromptTemplate("plain", "Be plain.")


def use(thread: Thread, chosen: PromptTemplate, before: PromptTemplate | None = None) -> None:
    for name, value in changes(thread, chosen.prompt, chosen, before).items():
        setattr(thread, name, value)


def test_a_saved_prompt_brings_its_settings() -> None:
    thread = Thread(model="acme/small", parameters={"top_p": 0.9, "temperature": 1.0}, tools=["time"])
    use(thread, REVIEWER)
    assert (thread.system_prompt, thread.saved_prompt, thread.model) == ("Review.", "reviewer", "acme/large")
    assert thread.parameters == {"top_p": 0.9, "temperature": 0.1, "seed": 7}
    assert (thread.tools, thread.fallback, thread.request_budget) == (["git"], ["family"], 0.5)


def test_the_next_one_takes_back_what_it_set_but_not_what_the_user_changed() -> None:
    thread = Thread()
    use(thread, REVIEWER)
    thread.parameters = {**thread.parameters, "temperature": 0.8}
    use(thread, PLAIN, REVIEWER)
    assert thread.parameters == {"temperature": 0.8}
    assert (thread.tools, thread.fallback, thread.request_budget) == ([], [], None)
    assert thread.model == "acme/large", "a prompt without a model leaves it"

    thread = Thread()
    use(thread, REVIEWER)
    thread.tools = ["git", "time"]
    use(thread, PLAIN, REVIEWER)
    assert thread.tools == ["git", "time"]


def test_a_model_that_is_none_is_left_out() -> None:
    thread = Thread(model="acme/small")
    use(thread, PromptTemplate("x", "y", model="no-provider"))
    assert thread.model == "acme/small"


def test_the_settings_are_said_in_words() -> None:
    assert summary(REVIEWER) == "large · temperature, seed · 1 tool · fallback · budget"
    assert summary(PLAIN) == ""
