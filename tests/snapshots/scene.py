"""The main screen with a conversation in it, the same on every machine and every day."""

from __future__ import annotations

import json
import re
from pathlib import Path

from chat_tui.ui.services import Start
from tests.ui.conftest import Home, screen_text, until

MAIN = Path(__file__).parent / "main.svg"
DAY = "2025-03-14T20:{:02}:00Z"
ANSWER = """Split the **bytes**, not the text: only `\\n`, `\\r` and `\\r\\n` end a line of an event stream.

```python
def lines(buffer: bytes) -> list[bytes]:
    \"\"\"Splits where SSE says so, and nowhere else.\"\"\"
    return re.split(rb"\\r\\n|\\n|\\r", buffer)  # never str.splitlines()
```

| Separator | Code point | `str.splitlines` | 说明 |
|---|--:|:-:|---|
| LINE SEPARATOR | U+2028 | splits | 行分隔符 |
| NEXT LINE | U+0085 | splits | 下一行 |
"""


def thread(number: int, title: str, prompt: str, answer: str, model: str) -> dict[str, object]:
    when = DAY.format(30 - number)
    user = {"id": f"{number:04}aaaa", "parent": None, "role": "user", "content": prompt, "created": when}
    reply = {
        **{"id": f"{number:04}bbbb", "parent": user["id"], "role": "assistant", "content": answer, "created": when},
        **{"reasoning": "Bytes first, then text.", "model": model, "status": "complete", "finish_reason": "stop"},
        "usage": {"prompt_tokens": 412, "completion_tokens": 812, "total_tokens": 1224},
        "timing": {"first_token_s": 0.41, "total_s": 13.1, "reasoning_s": 3.1},
    }
    return {
        **{"format": "chat-tui.thread", "version": 1, "id": f"20250314-2000{number:02}-demo", "title": title},
        **{"created": when, "updated": when, "model": model, "head": reply["id"], "messages": [user, reply]},
    }


THREADS = [
    thread(
        0,
        "Splitting on U+2028",
        "How do I split a byte stream into SSE lines without breaking on U+2028?",
        ANSWER,
        "modelmax/deepseek-v3.2",
    ),
    thread(1, "Kyoto in four days", "Four days in Kyoto?", "Walk.", "siliconflow/Qwen/Qwen2.5-7B-Instruct"),
    thread(2, "雪山有多高", "雪山有多高?", "8,849 米。", "lanrui/qwen/v2"),
    thread(3, "Llama benchmarks", "Which is faster?", "Measure.", "modelslab/meta-llama-3-8B-instruct"),
]


async def draw_main(root: Path) -> str:
    """Runs the app on the threads and returns its screen as SVG."""
    home = Home(root)
    home.configure('[providers.modelmax]\nauth = "none"\n')
    home.paths.threads.mkdir(parents=True)
    for each in THREADS:
        (home.paths.threads / f"{each['id']}.json").write_text(json.dumps(each))
    async with home.run(Start(resume=str(THREADS[0]["id"])), size=(112, 34)) as (app, pilot):
        await until(pilot, lambda: bool(app.chat.conversation.thread.messages) and app.screen is app.chat)
        await until(pilot, lambda: "▌ Splitting on U+2028" in screen_text(app))
        await pilot.pause()
        # Without the fonts, which a viewer would fetch from somewhere.
        return re.sub(r"@font-face \{.*?\}\s*", "", app.export_screenshot(title="chat-tui"), flags=re.DOTALL)
