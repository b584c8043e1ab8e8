"""Every redirect, every way to send a key, every place it could lead: nothing reaches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_tui.backends.client import HttpBackend
from chat_tui.domain.errors import ErrorKind
from chat_tui.domain.models.provider import Auth
from tests.backends.helpers import KEY, Keys, custom, run
from tests.servers import Reply, ScriptedServer, hello

CODES = (301, 302, 303, 307, 308)
AUTHS = ("bearer", "header:x-api-key", "header:api-key", "header:x-goog-api-key", "header:X-Auth", "body:key")
TARGETS = {
    "another port": "http://127.0.0.1:{port}/v1/chat/completions",
    "another name": "http://localhost:{port}/v1/chat/completions",
    "another scheme": "//127.0.0.1:{port}/x",
}


@pytest.mark.parametrize("code", CODES)
async def test_no_byte_reaches_the_second_server(tmp_path: Path, code: int) -> None:
    asked = 0
    async with ScriptedServer(hello()) as second:
        port = second.url.rpartition(":")[2]
        for auth in AUTHS:
            for target in TARGETS.values():
                reply = Reply([], code, {"Location": target.format(port=port) + "?again=1"})
                async with ScriptedServer(reply) as first:
                    provider = custom(first.url, auth=Auth.parse(auth))
                    outcome = await run(provider, tmp_path)
                    backend = HttpBackend(lambda provider=provider: {"work": provider}, Keys(), tmp_path, tmp_path)  # type: ignore[misc]
                    listed = await backend.models("work", refresh=True)
                    await backend.aclose()
                assert outcome.failure.kind is ErrorKind.REDIRECT
                assert f":{port}" in outcome.failure.message
                assert KEY not in str(outcome.failure) + listed.problem
                assert listed.problem
                assert len(first.requests) == 2
                asked += 1
        assert second.requests == []
    assert asked == len(AUTHS) * len(TARGETS)
