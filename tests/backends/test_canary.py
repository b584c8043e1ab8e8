"""Twelve keys through every failure that could give one back: not one is shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from chat_tui.domain.models.provider import Auth
from tests import torture
from tests.backends.helpers import custom, run
from tests.servers import CUT, Reply, Request, ScriptedServer, delta, json_reply, sse

TAIL = "Canary0123456789abcdefXYZ"
KEYS = (
    f"sk-{TAIL}",
    f"sk-proj-{TAIL}_-{TAIL}",
    f"sk-ant-api03-{TAIL}",
    f"AIza{TAIL}{TAIL}",
    f"gsk_{TAIL}",
    f"hf_{TAIL}",
    f"xai-{TAIL}",
    "0123456789abcdef0123456789abcdef",
    "8c5d0e9a-1b2c-4d3e-9f00-112233445566",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
    "Q2FuYXJ5+/Q2FuYXJ5+/Q2FuYXJ5==",
    'odd{0}%s$HOME"quote\\back<b>',
)
AUTHS = ("bearer", "header:x-api-key", "body:key")
PAIRS = [
    (key, auth)
    for number, key in enumerate(KEYS)
    for auth in (AUTHS if torture.is_long else [AUTHS[number % len(AUTHS)]])
]


def echo(request: Request) -> str:
    """All that the server was told, as debugging servers give it back."""
    return f"{request.headers} {request.body.decode()}"


def given(request: Request) -> str:
    headers = request.headers
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    return bearer or headers.get("x-api-key") or str(request.json.get("key"))


Failure = Callable[[Request], Reply]
FAILURES: dict[str, Failure] = {
    "401 in words": lambda r: json_reply({"error": {"message": f"Incorrect API key provided: {given(r)}."}}, 401),
    "400 with all": lambda r: json_reply({"error": {"message": echo(r)}}, 400),
    "400 as JSON in a string": lambda r: json_reply({"error": {"message": json.dumps({"key": given(r)})}}, 400),
    "400 as text": lambda r: Reply([echo(r).encode()], 400),
    "422 in loc": lambda r: json_reply({"detail": [{"loc": ["body", given(r)], "msg": given(r)}]}, 422),
    "code and type": lambda r: json_reply({"error": {"message": "no", "code": given(r), "type": given(r)}}, 400),
    "param": lambda r: json_reply({"error": {"message": "no", "param": given(r)}}, 400),
    "request id": lambda r: json_reply({"error": "no"}, 400, x_request_id=given(r)),
    "redirect": lambda r: Reply([], 307, {"Location": f"https://evil.example/{quote(given(r), safe='')}?k={given(r)}"}),
    "HTML": lambda r: Reply([f"<html>{given(r)}</html>".encode()], 500),
    "percent": lambda r: json_reply({"error": {"message": f"bad url ?k={quote(given(r), safe='')}"}}, 400),
    "a long body": lambda r: json_reply({"error": {"message": "x" * 230 + given(r) + " " + given(r) * 40}}, 400),
    "after text": lambda r: Reply([sse(delta("Hi"), {"error": {"message": echo(r)}})]),
    "inside a 200": lambda r: json_reply({"status": "error", "messege": given(r)}),
    "no chat server": lambda r: Reply([echo(r).encode()]),
    "429": lambda r: json_reply({"error": {"message": f"Rate limit for {given(r)}, try again in 1s"}}, 429),
    "cut": lambda r: Reply([sse(delta("Hi"), done=False) + given(r).encode(), CUT]),
}


@pytest.mark.parametrize("name", FAILURES)
async def test_no_failure_shows_a_key(tmp_path: Path, name: str) -> None:
    leaks = []
    async with ScriptedServer(FAILURES[name]) as server:
        for key, auth in PAIRS:
            outcome = await run(custom(server.url, auth=Auth.parse(auth)), tmp_path, key=key)
            failure = outcome.failure
            fields = [failure.message, failure.advice, failure.detail, failure.request_id, failure.param]
            shown = " ".join([*map(str, fields), repr(failure), *map(repr, outcome.chunks)])
            forms = {key, quote(key, safe=""), json.dumps(key)[1:-1], base64.b64encode(key.encode()).decode()}
            leaks += [(key, auth, shown) for form in forms if form in shown]
    assert leaks == []


def test_counts() -> None:
    assert len(KEYS) == 12
    assert len(KEYS) * len(FAILURES) * len(AUTHS) >= 360
