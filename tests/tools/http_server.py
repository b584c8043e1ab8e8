"""A tool server over HTTP, made with the SDK, in a thread of its own."""

import base64
import socket
import threading
from typing import Any

import uvicorn
from mcp.server.mcpserver import Context, Image, MCPServer

from tests.tools.hostile_server import PNG

mcp = MCPServer("http")


@mcp.tool()
def add(left: int, right: int) -> int:
    """Adds two numbers."""
    return left + right


@mcp.tool()
def dot() -> Image:
    """Draws a dot."""
    return Image(data=base64.b64decode(PNG), format="png")


@mcp.tool()
def long(megabytes: int) -> str:
    """Gives a long text."""
    return "x" * megabytes * 2**20


@mcp.tool()
async def work(ctx: Context[Any, Any]) -> str:
    """Reports how far it is."""
    await ctx.report_progress(1, 2, "half")
    return "worked"


@mcp.prompt()
def greet(who: str) -> str:
    """Greets."""
    return f"Greet {who}."


@mcp.resource("memo://one")
def memo() -> str:
    """A memo."""
    return "Remember."


class HttpServer:
    """Serves until it is stopped; notes what it was asked with."""

    def __init__(self) -> None:
        self.headers: list[dict[str, str]] = []
        app = mcp.streamable_http_app()

        async def noting(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
            await app(scope, receive, send)

        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/mcp"
        self._server = uvicorn.Server(uvicorn.Config(noting, log_level="critical", ws="none", lifespan="on"))
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()

    def stop(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
