"""The corpus: what real servers send (WIRE.md 2a-2c), a stream for each quirk and what must come of it.

A name begins with the quirk's number. `CASES` holds all; `ELSEWHERE` names the tests of what is no stream of bytes.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass, field
from typing import Any

from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.json import JsonObject
from tests.servers import delta, sse

K = ErrorKind
END = delta(finish="stop")
USAGE: JsonObject = {"prompt_tokens": 17, "completion_tokens": 10, "total_tokens": 27}


@dataclass(frozen=True)
class Quirk:
    """A stream, and the message or error that it means."""

    stream: bytes
    says: str = ""
    thinks: str = ""
    finish: str | None = None
    kind: ErrorKind | None = None
    """Of the error that ends it; None for a complete answer."""
    words: str = ""
    """In the error, its advice or detail."""
    never: str = ""
    """In none of them."""
    usage: JsonObject | None = None
    calls: tuple[tuple[str, str], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    answered: tuple[str, str] = ("", "")
    """The model and the provider behind a router that it says it is from."""
    sources: tuple[tuple[str, str], ...] = ()
    """Address and title of each."""
    others: tuple[str, ...] = ()
    """The texts of further choices."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    n: int = 1
    cut: bool = False
    """Whether the connection breaks at the end."""
    wait: float | None = None
    """Seconds that the server asks to wait."""


def choice(**fields: object) -> dict[str, Any]:
    return {"choices": [{"index": 0, **fields}]}


def raw(text: str) -> bytes:
    return text.encode()


def body(payload: object) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()


def hi(**fields: Any) -> dict[str, Any]:
    """What a stream that says "Hi" and stops must come to."""
    return {"says": "Hi", "finish": "stop", **fields}


J = json.dumps(delta("Hi"))
S = json.dumps(END)
WHOLE = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}

