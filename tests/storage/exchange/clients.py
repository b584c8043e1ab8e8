"""Files of the shapes that chat clients and websites write, each of one short talk."""

from __future__ import annotations

import json
from typing import Any

from tests.storage.exchange.samples import PIXEL

URL = f"data:image/png;base64,{PIXEL}"
SITE = {"url": "https://tower.example/a", "title": "Tower"}
DETAILS = (
    '<details type="reasoning" done="true" duration="2">\n<summary>Thought</summary>\n> Hm.\n</details>\n'
    '<details type="tool_calls" done="true" id="c1" name="height" arguments="&quot;{\\&quot;of\\&quot;: 1}&quot;"'
    ' result="&quot;333&quot;">\n<summary>Done</summary>\n</details>\nTall.'
)


def _row(identity: str, role: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": identity, "role": role, "content": text, **more}


def open_webui() -> Any:
    messages = {
        "q": _row("q", "user", "How high?", parentId=None, timestamp=1762989084, files=[{"type": "image", "url": URL}]),
        "old": _row("old", "assistant", "No idea.", parentId="q", model="llama3"),
        "a": _row("a", "assistant", DETAILS, parentId="q", model="gpt-4o", sources=[{"source": SITE}]),
    }
    chat = {"history": {"messages": messages, "currentId": "a"}, "params": {"system": "Be brief."}, "title": "Towers"}
    return [{"id": "w", "title": "Towers", "chat": chat, "created_at": 1762989084, "meta": {"tags": ["high"]}}]


def open_webui_outputs() -> Any:
    said = [{"type": "output_text", "text": "Tall."}]
    output = [
        {"type": "reasoning", "content": [{"type": "output_text", "text": "Hm."}], "summary": None},
        {"type": "function_call", "call_id": "c", "name": "height", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "333"}]},
        {"type": "message", "role": "assistant", "content": said},
    ]
    chat = open_webui()
    chat[0]["chat"]["history"]["messages"]["a"] |= {"content": "<details>x</details>Tall.", "output": output}
    return chat


def librechat() -> Any:
    answer = {
        "messageId": "a",
        "parentMessageId": "q",
        "isCreatedByUser": False,
        "model": "gpt-4o",
        "endpoint": "openAI",
    }
    answer["content"] = [{"type": "think", "think": "Hm."}, {"type": "text", "text": {"value": "Tall."}}]
    call = {"type": "tool_call", "tool_call": {"id": "c", "name": "height", "args": "{}", "output": "333"}}
    old = {"messageId": "old", "parentMessageId": "q", "isCreatedByUser": False, "content": [call], "text": ""}
    question = {"messageId": "q", "parentMessageId": "0", "isCreatedByUser": True, "text": "How high?"}
    question |= {"children": [old, answer], "createdAt": "2025-11-12T23:11:24.000Z"}
    options = {"promptPrefix": "Be brief.", "temperature": 0.5}
    return {"conversationId": "l", "title": "Towers", "options": options, "recursive": True, "messages": [question]}


def chatbox() -> Any:
    parts = [{"type": "reasoning", "text": "Hm."}, {"type": "text", "text": "Tall."}]
    image = {"type": "image", "storageKey": "picture:1"}
    session = {
        "id": "s",
        "name": "Towers",
        "messages": [
            {"id": "q", "role": "user", "contentParts": [{"type": "text", "text": "How high?"}, image]},
            {"id": "a", "role": "assistant", "contentParts": parts, "timestamp": 1762989084000, "model": "gpt-4o"},
        ],
        "messageForksHash": {
            "q": {"position": 1, "lists": [{"id": "f", "messages": [_row("old", "assistant", "No.")]}]}
        },
        "threads": [{"id": "t", "name": "Before", "messages": [_row("b", "user", "Earlier")]}],
    }
    return {"__exported_items": ["conversations"], "session:s": session, "picture:1": URL}


