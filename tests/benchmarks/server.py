"""A model on loopback that answers as real servers do: HTTP/1.1, chunked, one token per HTTP chunk.

A prompt says how many tokens it wants, how many a second (0: at once), and its own number. Fewer than none asks for an
answer that may be slow to draw: -1 for the first of `SHAPES`.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.bombs import BOMBS

END = "ENDMARK"
"""What an answer ends with, and the prompt's number behind it."""
WORDS = (
    "the",
    "a",
    "**bold**",
    "word",
    "of",
    "`code`",
    "in",
    "some",
    "longer",
    "prose",
    "that",
    "wraps",
    "and",
    "goes",
    "on",
)
PIECES = 200
"""In how many pieces a bomb comes."""
SHAPES = {"a short answer": lambda: "Some *words*.\n\n" * 5, **BOMBS}
"""Answers by their names: an easy one, and those that are not."""


def tokens(number: int) -> Iterator[str]:
    """Markdown with headings, lists and code, always the same; or a bomb."""
    if number < 0:
        bomb = list(SHAPES.values())[-number - 1]()
        yield from (bomb[at : at + len(bomb) // PIECES + 1] for at in range(0, len(bomb), len(bomb) // PIECES + 1))
    for at in range(number):
        place = at % 200
        if place == 0:
            yield f"\n\n## Part {at // 200}\n\n"
        elif place == 100:
            yield "\n\n```python\n"
        elif 100 < place < 130:
            yield f"value_{place} = {place}\n" if place % 3 == 0 else ""
        elif place == 130:
            yield "```\n\n- "
        elif place % 25 == 0:
            yield "\n- " if place > 130 else "\n\n"
        else:
            yield WORDS[at % len(WORDS)] + " "


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # a client that is measured no more
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        """Is silent."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        moment = time.monotonic()
        number, rate, serial = map(int, body["messages"][-1]["content"].split())
        _say("asked", serial, moment)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.stream(number, rate, serial)

    def stream(self, number: int, rate: int, serial: int) -> None:
        frames = [frame(text) for text in tokens(number)]  # before the clock starts: this server's own work
        begin = time.monotonic()
        for at, each in enumerate(frames):
            if rate:
                time.sleep(max(0.0, begin + at / rate - time.monotonic()))
            self.wfile.write(each)
        self.wfile.write(frame(f"\n\n{END}{serial}."))
        _say("sent", serial, time.monotonic())
        self.wfile.write(frame("", "stop") + chunk(b"data: [DONE]\n\n") + chunk(b""))


def _say(what: str, serial: int, moment: float) -> None:
    """Tells the benchmark, in one piece: several requests may do so at once."""
    print(f"{what} {serial} {moment}\n", end="", flush=True)


def frame(text: str, finish: str | None = None) -> bytes:
    """One token as an event in an HTTP chunk of its own."""
    payload = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}
    return chunk(b"data: " + json.dumps(payload).encode() + b"\n\n")


def chunk(data: bytes) -> bytes:
    """An HTTP chunk; of nothing, the end of the body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)