FRAMING = {
    "F1 comments": Quirk(raw(f": keep-alive\n\n:\n\ndata: {J}\n\n: OPENROUTER PROCESSING\n\ndata: {S}\n\n"), **hi()),
    "F2 blank lines before the body": Quirk(b"\n\n\r\n  \n" + body(WHOLE), **hi()),
    "F3 a comment after an id": Quirk(raw(f"id: 1\n\n: ping\n\nid: 2\ndata: {J}\n\nid: 3\n\ndata: {S}\n\n"), **hi()),
    "F4 no space": Quirk(raw(f"data:{J}\n\ndata:{S}\n\ndata:[DONE]\n\n"), **hi()),
    "F5 CRLF": Quirk(sse(delta("Hi"), END, end=b"\r\n\r\n"), **hi()),
    "F5 CR": Quirk(sse(delta("Hi"), END, end=b"\r\r"), **hi()),
    "F5 mixed": Quirk(raw(f"data: {J}\r\n\ndata: {S}\n\r\ndata: [DONE]\r\r\n"), **hi()),
    "F6 one line end": Quirk(sse(delta("H"), delta("i"), END, end=b"\n"), **hi()),
    "F7 JSON over lines": Quirk(
        b"".join(b"data: " + line + b"\n" for line in json.dumps(WHOLE, indent=1).encode().split(b"\n")) + b"\n", **hi()
    ),
    "F8 event error without its key": Quirk(
        sse(delta("Hi"), done=False) + b'event: error\ndata: {"message": "context window exceeds limit"}\n\n',
        says="Hi",
        kind=K.CONTEXT_LENGTH,
    ),
    "F8 event error with its key": Quirk(
        b'event: error\ndata: {"error": {"message": "model crashed"}}\n\n', kind=K.REJECTED, words="model crashed"
    ),
    "F8 event error as text": Quirk(b"event: error\ndata: it broke\n\n", kind=K.REJECTED, words="it broke"),
    "F9 an error field": Quirk(
        b'error: {"code":400,"message":"the request exceeds the available context size"}\n\ndata: [DONE]\n\n',
        kind=K.CONTEXT_LENGTH,
    ),
    "F10 nothing in an event": Quirk(
        raw(f"data: null\n\ndata:\n\nretry: 5\n\nevent: ping\n\ndata: {J}\n\ndata: null\n\ndata: {S}\n\n"), **hi()
    ),
    "F11 no end of DONE": Quirk(raw(f"data: {J}\n\ndata: {S}\n\ndata: [DONE]"), **hi()),
    "F11 no end of the last event": Quirk(raw(f"data: {J}\n\ndata: {S}"), **hi()),
    "F11 text after DONE": Quirk(sse(delta("Hi"), END) + sse(delta(" and more")), **hi()),
    "F12 no DONE": Quirk(sse(delta("Hi"), END, done=False), **hi()),
    "F13 a true break": Quirk(sse(delta("Hi"), done=False), says="Hi", kind=K.INTERRUPTED, words="Connection lost"),
    "F13 DONE without a reason": Quirk(sse(delta("Hi")), says="Hi"),
    "F14 a byte order mark": Quirk(b"\xef\xbb\xbf" + sse(delta("Hi"), END), **hi()),
    "F15 characters of two to four bytes": Quirk(sse(delta("é你😀"), END), says="é你😀", finish="stop"),
    "F15 a byte that is none": Quirk(
        sse(delta("a"), done=False) + b'data: {"choices":[{"delta":{"content":"\xff\xc3"}}]}\n\n' + sse(END),
        says="a\ufffd\ufffd",
        finish="stop",
    ),
    "F16 other line separators": Quirk(
        sse(delta("a\u2028b\u2029c\u0085d"), END), says="a\u2028b\u2029c\ufffdd", finish="stop"
    ),
    "F17 a wrong charset": Quirk(
        sse(delta("你好"), END),
        headers={"content-type": "text/event-stream;charset=ISO-8859-1"},
        says="你好",
        finish="stop",
    ),
    "F18 compressed unasked": Quirk(
        gzip.compress(sse(delta("Hi"))), headers={"content-encoding": "gzip"}, kind=K.NOT_UNDERSTOOD, words="gzip body"
    ),
    "F19 one body": Quirk(body(WHOLE), headers={"content-type": "application/json"}, **hi()),
    "F19 one body over lines": Quirk(json.dumps(WHOLE, indent=2).encode(), **hi()),
    "F19 one body and DONE": Quirk(body(WHOLE) + b"\n\ndata: [DONE]\n\n", **hi()),
    "F19 an SSE stream called JSON": Quirk(sse(delta("Hi"), END), headers={"content-type": "application/json"}, **hi()),
    "F20 JSON lines": Quirk(raw(f"{J}\n\n{S}\n"), **hi()),
    "F20 Ollama's own": Quirk(
        body({"message": {"content": "H", "thinking": "t"}, "done": False})
        + b"\n"
        + body({"message": {"content": "i"}, "done": False})
        + b"\n"
        + body({"message": {"content": ""}, "done": True, "prompt_eval_count": 3, "eval_count": 2}),
        **hi(thinks="t", usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}),
    ),
    "F21 an empty body": Quirk(b"", kind=K.EMPTY, words="proxy"),
    "F21 comments alone": Quirk(b": ping\n\n", kind=K.EMPTY),
    "F23 cut in a chunk": Quirk(
        sse(delta("Hi"), done=False) + b'data: {"choi', cut=True, says="Hi", kind=K.INTERRUPTED, words="Connection lost"
    ),
    "F23 cut before anything": Quirk(b"", cut=True, kind=K.CONNECTION, words="closed the connection"),
    "F23 cut after the end": Quirk(sse(delta("Hi"), END, done=False), cut=True, **hi()),
}

