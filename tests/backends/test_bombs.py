"""Bodies meant to fill the memory, against a child process whose peak is measured."""

from __future__ import annotations

import asyncio
import gzip
import json
import sys
import zlib
from itertools import chain, repeat
from pathlib import Path

import pytest

from tests.servers import Reply, ScriptedServer, delta, sse

LIMIT_MB = 100
LIMIT_SECONDS = 10
ZEROS = bytes(2**25)
PACKED = gzip.compress(ZEROS, 1)
BLOCK = b"x" * 2**16


def packed(encoding: str, data: bytes) -> Reply:
    return Reply(
        chain([data], repeat(data)), headers={"Content-Type": "text/event-stream", "Content-Encoding": encoding}
    )


BOMBS: dict[str, tuple[Reply, str]] = {
    "gzip": (packed("gzip", PACKED), "not_understood"),
    "gzip twice": (packed("gzip, gzip", gzip.compress(PACKED)), "not_understood"),
    "gzip five times": (packed(", ".join(["gzip"] * 5), gzip.compress(PACKED)), "not_understood"),
    "deflate": (packed("deflate", zlib.compress(ZEROS, 1)), "not_understood"),
    "an unknown coding": (packed("zstd", BLOCK), "not_understood"),
    "one endless line": (Reply(chain([b"data: "], repeat(BLOCK))), "not_understood"),
    "data lines without end": (Reply(repeat(b"data: x\n" * 8192), whole=True), "not_understood"),
    "endless comments": (Reply(repeat(b": keep-alive\n\n" * 8192)), "not_understood"),
    "an endless answer": (Reply(repeat(sse(delta("word " * 8000), done=False))), "not_understood"),
    "an endless body of lines": (Reply(chain([b'{"choices": [\n'], repeat(b'{"a": 1},\n' * 8192))), "not_understood"),
    "a deep nesting": (Reply([b"data: " + b"[" * 4_000_000 + b"\n\n"]), "not_understood"),
    "a long number": (Reply([b'data: {"usage": {"a": ' + b"9" * 4_000_000 + b"}}\n\n"]), "not_understood"),
    "headers of 200 KB": (Reply([b""], headers={"X-Long": "x" * 200_000}), "connection"),
    "an endless error": (Reply(repeat(BLOCK), 400), "rejected"),
    "an endless list": (Reply(chain([b"["], repeat(b'{"id": "x"},' * 8192))), "larger than 4 MiB"),
}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="the peak is measured by Linux")
async def test_bombs() -> None:
    servers = [ScriptedServer(reply) for reply, _ in BOMBS.values()]
    async with asyncio.timeout(120):
        for server in servers:
            await server.__aenter__()
        try:
            urls = [
                server.url + ("/list" if "list" in name else "") for server, name in zip(servers, BOMBS, strict=True)
            ]
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.backends.bomb_child", *urls, stdout=asyncio.subprocess.PIPE
            )
            out, _ = await child.communicate()
        finally:
            for server in servers:
                await server.__aexit__(None, None, None)
    costs = [json.loads(line) for line in out.splitlines()]
    assert len(costs) == len(BOMBS)
    for (name, (_, kind)), cost in zip(BOMBS.items(), costs, strict=True):
        print(f"{name:26} {cost}")  # `pytest -s` shows the figures
        assert kind in cost["kind"], f"{name}: {cost}"
        assert cost["mb"] < LIMIT_MB, f"{name}: {cost}"
        assert cost["seconds"] < LIMIT_SECONDS, f"{name}: {cost}"