def cherry_studio() -> Any:
    topic = {"id": "t", "name": "Towers", "createdAt": "2025-11-12T23:11:24.000Z"}
    assistants = {"assistants": [{"id": "h", "name": "Guide", "prompt": "Be brief.", "topics": [topic]}]}
    stored = json.dumps({"assistants": json.dumps(assistants)})
    model = {"id": "gpt-4o", "provider": "openai"}
    messages = [
        {"id": "q", "role": "user", "blocks": ["b1"]},
        {"id": "old", "role": "assistant", "askId": "q", "blocks": ["b4"], "model": model},
        {"id": "a", "role": "assistant", "askId": "q", "blocks": ["b2", "b3"], "foldSelected": True, "model": model},
        {"id": "q2", "role": "user", "blocks": ["b5"]},
    ]
    blocks = [
        {"id": "b1", "type": "main_text", "content": "How high?"},
        {"id": "b2", "type": "thinking", "content": "Hm."},
        {"id": "b3", "type": "main_text", "content": "Tall."},
        {"id": "b4", "type": "tool", "toolId": "c", "toolName": "height", "arguments": {}, "content": "333"},
        {"id": "b5", "type": "main_text", "content": "Thanks"},
    ]
    tables = {"topics": [{"id": "t", "messages": messages}], "message_blocks": blocks}
    return {"time": 1, "version": 5, "localStorage": {"persist:cherry-studio": stored}, "indexedDB": tables}


def lobechat() -> Any:
    common = {"sessionId": "s", "topicId": "t"}
    return {
        "exportType": "all",
        "version": 7,
        "state": {
            "sessions": [{"id": "s", "meta": {"title": "Guide"}, "config": {"systemRole": "Be brief."}}],
            "topics": [{"id": "t", "sessionId": "s", "title": "Towers", "createdAt": 1762989084000}],
            "messages": [
                _row("q", "user", "How high?", createdAt=1762989084000, **common),
                _row("a", "assistant", "Tall.", createdAt=1762989085000, parentId="q", model="gpt-4o", **common)
                | {"provider": "openai", "reasoning": {"content": "Hm."}},
                _row("old", "assistant", "No.", createdAt=1762989084500, parentId="q", **common),
            ],
        },
    }


def deepseek() -> Any:
    def node(name: str, parent: str | None, *fragments: tuple[str, str]) -> dict[str, Any]:
        listed = [{"type": kind, "content": text} for kind, text in fragments]
        message = {"fragments": listed, "model": "deepseek-reasoner", "inserted_at": "2025-11-12T23:11:24+08:00"}
        return {"id": name, "parent": parent, "children": [], "message": message if fragments else None}

    nodes = [node("root", None), node("1", "root", ("REQUEST", "How high?")), node("old", "1", ("RESPONSE", "No."))]
    nodes.append(node("2", "1", ("THINK", "Hm."), ("RESPONSE", "Tall.")))
    found = {"type": "SEARCH", "results": [SITE]}
    nodes[-1]["message"]["fragments"].append(found)
    nodes[-1]["message"]["inserted_at"] = "2025-11-12T23:12:24+08:00"
    return [
        {
            "id": "d",
            "title": "Towers",
            "inserted_at": "2025-11-12T23:11:24+08:00",
            "mapping": {n["id"]: n for n in nodes},
        }
    ]


def jan() -> bytes:
    def line(identity: str, role: str, text: str) -> dict[str, Any]:
        content = [{"type": "text", "text": {"value": text, "annotations": []}}]
        return {"id": identity, "object": "thread.message", "thread_id": "j", "role": role, "content": content}

    answer = line("a", "assistant", "Tall.")
    answer["content"].insert(0, {"type": "reasoning", "text": "Hm."})
    return b"\n".join(json.dumps(each).encode() for each in (line("q", "user", "How high?"), answer))


def lm_studio() -> Any:
    def version(role: str, *texts: str) -> dict[str, Any]:
        return {"type": "singleStep", "role": role, "content": [{"type": "text", "text": text} for text in texts]}

    thought = {"type": "contentBlock", "content": [{"type": "text", "text": "Hm."}], "style": {"type": "thinking"}}
    said = {"type": "contentBlock", "content": [{"type": "text", "text": "Tall."}], "genInfo": {"identifier": "qwen3"}}
    answer = {"type": "multiStep", "role": "assistant", "steps": [thought, said]}
    messages = [
        {"versions": [version("user", "How high?")], "currentlySelected": 0},
        {"versions": [version("assistant", "No."), answer], "currentlySelected": 1},
    ]
    shell = {
        "name": "Towers",
        "createdAt": 1762989084000,
        "systemPrompt": "Be brief.",
        "usePerChatPredictionConfig": True,
    }
    return shell | {"messages": messages}