HTML = b"<!DOCTYPE html><title>502</title><p>Your IP: 203.0.113.7</p>"
ERRORS = {
    "E1 an error event": Quirk(
        sse(delta("Hi"), {"error": {"message": "boom", "code": 503}}), says="Hi", kind=K.OVERLOADED, words="boom"
    ),
    "E2 beside a choice": Quirk(
        sse({"error": {"code": 502, "message": "upstream"}, **choice(finish_reason="error", delta={"content": ""})}),
        kind=K.OVERLOADED,
        words="upstream",
        finish=None,
    ),
    "E2 beside no choice": Quirk(
        sse({"error": {"code": 429, "message": "slow down"}, "choices": []}), kind=K.RATE_LIMIT, words="slow down"
    ),
    "E3 a string": Quirk(sse({"error": "model crashed"}), kind=K.REJECTED, words="model crashed"),
    "E4 an array": Quirk(
        body([{"error": {"message": "quota exceeded", "code": 429}}]),
        status=429,
        kind=K.RATE_LIMIT,
        words="quota exceeded",
    ),
    "E4 an array inside a 200": Quirk(sse([{"error": {"message": "no", "code": 400}}]), kind=K.REJECTED, words="no"),
    "E5 Mistral's": Quirk(
        body({"object": "error", "message": {"detail": [{"loc": ["body", "n"], "msg": "too big"}]}}),
        status=422,
        kind=K.REJECTED,
        words="n: too big",
    ),
    "E5 FastAPI's list": Quirk(
        body({"detail": [{"loc": ["body", "seed"], "msg": "no"}]}), status=422, kind=K.REJECTED, words="seed: no"
    ),
    "E5 FastAPI's text": Quirk(body({"detail": "closed today"}), status=422, kind=K.REJECTED, words="closed today"),
    "E6 a bare JSON string": Quirk(b'"Invalid token"', status=401, kind=K.AUTHENTICATION, words="Invalid token"),
    "E6 a bare string inside a 200": Quirk(b'"Invalid token"', kind=K.AUTHENTICATION),
    "E6 plain text": Quirk(b"404 page not found", status=404, kind=K.NOT_FOUND, words="base URL"),
    "E6 no body": Quirk(b"", status=413, kind=K.REJECTED, words="rejected"),
    "E7 status error": Quirk(body({"status": "error", "message": "no such thing"}), kind=K.REJECTED, words="no such"),
    "E7 messege": Quirk(body({"status": "failed", "messege": "no such thing"}), kind=K.REJECTED, words="no such"),
    "E7 success false": Quirk(body({"success": False, "message": "not today"}), kind=K.REJECTED, words="not today"),
    "E7 code and msg": Quirk(body({"code": 30001, "msg": "balance is insufficient"}), kind=K.CREDIT),
    "E8 a wrong path under a 200": Quirk(
        body({"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        kind=K.NOT_FOUND,
        words="base URL",
    ),
    "E9 a web page": Quirk(HTML, status=502, kind=K.OVERLOADED, words="web page", never="203.0.113.7"),
    "E9 a web page under a 200": Quirk(HTML, kind=K.NOT_UNDERSTOOD, words="web page", never="203.0.113.7"),
    "E9 Cloudflare gave up": Quirk(HTML, status=524, kind=K.TIMEOUT, never="203.0.113.7"),
    "E10 an error lost in an empty chunk": Quirk(
        sse(delta("Hi"), delta(""), done=False), says="Hi", kind=K.INTERRUPTED, words="Connection lost"
    ),
    "E11 stop without a word": Quirk(sse(END), finish="stop", kind=K.EMPTY, words="Empty answer"),
    "E12 seconds": Quirk(b"{}", status=429, headers={"retry-after": "7"}, kind=K.RATE_LIMIT, wait=7.0, words="7 sec"),
    "E12 a fraction": Quirk(b"{}", status=429, headers={"retry-after": "1.5"}, kind=K.RATE_LIMIT, wait=1.5),
    "E12 a date": Quirk(
        b"{}", status=503, headers={"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, kind=K.OVERLOADED, wait=30.0
    ),
    "E12 milliseconds": Quirk(b"{}", status=429, headers={"retry-after-ms": "1500"}, kind=K.RATE_LIMIT, wait=1.5),
    "E12 in the body": Quirk(
        body({"status": "error", "messege": "Queue is full", "retry_after": 30}),
        status=429,
        kind=K.RATE_LIMIT,
        wait=30.0,
    ),
    "E12 in the text": Quirk(
        body({"error": {"message": "Please try again in 41.724s."}}), status=429, kind=K.RATE_LIMIT, wait=41.724
    ),
    "E13 Go's durations": Quirk(
        b"{}",
        status=429,
        headers={"x-ratelimit-reset-requests": "12ms", "x-ratelimit-reset-tokens": "6m0s"},
        kind=K.RATE_LIMIT,
        wait=360.0,
    ),
    "E13 unknown": Quirk(b"{}", status=429, headers={"x-ratelimit-reset-requests": "-1"}, kind=K.RATE_LIMIT),
    "E14 by code": Quirk(
        body({"error": {"message": "bad", "code": "context_length_exceeded"}}), status=400, kind=K.CONTEXT_LENGTH
    ),
    "E16 an end without anything": Quirk(
        sse(delta("", role="assistant"), done=False), kind=K.EMPTY, words="longer than the model can read"
    ),
}
E14 = (
    "This model's maximum context length is 8192 tokens. However, you requested 9000",
    "Your input exceeds the context window of this model",
    "prompt is too long: 200001 tokens > 200000 maximum",
    "The input token count (1048577) exceeds the maximum number of tokens allowed",
    "This model's maximum prompt length is 131072 but the request contains 140000",
    "Please reduce the length of the messages or completion.",
    "the request exceeds the available context size (4096)",
    "The number of tokens to keep from the initial prompt is greater than the context length",
    "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
    "Your request exceeded model token limit: 131072",
    "invalid params, context window exceeds limit",
    "prompt token count of 70000 exceeds the limit of 64000",
)
for number, wording in enumerate(E14):
    ERRORS[f"E14 wording {number}"] = Quirk(
        body({"error": {"message": wording}}), status=400, kind=K.CONTEXT_LENGTH, words="Shorten"
    )
    ERRORS[f"E14 wording {number} inside a 200"] = Quirk(sse({"error": wording}), kind=K.CONTEXT_LENGTH)
