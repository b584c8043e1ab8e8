"""Threads that an export has to tell in full."""

from __future__ import annotations

from chat_tui.domain.conversation.message import Message, MessageError, Role, Status
from chat_tui.domain.conversation.thread import Thread
from tests.storage.exchange.samples import PIXEL

HOSTILE = (
    "<script>alert(1)</script> <img src=https://evil.example/a.png onerror=alert(2)>\n\n"
    "[click](javascript:alert(3)) ![pixel](https://evil.example/b.png) [ssh](ssh://evil)\n\n"
    "<iframe src='//evil.example'></iframe>\n\n[x]: https://evil.example/c.css 'y\" onload=\"z'\n\n[x]\n\n"
    "\x1b]52;c;eA==\x07\u202egnp.exe </style></details></main>"
)


def full_thread() -> Thread:
    """Reasoning, a tool, an image, an error, an open fence, sources, a second branch, Chinese and Arabic."""
    thread = Thread(
        id="20261121-202700-k3f9",
        title='Towers: "東京" & <b>برج</b>',
        created="2026-11-21T20:27:00Z",
        updated="2026-11-21T20:27:09Z",
        tags=["travel", "a: b"],
        system_prompt="Be terse.",
        draft="What about",
    )
    ask = thread.add(Role.USER, "Which tower is *this*? <b>bold</b>")
    ask.parts = [
        {"type": "text", "text": ask.content},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "image_url", "image_url": {"url": "https://evil.example/seen.png"}},
    ]
    old = _answer(thread, "The **Eiffel** tower.", model="work/small")
    thread.add(Role.USER, "Really?", parent=old.id)
    answer = thread.add(Role.ASSISTANT, "東京タワーです。\n\n```python\nprint('open')", parent=ask.id)
    answer.model, answer.status, answer.reasoning = "modelmax/deepseek-v3.2", Status.INTERRUPTED, "Red, so:\n\n- Tokyo"
    answer.extra["citations"] = ["https://tower.example/a", "javascript:alert(1)"]
    answer.error = MessageError("interrupted", "The connection broke.", advice="Try again.")
    thread.add(Role.USER, "كم يبلغ ارتفاعه؟")
    call = _answer(thread, "")
    call.tool_calls = [{"id": "c", "type": "function", "function": {"name": "height", "arguments": '{"of": "tower"}'}}]
    thread.add(Role.TOOL, "333 m").tool_call_id = "c"
    _answer(thread, HOSTILE)
    return thread


def _answer(thread: Thread, text: str, model: str = "modelmax/deepseek-v3.2") -> Message:
    message = thread.add(Role.ASSISTANT, text)
    message.model, message.status = model, Status.COMPLETE
    return message
