"""What an export says beside its texts: citations, pages, documents, pictures and files of the same archive."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from chat_tui.domain.conversation.message import Role
from tests.storage.exchange.conftest import Conversations, texts
from tests.storage.exchange.samples import (
    PIXEL,
    chatgpt_conversation,
    chatgpt_message,
    claude_export,
    claude_message,
    elia_database,
    zipped,
)

SITE = {"title": "Tower", "url": "https://tower.example/a", "attribution": "tower.example"}
CITE = "\ue200cite\ue202turn0search0\ue201"
PAGE = "\ue200url\ue202the page\ue202turn0search0\ue201"


def _answer(text: str, **metadata: Any) -> dict[str, Any]:
    return chatgpt_conversation(("a", None, chatgpt_message("a", "assistant", text, metadata=metadata)))


@pytest.mark.parametrize(
    ("text", "reference", "shown"),
    [
        (f"High {CITE}.", {"matched_text": CITE, "items": [SITE]}, "High ([Tower](<https://tower.example/a>))."),
        (f"High {CITE}.", {"matched_text": CITE, "alt": "([T](https://t.example))"}, "High ([T](https://t.example))."),
        ('In \ue200entity\ue202["city","Paris","of France"]\ue201.', {}, "In Paris."),
        (f"See {PAGE}.", {"matched_text": PAGE, "url": SITE["url"]}, "See [the page](<https://tower.example/a>)."),
        ('a\ue203b\ue204 \ue200image_group\ue202{"q":1}\ue201c', {}, "ab c"),
        ("Old【3†source】 way", {}, "Old way"),
        ("【不是】标记", {}, "【不是】标记"),
    ],
)
async def test_marks_become_words_and_links(
    desk: Conversations, text: str, reference: dict[str, Any], shown: str
) -> None:
    thread = await desk.one([_answer(text, content_references=[reference])])
    assert thread.messages["a"].content == shown


async def test_all_references_and_footnotes_count(desk: Conversations) -> None:
    marks = [f"\ue200cite\ue202turn0search{number}\ue201" for number in range(300)]
    references: list[dict[str, Any]] = [
        {"matched_text": mark, "items": [{"title": f"P{number}", "url": f"https://p.example/{number}"}]}
        for number, mark in enumerate(marks)
    ]
    references.append({"matched_text": " ", "type": "sources_footnote", "sources": [SITE, {"url": "javascript:1"}]})
    answer = (await desk.one([_answer(" ".join(marks), content_references=references)])).messages["a"]
    assert answer.content.count("](<https://p.example/") == 300
    assert answer.sources == [{"title": "Tower", "url": SITE["url"]}]


async def test_older_citations_and_quoted_pages(desk: Conversations) -> None:
    citation = {"start_ix": 4, "end_ix": 14, "metadata": {"type": "webpage", **SITE}}
    quote = {"content_type": "tether_quote", **SITE, "text": "333 m"}
    conversation = _answer("High【3†source】", citations=[citation])
    message = chatgpt_message("q", "tool", quote)
    conversation["mapping"]["q"] = {"id": "q", "parent": "a", "message": message, "children": []}
    thread = await desk.one([conversation])
    assert [content for _, content in texts(thread)] == [
        "High([Tower](<https://tower.example/a>))",
        "[Tower](<https://tower.example/a>)\n\n333 m",
    ]


async def test_what_a_browser_found_is_titles_and_links(desk: Conversations) -> None:
    found = {
        "content_type": "tether_browsing_display",
        "result": "# 【0†Tower†tower.example】\n333 m\n# 【7†Lost†x】【1†source】",
    }
    pages = {"_cite_metadata": {"metadata_list": [{"type": "webpage", **SITE}]}}
    conversation = chatgpt_conversation(("t", None, chatgpt_message("t", "tool", found, metadata=pages)))
    message = (await desk.one([conversation])).messages["t"]
    assert message.content == "# [Tower](<https://tower.example/a>)\n333 m\n# Lost"


async def test_a_canvas_is_blocks_of_text(desk: Conversations) -> None:
    say = chatgpt_message
    code = {"name": "calc.py", "type": "code/python", "content": 'print("4")\n'}
    change = {"updates": [{"pattern": ".*", "multiple": False, "replacement": "print(5)"}]}
    conversation = chatgpt_conversation(
        ("c", None, say("c", "assistant", json.dumps(code), recipient="canmore.create_textdoc")),
        ("u", "c", say("u", "assistant", json.dumps(change), recipient="canmore.update_textdoc")),
        ("w", "u", say("w", "assistant", '{"q": 1}', recipient="web.run")),
    )
    create, update, call = (await desk.one([conversation])).branch()
    assert (create.content, create.tool_calls) == ('```python calc.py\nprint("4")\n```', [])
    assert update.content == "```text\nprint(5)\n```"
    assert len(call.tool_calls) == 1


async def test_a_report_and_memories(desk: Conversations) -> None:
    found: dict[str, Any] = {"id": "r", "content": {"content_type": "text", "parts": [f"# Report {CITE}"]}}
    found["metadata"] = {"content_references": [{"matched_text": CITE, "items": [SITE]}]}
    widget = {"chatgpt_sdk": {"widget_state": json.dumps({"status": "completed", "report_message": found})}}
    memory = {"content_type": "model_editable_context", "model_set_context": "1. Likes tea"}
    conversation = chatgpt_conversation(
        ("m", None, chatgpt_message("m", "assistant", memory)),
        ("q", "m", chatgpt_message("q", "user", "Research tea")),
        ("t", "q", chatgpt_message("t", "tool", "done", metadata=widget)),
    )
    thread = await desk.one([conversation])
    assert thread.system_prompt == "Memories:\n\n1. Likes tea"
    assert texts(thread)[-1] == ("assistant", "# Report ([Tower](<https://tower.example/a>))")


async def test_pictures_and_files_of_the_archive_become_attachments(desk: Conversations) -> None:
    image = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_00000000aa11", "width": 1}
    drawn = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Abcdefgh1234"}
    video = {"content_type": "real_time_user_audio_video_asset_pointer", "audio_asset_pointer": drawn}
    notes = {"id": "file-Notes12345678", "name": "notes.txt", "mime_type": "text/plain"}
    named = {"id": "file_00000000aa11", "name": "tower.png"}
    say = chatgpt_message
    question = {"content_type": "multimodal_text", "parts": [image, "Which?"]}
    conversation = chatgpt_conversation(
        ("q", None, say("q", "user", question, metadata={"attachments": [named, notes]})),
        ("a", "q", say("a", "assistant", {"content_type": "multimodal_text", "parts": [drawn, "This."]})),
        ("v", "a", say("v", "user", {"content_type": "multimodal_text", "parts": [video]})),
    )
    pixel = b64decode(PIXEL)
    members = [
        ("conversations-000.json", json.dumps([conversation]).encode()),
        ("user.json", b"{}"),
        ("file_00000000aa11-sanitized.png", pixel),
        ("dalle-generations/file-Abcdefgh1234-x.webp", pixel),
        ("file-Notes12345678-notes.txt", "Höhe: 333 m".encode()),
    ]
    report = await desk.take(zipped(desk.folder / "export.zip", members))
    assert report.problems == []
    asked, answer, spoken = (await desk.store.load(report.imported[0].id)).branch()
    url = {"url": f"data:image/png;base64,{PIXEL}"}
    assert asked.content == "Which?\n\n```txt notes.txt\nHöhe: 333 m\n```"
    assert asked.parts == [{"type": "text", "text": asked.content}, {"type": "image_url", "image_url": url}]
    assert asked.extra["chips"] == {"images": ["tower.png"]}
    assert answer.extra["images"] == [{"type": "image_url", "image_url": url}]
    assert spoken.parts == [{"type": "image_url", "image_url": url}]


async def test_claudes_citations_results_and_artifacts(desk: Conversations) -> None:
    elsewhere = {**SITE, "url": "https://b.example"}
    cited = {"type": "text", "text": "It is high.", "citations": [{"end_index": 10, **SITE}, elsewhere]}
    knowledge = {"type": "knowledge", "title": "Tower", "url": SITE["url"], "text": "333 m"}
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}}
    kind = {"type": "application/vnd.ant.code", "language": "python"}
    make = {"id": "calc", "command": "create", "title": "Calc", "content": "x = 1\ny = 2", **kind}
    update = {"id": "calc", "command": "update", "old_str": "x = 1", "new_str": "x = 3"}
    blocks = [
        {"type": "tool_use", "id": "t1", "name": "web_search", "input": {"query": "tower"}},
        {"type": "tool_result", "tool_use_id": "t1", "content": [knowledge, picture]},
        cited,
        {"type": "tool_use", "id": "t2", "name": "artifacts", "input": make},
        {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "text", "text": "OK"}]},
        {"type": "tool_use", "id": "t3", "name": "artifacts", "input": update},
    ]
    tag = '<antArtifact identifier="n" type="text/markdown" title="Note">\n# Hi\n</antArtifact>'
    messages = [
        claude_message("q", "human", "How high?"),
        claude_message("a", "assistant", "", content=blocks),
        claude_message("o", "assistant", f"Here: {tag} Done.", content=None),
    ]
    thread = await desk.one([claude_export() | {"chat_messages": messages}])
    _, _, result, answer, old = thread.branch()
    assert result.content == f"Tower <{SITE['url']}>\n\n333 m"
    assert result.sources == [{"title": "Tower", "url": SITE["url"]}]
    assert len(result.parts or ()) == 2
    assert answer.content == (
        f"It is high ([Tower](<{SITE['url']}>)).\n\n```python Calc\nx = 1\ny = 2\n```\n\n"
        "```python Calc (version 2)\nx = 3\ny = 2\n```"
    )
    assert answer.sources == [{"title": "Tower", "url": "https://b.example"}]
    assert old.content == "Here:\n\n```markdown Note\n# Hi\n```\n\nDone."


async def test_claudes_projects_and_memory(desk: Conversations) -> None:
    project: dict[str, Any] = {"uuid": "p", "name": "My towers", "prompt_template": "Be brief.", "description": ""}
    project |= {"docs": [{"filename": "a.md", "content": "# Heights"}], "created_at": "2026-01-01T00:00:00Z"}
    memory = {"conversations_memory": "Likes tea", "project_memories": {"p": "Tall"}}
    members = [
        ("conversations.json", json.dumps([claude_export() | {"project_uuid": "p"}]).encode()),
        ("projects.json", json.dumps([project]).encode()),
        ("memories.json", json.dumps([memory]).encode()),
        ("users.json", b"[]"),
    ]
    report = await desk.take(zipped(desk.folder / "claude.zip", members))
    threads = {each.title: await desk.store.load(each.id) for each in report.imported}
    assert (threads["Calendar tips"].tags, threads["Calendar tips"].system_prompt) == (["My-towers"], "Be brief.")
    towers = threads["My towers"]
    assert (towers.system_prompt, towers.tags) == ("Be brief.", ["My-towers"])
    assert texts(towers) == [("user", "```md a.md\n# Heights\n```")]
    assert texts(threads["Memory of Claude"]) == [("assistant", "Likes tea\n\n## My towers\n\nTall")]
    assert report.kinds == {"Claude": 1, "Claude (projects)": 1, "Claude (memory)": 1}


async def test_a_folder_is_read_as_its_archive_would_be(desk: Conversations) -> None:
    folder = desk.folder / "export"
    (folder / "sub").mkdir(parents=True)
    image = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-Abcdefgh1234"}
    message = chatgpt_message("q", "user", {"content_type": "multimodal_text", "parts": [image]})
    (folder / "conversations.json").write_text(json.dumps([chatgpt_conversation(("q", None, message))]))
    (folder / "file-Abcdefgh1234.png").write_bytes(b64decode(PIXEL))
    (folder / "sub" / "claude.json").write_text(json.dumps([claude_export()]))
    (folder / "sub" / "noise.json").write_text('{"openapi": 3, "paths": {}}')
    elsewhere = desk.file([claude_export() | {"uuid": "elsewhere"}], "elsewhere.json")
    (folder / "sub" / "away.json").symlink_to(elsewhere)
    elia_database(folder / "elia.sqlite")
    report = await desk.take(folder)
    assert report.kinds == {"ChatGPT": 1, "elia": 2, "Claude": 1}
    assert "files could not be read: an OpenAPI description" in " ".join(report.problems)
    loaded = [await desk.store.load(each.id) for each in report.imported]
    assert any(each.parts for thread in loaded for each in thread.messages.values() if each.role is Role.USER)
