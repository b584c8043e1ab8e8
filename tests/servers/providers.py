"""The four providers' streams as their pages print the framing."""

from __future__ import annotations

import json

from tests.servers import Reply, delta, json_reply, sse

USAGE = {"prompt_tokens": 17, "completion_tokens": 10, "total_tokens": 27}


def modelslab() -> Reply:
    """No blank line between events; a DeepSeek-R1 distill thinks inline; usage with the end."""
    last = delta("", finish="stop") | {"usage": USAGE, "id": "gen-1"}
    pieces = [delta("<thi"), delta("nk>\nA greet"), delta("ing.\n</think>\n\nHello! How"), delta(" can I help?"), last]
    return Reply([sse(*pieces, end=b"\n")])


def modelslab_error() -> Reply:
    """An error under a 200, spelled as the old servers spell it."""
    return json_reply(
        {"status": "error", "messege": "Your request limit exceeded, too many requests", "retry_after": 30}
    )


def siliconflow() -> Reply:
    """Usage on every chunk, growing; reasoning apart; `choices: []` mid-stream; `eos`."""
    pieces = [
        delta(None, role="assistant", reasoning_content="A greeting."),
        {"choices": [], "object": ""},
        delta("你好", role="assistant", reasoning_content=None),
        delta("!", role="assistant"),
        delta("", finish="eos"),
    ]
    usages = [{**USAGE, "completion_tokens": n, "total_tokens": 17 + n} for n in (2, 4, 6, 8, 10)]
    counted = [piece | {"usage": usage} for piece, usage in zip(pieces, usages, strict=True)]
    return Reply([sse(*counted)], headers={"Content-Type": "text/event-stream", "x-siliconcloud-trace-id": "ti_abc"})


SILICONFLOW_ERRORS = [
    (400, {"code": 20012, "message": "Model does not exist.", "data": None}),
    (401, "Invalid token"),
    (403, "Forbidden"),
    (429, {"message": "Request was rejected due to rate limiting. TPM limit reached.", "data": None}),
    (503, {"code": 50505, "message": "Model service overloaded. Please try again later.", "data": None}),
]
"""Five shapes on one API."""


def lanrui() -> Reply:
    """JSON objects between blank lines: no `data:`, no `[DONE]`."""
    pieces = [delta("", role="assistant"), delta("Hello"), delta("!"), delta(finish="stop") | {"usage": USAGE}]
    return Reply(["\n\n".join(json.dumps(each) for each in pieces).encode()])


def modelmax() -> Reply:
    """One line end between events, `object` of another endpoint, usage in the final chunk."""
    pieces = [delta("Once"), delta(" upon"), delta(finish="stop"), {"choices": [], "usage": USAGE}]
    return Reply([sse(*({**each, "object": "text_completion"} for each in pieces), end=b"\n")])


def modelmax_error() -> Reply:
    """The account is empty; nothing reached the model."""
    return json_reply({"error": {"message": "Insufficient balance", "type": "insufficient_balance"}}, 402)
