"""Conversations that are texts: our own Markdown, transcripts of others, buffers of editors, YAML."""

from __future__ import annotations

import pytest

from chat_tui.domain.ports.files import ExportFormat
from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.conversations import full_thread

TALK = [("user", "How high?\n\n```md\n## User\n```"), ("assistant", "Tall.\n\n### Why\n\nSteel."), ("user", "Thanks")]


def _written(user: str, model: str, between: str = "\n\n") -> str:
    heads = {"user": user, "assistant": model}
    return "\n\n".join(f"{heads[role]}{between}{text}" for role, text in TALK)


@pytest.mark.parametrize(
    "text",
    [
        "# Towers\n\n" + _written("## User", "## Assistant"),
        "# Towers\n\n" + _written("## Me", "## CodeCompanion (gpt-4o)"),
        "---\ntitle: Towers\n---\n" + _written("#### You:", "#### ChatGPT:"),
        "# Towers\n" + _written("**User:**", "**Claude:**"),
        "# Towers\n" + _written("Human:", "AI:", " "),
        "# Towers\n" + _written("**Prompt**", "**Response**", "\n---\n").replace("\n---\n", "\n\n"),
    ],
)
async def test_transcripts(desk: Conversations, text: str) -> None:
    file = desk.file(text.encode(), "talk.md")
    thread = await desk.one(file)
    assert (thread.title, texts(thread)) == ("Towers", TALK)
    file.write_text(text + "\n\n" + text.splitlines()[2 if text.startswith("---") else 0])
    assert not (await desk.take(file)).imported


@pytest.mark.parametrize("text", ["# Notes\n\n## User\n\nA section.\n", "Note: buy tea\nUser: me\n", "- a\n- b\n"])
async def test_other_texts_are_none(desk: Conversations, text: str) -> None:
    report = await desk.take(desk.file(text.encode(), "notes.md"))
    assert report.imported == []
    assert "nor is it a text in which turns can be told apart" in report.problems[0]


async def test_our_own_markdown(desk: Conversations) -> None:
    thread = full_thread()
    file = desk.file(await desk.exchange.export(thread, ExportFormat.MARKDOWN), "towers.md")
    back = await desk.one(file)
    assert (back.system_prompt, back.draft, back.tags) == ("Be terse.", "What about", ["travel", "a: b"])
    ours, theirs = thread.branch(), back.branch()
    assert [each.role for each in theirs] == [each.role for each in ours]
    assert theirs[0].content == f"{ours[0].content}\n\n[image, not shown here: <https://evil.example/seen.png>]"
    assert (theirs[0].parts or [])[1] == (ours[0].parts or [])[1]
    assert (theirs[2].content, theirs[4].content) == (ours[2].content, "333 m")
    assert (theirs[1].model, theirs[1].reasoning) == (ours[1].model, ours[1].reasoning)
    assert theirs[1].sources == [{"url": "https://tower.example/a"}]
    assert len(back.siblings(theirs[1].id)) == 2
    assert len((await desk.take(file)).present) == 1
    await desk.store.delete(back.id)
    await desk.store.save(thread)
    assert [each.id for each in (await desk.take(file)).present] == [thread.id]


GPTEL = """### How high?

Tall.

### Thanks

<!-- Local Variables: -->
<!-- gptel-model: "gpt-4o" -->
<!-- gptel--backend-name: "ChatGPT" -->
<!-- gptel--system-message: "Be \\"brief\\"." -->
<!-- gptel--bounds: ((response (16 21))) -->
<!-- End: -->
"""
ORG = """:PROPERTIES:
:GPTEL_MODEL: gpt-4o
:GPTEL_BACKEND: ChatGPT
:GPTEL_SYSTEM: Be "brief".
:GPTEL_BOUNDS: ((response (145 150)))
:END:
*** How high?

Tall.

*** Thanks
"""


@pytest.mark.parametrize("text", [GPTEL, ORG])
async def test_gptels_buffers(desk: Conversations, text: str) -> None:
    thread = await desk.one(desk.file(text.encode(), "towers.md"))
    assert texts(thread) == [("user", "How high?"), ("assistant", "Tall."), ("user", "Thanks")]
    assert (thread.system_prompt, thread.branch()[1].model) == ('Be "brief".', "chatgpt/gpt-4o")


AICHAT = """model: openai:gpt-4o
temperature: 0.5
save_session: true
messages:
- role: system
  content: Be brief.
- role: user
  content: |-
    How high?

      - indented: yes
- role: assistant
  content: 'It''s tall: 333 m'
- role: user
  content:
  - type: text
    text: "And\\nthis?"
  - type: image_url
    image_url:
      url: https://tower.example/a.png
"""


async def test_aichats_sessions(desk: Conversations) -> None:
    thread = await desk.one(desk.file(AICHAT.encode(), "towers.yaml"))
    assert (thread.title, thread.system_prompt, thread.parameters) == ("towers", "Be brief.", {"temperature": 0.5})
    assert texts(thread) == [
        ("user", "How high?\n\n  - indented: yes"),
        ("assistant", "It's tall: 333 m"),
        ("user", "And\nthis?\n\n[image: https://tower.example/a.png]"),
    ]
    assert thread.branch()[1].model == "openai/gpt-4o"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("model: x\nmessages:\n" + "".join(" " * level + "a:\n" for level in range(1, 50)), "nested deeper"),
        ("model: x\nmessages:\n- a: *b\n", "anchors or tags"),
    ],
)
async def test_hostile_yaml_is_refused(desk: Conversations, text: str, reason: str) -> None:
    report = await desk.take(desk.file(text.encode(), "x.yaml"))
    assert report.imported == []
    assert reason in report.problems[0]
