"""The floor: the least that Textual and httpx need to stream an answer, with nothing saved and nothing looked after."""

from __future__ import annotations

import json
import os

import httpx
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input, Markdown


class Floor(App[None]):
    AUTO_FOCUS = "Input"

    def compose(self) -> ComposeResult:
        with VerticalScroll() as scroll:
            scroll.anchor()
            yield Markdown()
        yield Input(placeholder="Write a message")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.input.clear()
        self.run_worker(self.answer(event.value))

    async def answer(self, text: str) -> None:
        body = {"model": "m", "stream": True, "messages": [{"role": "user", "content": text}]}
        stream = Markdown.get_stream(self.query_one(Markdown))
        async with (
            httpx.AsyncClient(timeout=None) as client,  # noqa: S113 - on loopback
            client.stream("POST", os.environ["FLOOR_URL"] + "/v1/chat/completions", json=body) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    delta = json.loads(line[6:])["choices"][0]["delta"]
                    await stream.write(delta.get("content") or "")
        await stream.stop()


if __name__ == "__main__":
    Floor().run()