def grok() -> Any:
    def response(identity: str, parent: str | None, sender: str, text: str, **more: Any) -> dict[str, Any]:
        time = {"$date": {"$numberLong": "1762989084000"}}
        found = {"_id": identity, "parent_response_id": parent, "sender": sender, "message": text, "create_time": time}
        return {"response": found | more}

    responses = [
        response("q", None, "human", "How high?"),
        response("old", "q", "ASSISTANT", "No."),
        response("a", "q", "ASSISTANT", "Tall.", thinking_trace="Hm.", model="grok-4", web_search_results=[SITE]),
    ]
    conversation = {"id": "g", "title": "Towers", "create_time": "2025-11-12T23:11:24Z", "leaf_response_id": "a"}
    return {"conversations": [{"conversation": conversation, "responses": responses}], "projects": [], "tasks": []}


def ai_studio() -> Any:
    chunks = [
        {"text": "How high?", "role": "user"},
        {"text": "Hm.", "role": "model", "isThought": True},
        {"text": "Tall.", "role": "model", "finishReason": "STOP"},
    ]
    settings = {"model": "models/gemini-2.5-pro", "temperature": 0.5}
    return {"runSettings": settings, "systemInstruction": {"text": "Be brief."}, "chunkedPrompt": {"chunks": chunks}}


def takeout() -> Any:
    item = {"header": "Gemini Apps", "title": "Prompted How high?", "time": "2025-11-12T23:11:24.000Z"}
    html = "<p>Very <b>tall</b>:</p><ul><li>333&nbsp;m</li></ul><pre><code>x = 1\n</code></pre><script>x</script>"
    return [item | {"products": ["Gemini Apps"], "safeHtmlItem": [{"html": html}]}]


def le_chat() -> Any:
    chunks = [
        {"type": "tool_call", "id": "c", "name": "web_search", "publicArguments": "{}", "publicResult": [SITE]},
        {"type": "text", "text": "Tall."},
    ]
    return [
        {"id": "q", "chatId": "m", "role": "user", "content": "How high?", "createdAt": "2025-11-12T23:11:24Z"},
        {"id": "a", "chatId": "m", "role": "assistant", "content": "", "createdAt": "2025-11-12T23:11:25Z"}
        | {"contentChunks": chunks},
    ]


def silly_tavern() -> bytes:
    head = {"user_name": "You", "character_name": "Guide", "create_date": "2025-11-12@23h11m24s"}
    answer = {"name": "Guide", "is_user": False, "mes": "Tall.", "swipes": ["No.", "Tall."], "swipe_id": 1}
    answer["swipe_info"] = [{}, {"extra": {"reasoning": "Hm.", "model": "gpt-4o", "api": "openai"}}]
    question = {"name": "You", "is_user": True, "mes": "How high?", "send_date": "November 12, 2025 11:11pm"}
    return b"\n".join(json.dumps(each).encode() for each in (head, question, answer))


def typing_mind() -> Any:
    messages = [_row("q", "user", "How high?"), _row("a", "assistant", "", model="gpt-4o")]
    messages[1]["content"] = [{"type": "text", "text": "Tall."}]
    chat = {"chatID": "t", "chatTitle": "Towers", "createdAt": "2025-11-12T23:11:24Z", "messages": messages}
    return {"data": {"chats": [chat], "folders": []}, "checksum": "x"}


def big_agi() -> Any:
    def said(identity: str, role: str, *parts: dict[str, Any]) -> dict[str, Any]:
        fragments = [{"ft": "content", "fId": "f", "part": each} for each in parts]
        return {"id": identity, "role": role, "fragments": fragments, "created": 1762989084000}

    question = said("q", "user", {"pt": "text", "text": "How high?"})
    answer = said("a", "assistant", {"pt": "text", "text": "Tall."}) | {"generator": {"name": "gpt-4o"}}
    answer["fragments"].insert(
        0, {"ft": "void", "fId": "v", "part": {"pt": "ma", "aType": "reasoning", "aText": "Hm."}}
    )
    return {
        "conversations": [{"id": "b", "userTitle": "Towers", "messages": [question, answer], "systemPurposeId": "x"}]
    }


def request_body() -> Any:
    function = {"name": "height", "arguments": "{}"}
    calls = [{"id": "c", "type": "function", "function": function}]
    return {
        "model": "gpt-4o",
        "temperature": 0.5,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {
                "role": "user",
                "content": [{"type": "text", "text": "How high?"}, {"type": "image_url", "image_url": {"url": URL}}],
            },
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "c", "content": "333"},
            {"role": "assistant", "content": "Tall."},
        ],
    }


def fine_tuning() -> bytes:
    talk = {"messages": [{"role": "user", "content": "How high?"}, {"role": "assistant", "content": "Tall."}]}
    other = {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}
    return b"\n".join(json.dumps(each).encode() for each in (talk, other))
