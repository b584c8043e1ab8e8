"""The corpus: what real servers send, a stream for each quirk and what must come of it.

A name begins with the quirk, as `chat_tui/docs/wire.md` has it; a comment above the first stream of a quirk
says who sends it and where that was seen. `CASES` holds all; `ELSEWHERE` names the tests of what is no stream of bytes.
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
    message: str = ""
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
    # DeepSeek, OpenRouter, llama.cpp keep the connection open with them:
    # api-docs.deepseek.com/quick_start/rate_limit, openrouter.ai/docs/api-reference/streaming,
    # ggml-org/llama.cpp#24013.
    "comments": Quirk(raw(f": keep-alive\n\n:\n\ndata: {J}\n\n: OPENROUTER PROCESSING\n\ndata: {S}\n\n"), **hi()),
    # DeepSeek under load: api-docs.deepseek.com/quick_start/rate_limit.
    "blank lines before the body": Quirk(b"\n\n\r\n  \n" + body(WHOLE), **hi()),
    # openai/openai-python#2721; the standard says not to dispatch it: html.spec.whatwg.org, 9.2.6.
    "an id without data": Quirk(raw(f"id: 1\n\n: ping\n\nid: 2\ndata: {J}\n\nid: 3\n\ndata: {S}\n\n"), **hi()),
    # Legal, and common: openai/openai-python#498.
    "no space after the colon": Quirk(raw(f"data:{J}\n\ndata:{S}\n\ndata:[DONE]\n\n"), **hi()),
    # sse-starlette ends lines with CRLF; the standard allows CR too: html.spec.whatwg.org, 9.2.5.
    "line ends: CRLF": Quirk(sse(delta("Hi"), END, end=b"\r\n\r\n"), **hi()),
    "line ends: CR": Quirk(sse(delta("Hi"), END, end=b"\r\r"), **hi()),
    "line ends: mixed": Quirk(raw(f"data: {J}\r\n\ndata: {S}\n\r\ndata: [DONE]\r\r\n"), **hi()),
    # GLM, Kimi: rexxars/eventsource-parser#31; ModelsLab and ModelMax print it so in their pages.
    "one line end between events": Quirk(sse(delta("H"), delta("i"), END, end=b"\n"), **hi()),
    # Legal: html.spec.whatwg.org, 9.2.6. Seen in SamSaffron/term-llm#454.
    "JSON over several lines": Quirk(
        b"".join(b"data: " + line + b"\n" for line in json.dumps(WHOLE, indent=1).encode().split(b"\n")) + b"\n", **hi()
    ),
    # LM Studio: odysseus-dev/odysseus#736; 8monkey-ai/hebo-gateway#71.
    "an event named error: event error without its key": Quirk(
        sse(delta("Hi"), done=False) + b'event: error\ndata: {"message": "context window exceeds limit"}\n\n',
        says="Hi",
        kind=K.CONTEXT_LENGTH,
    ),
    "an event named error: event error with its key": Quirk(
        b'event: error\ndata: {"error": {"message": "model crashed"}}\n\n', kind=K.REJECTED, message="model crashed"
    ),
    "an event named error: event error as text": Quirk(
        b"event: error\ndata: it broke\n\n", kind=K.REJECTED, message="it broke"
    ),
    # llama.cpp before September 2025: ggml-org/llama.cpp#16109.
    "a field named error": Quirk(
        b'error: {"code":400,"message":"the request exceeds the available context size"}\n\ndata: [DONE]\n\n',
        kind=K.CONTEXT_LENGTH,
    ),
    # earendil-works/pi#2466.
    "events with nothing in them": Quirk(
        raw(f"data: null\n\ndata:\n\nretry: 5\n\nevent: ping\n\ndata: {J}\n\ndata: null\n\ndata: {S}\n\n"), **hi()
    ),
    # llama.cpp: darshi1337/apogee#139.
    "no blank line at the end: no end of DONE": Quirk(raw(f"data: {J}\n\ndata: {S}\n\ndata: [DONE]"), **hi()),
    "no blank line at the end: no end of the last event": Quirk(raw(f"data: {J}\n\ndata: {S}"), **hi()),
    "no blank line at the end: text after DONE": Quirk(sse(delta("Hi"), END) + sse(delta(" and more")), **hi()),
    # Perplexity: perplexityai/api-discussion#209; oobabooga/textgen#4778.
    "no DONE": Quirk(sse(delta("Hi"), END, done=False), **hi()),
    # pydantic/pydantic-ai#6610; CherryHQ/cherry-studio#19793.
    "no finish reason: a true break": Quirk(
        sse(delta("Hi"), done=False), says="Hi", kind=K.INTERRUPTED, message="Connection lost"
    ),
    "no finish reason: DONE without a reason": Quirk(sse(delta("Hi")), says="Hi"),
    # openai/openai-python#3819.
    "a byte order mark": Quirk(b"\xef\xbb\xbf" + sse(delta("Hi"), END), **hi()),
    # danielmiessler/Fabric#2203.
    "characters cut between reads: characters of two to four bytes": Quirk(
        sse(delta("é你😀"), END), says="é你😀", finish="stop"
    ),
    "characters cut between reads: a byte that is none": Quirk(
        sse(delta("a"), done=False) + b'data: {"choices":[{"delta":{"content":"\xff\xc3"}}]}\n\n' + sse(END),
        says="a\ufffd\ufffd",
        finish="stop",
    ),
    # Only LF and CR end a line; str.splitlines knows ten more: florimondmanca/httpx-sse#34.
    "other line separators": Quirk(
        sse(delta("a\u2028b\u2029c\u0085d"), END), says="a\u2028b\u2029c\ufffdd", finish="stop"
    ),
    # Spring, Tomcat: spring-projects/spring-boot#6230. An event stream is UTF-8 always: html.spec.whatwg.org,
    # 9.2.5.
    "a wrong charset": Quirk(
        sse(delta("你好"), END),
        headers={"content-type": "text/event-stream;charset=ISO-8859-1"},
        says="你好",
        finish="stop",
    ),
    # Kong/kong#14893, ggml-org/llama.cpp#24774.
    "compressed unasked": Quirk(
        gzip.compress(sse(delta("Hi"))),
        headers={"content-encoding": "gzip"},
        kind=K.NOT_UNDERSTOOD,
        message="gzip body",
    ),
    # unslothai/unsloth#6570, diegosouzapw/OmniRoute#10239.
    "the other content type: one body": Quirk(body(WHOLE), headers={"content-type": "application/json"}, **hi()),
    "the other content type: one body over lines": Quirk(json.dumps(WHOLE, indent=2).encode(), **hi()),
    "the other content type: one body and DONE": Quirk(body(WHOLE) + b"\n\ndata: [DONE]\n\n", **hi()),
    "the other content type: an SSE stream called JSON": Quirk(
        sse(delta("Hi"), END), headers={"content-type": "application/json"}, **hi()
    ),
    # Ollama's own /api/chat (its server/routes.go, streamResponse); the sample of a stream at docs.lanrui.co.
    "JSON lines: JSON lines": Quirk(raw(f"{J}\n\n{S}\n"), **hi()),
    "JSON lines: Ollama's own": Quirk(
        body({"message": {"content": "H", "thinking": "t"}, "done": False})
        + b"\n"
        + body({"message": {"content": "i"}, "done": False})
        + b"\n"
        + body({"message": {"content": ""}, "done": True, "prompt_eval_count": 3, "eval_count": 2}),
        **hi(thinks="t", usage={"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}),
    ),
    # earendil-works/pi#2537.
    "an empty body: an empty body": Quirk(b"", kind=K.EMPTY, message="proxy"),
    "an empty body: comments alone": Quirk(b": ping\n\n", kind=K.EMPTY),
    # chatchat-space/Langchain-Chatchat#3780.
    "a connection that is cut: cut in a chunk": Quirk(
        sse(delta("Hi"), done=False) + b'data: {"choi',
        cut=True,
        says="Hi",
        kind=K.INTERRUPTED,
        message="Connection lost",
    ),
    "a connection that is cut: cut before anything": Quirk(
        b"", cut=True, kind=K.CONNECTION, message="closed the connection"
    ),
    "a connection that is cut: cut after the end": Quirk(sse(delta("Hi"), END, done=False), cut=True, **hi()),
}

HTML = b"<!DOCTYPE html><title>502</title><p>Your IP: 203.0.113.7</p>"
ERRORS = {
    # vLLM (its serving_chat.py), OpenRouter, llama.cpp: huggingface/text-generation-inference#2668,
    # ggml-org/llama.cpp#14566.
    "an error event": Quirk(
        sse(delta("Hi"), {"error": {"message": "boom", "code": 503}}), says="Hi", kind=K.OVERLOADED, message="boom"
    ),
    # OpenRouter: openrouter.ai/docs/api/errors, diegosouzapw/OmniRoute#8210.
    "an error beside choices: beside a choice": Quirk(
        sse({"error": {"code": 502, "message": "upstream"}, **choice(finish_reason="error", delta={"content": ""})}),
        kind=K.OVERLOADED,
        message="upstream",
        finish=None,
    ),
    "an error beside choices: beside no choice": Quirk(
        sse({"error": {"code": 429, "message": "slow down"}, "choices": []}), kind=K.RATE_LIMIT, message="slow down"
    ),
    # Ollama, LM Studio: willmiao/ComfyUI-Lora-Manager#1033.
    "an error that is a string": Quirk(sse({"error": "model crashed"}), kind=K.REJECTED, message="model crashed"),
    # Gemini: coreply/coreply#18.
    "errors in an array: an array": Quirk(
        body([{"error": {"message": "quota exceeded", "code": 429}}]),
        status=429,
        kind=K.RATE_LIMIT,
        message="quota exceeded",
    ),
    "errors in an array: an array inside a 200": Quirk(
        sse([{"error": {"message": "no", "code": 400}}]), kind=K.REJECTED, message="no"
    ),
    # Mistral: openai/openai-agents-python#442; FastAPI: mistralai/platform-docs-public#212.
    "validation errors: Mistral's": Quirk(
        body({"object": "error", "message": {"detail": [{"loc": ["body", "n"], "msg": "too big"}]}}),
        status=422,
        kind=K.REJECTED,
        message="n: too big",
    ),
    "validation errors: FastAPI's list": Quirk(
        body({"detail": [{"loc": ["body", "seed"], "msg": "no"}]}), status=422, kind=K.REJECTED, message="seed: no"
    ),
    "validation errors: FastAPI's text": Quirk(
        body({"detail": "closed today"}), status=422, kind=K.REJECTED, message="closed today"
    ),
    # SiliconFlow: docs.siliconflow.cn/cn/api-reference/chat-completions/chat-completions; Cerebras sends no
    # body at all.
    "bare strings: a bare JSON string": Quirk(
        b'"Invalid token"', status=401, kind=K.AUTHENTICATION, message="Invalid token"
    ),
    "bare strings: a bare string inside a 200": Quirk(b'"Invalid token"', kind=K.AUTHENTICATION),
    "bare strings: plain text": Quirk(b"404 page not found", status=404, kind=K.NOT_FOUND, message="base URL"),
    "bare strings: no body": Quirk(b"", status=413, kind=K.REJECTED, message="rejected"),
    # ModelsLab: docs.modelslab.com (error-codes); new-api's gateways.
    "an error inside a 200: status error": Quirk(
        body({"status": "error", "message": "no such thing"}), kind=K.REJECTED, message="no such"
    ),
    "an error inside a 200: messege": Quirk(
        body({"status": "failed", "messege": "no such thing"}), kind=K.REJECTED, message="no such"
    ),
    "an error inside a 200: success false": Quirk(
        body({"success": False, "message": "not today"}), kind=K.REJECTED, message="not today"
    ),
    "an error inside a 200: code and msg": Quirk(
        body({"code": 30001, "msg": "balance is insufficient"}), kind=K.CREDIT
    ),
    # LM Studio: zeenie-ai/OpenCompany#115.
    "a wrong path inside a 200": Quirk(
        body({"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        kind=K.NOT_FOUND,
        message="base URL",
    ),
    # Cloudflare, nginx; the page holds the user's address: earendil-works/pi#6673.
    "web pages: a web page": Quirk(HTML, status=502, kind=K.OVERLOADED, message="web page", never="203.0.113.7"),
    "web pages: a web page under a 200": Quirk(HTML, kind=K.NOT_UNDERSTOOD, message="web page", never="203.0.113.7"),
    "web pages: Cloudflare gave up": Quirk(HTML, status=524, kind=K.TIMEOUT, never="203.0.113.7"),
    # Ollama (its middleware/openai.go).
    "an error lost on the way": Quirk(
        sse(delta("Hi"), delta(""), done=False), says="Hi", kind=K.INTERRUPTED, message="Connection lost"
    ),
    # LiteLLM: BerriAI/litellm#36768.
    "stop without text": Quirk(sse(END), finish="stop", kind=K.EMPTY, message="Empty answer"),
    # RFC 9110, 10.2.3; retry-after-ms is Azure's; in the body: docs.modelslab.com (error-codes);
    # earendil-works/pi#9571.
    "when to try again: seconds": Quirk(
        b"{}", status=429, headers={"retry-after": "7"}, kind=K.RATE_LIMIT, wait=7.0, message="7 sec"
    ),
    "when to try again: a fraction": Quirk(
        b"{}", status=429, headers={"retry-after": "1.5"}, kind=K.RATE_LIMIT, wait=1.5
    ),
    "when to try again: a date": Quirk(
        b"{}", status=503, headers={"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, kind=K.OVERLOADED, wait=30.0
    ),
    "when to try again: milliseconds": Quirk(
        b"{}", status=429, headers={"retry-after-ms": "1500"}, kind=K.RATE_LIMIT, wait=1.5
    ),
    "when to try again: in the body": Quirk(
        body({"status": "error", "messege": "Queue is full", "retry_after": 30}),
        status=429,
        kind=K.RATE_LIMIT,
        wait=30.0,
    ),
    "when to try again: in the text": Quirk(
        body({"error": {"message": "Please try again in 41.724s."}}), status=429, kind=K.RATE_LIMIT, wait=41.724
    ),
    # OpenAI and Groq write Go's durations; Azure -1 for unknown: community.openai.com/t/1268905.
    "rate limit headers: Go's durations": Quirk(
        b"{}",
        status=429,
        headers={"x-ratelimit-reset-requests": "12ms", "x-ratelimit-reset-tokens": "6m0s"},
        kind=K.RATE_LIMIT,
        wait=360.0,
    ),
    "rate limit headers: unknown": Quirk(
        b"{}", status=429, headers={"x-ratelimit-reset-requests": "-1"}, kind=K.RATE_LIMIT
    ),
    # The code is OpenAI's; the wordings below are those of OpenAI, Anthropic, Gemini, xAI, Groq, llama.cpp, LM
    # Studio, Mistral, Kimi, MiniMax, Copilot: badlogic/pi-mono, packages/ai/src/utils/overflow.ts.
    "context overflow: by code": Quirk(
        body({"error": {"message": "bad", "code": "context_length_exceeded"}}), status=400, kind=K.CONTEXT_LENGTH
    ),
    # LM Studio: vaadin/flow-components#9195.
    "overflow without an error": Quirk(
        sse(delta("", role="assistant"), done=False), kind=K.EMPTY, message="may exceed the context window"
    ),
}
OVERFLOWS = (
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
for number, wording in enumerate(OVERFLOWS):
    ERRORS[f"context overflow: wording {number}"] = Quirk(
        body({"error": {"message": wording}}), status=400, kind=K.CONTEXT_LENGTH, message="Shorten"
    )
    ERRORS[f"context overflow: wording {number} inside a 200"] = Quirk(sse({"error": wording}), kind=K.CONTEXT_LENGTH)
