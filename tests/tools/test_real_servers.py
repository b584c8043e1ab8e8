"""The toolbox with servers as they are installed: two of PyPI over stdio, one made with the SDK over HTTP."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chat_tui.domain.ports.tools import ToolError
from chat_tui.domain.settings import Settings, ToolServerSettings
from chat_tui.domain.tools import Approval, ServerState
from chat_tui.tools.built_in import BuiltInTools
from chat_tui.tools.toolbox import ServerToolbox

if TYPE_CHECKING:
    from tests.tools.http_server import HttpServer

BIN = Path(sys.executable).parent


def toolbox(folder: Path, *servers: ToolServerSettings) -> ServerToolbox:
    settings = Settings(tool_servers={each.name: each for each in servers})
    built_in = BuiltInTools(lambda url, limit: pytest.fail("no page is fetched"), lambda: (), ())
    environ = {"PATH": f"{BIN}:/usr/bin:/bin", "HOME": str(folder), "TEAM_TOKEN": "s3cret"}
    return ServerToolbox(lambda: settings, environ, built_in, folder / "logs", folder / "results")


async def test_servers_of_the_registry_over_stdio(tmp_path: Path) -> None:
    await asyncio.to_thread(subprocess.run, ["git", "init", "-q", "-b", "trunk", str(tmp_path)], check=True)
    time = ToolServerSettings("time", "mcp-server-time", ("--local-timezone", "Europe/Berlin"))
    git = ToolServerSettings("git", "mcp-server-git", ("--repository", str(tmp_path)))
    box = toolbox(tmp_path, time, git, ToolServerSettings("gone", "no-such-program"))
    reports: list[str] = []
    offered = await box.offered(["time", "git:git_status", "git:nothing", "gone", "unknown"], reports.append)
    assert {each.ref for each in offered.tools} == {"time:get_current_time", "time:convert_time", "git:git_status"}
    assert sorted(reports) == ["Starting git", "Starting gone", "Starting time"]
    assert sorted(offered.problems) == [
        "Could not start gone: program not found: no-such-program.",
        "There is no tool server unknown in the settings.",
        "git has no tool nothing.",
    ]
    tools = {each.name: each for each in offered.tools}
    now = await box.run(tools["get_current_time"], {"timezone": "Asia/Tokyo"}, "t")
    assert json.loads(now.text)["timezone"] == "Asia/Tokyo"
    assert not now.is_error
    status = await box.run(tools["git_status"], {"repo_path": str(tmp_path)}, "t")
    assert "On branch trunk" in status.text
    wrong = await box.run(tools["get_current_time"], {"timezone": "Nowhere"}, "t")
    assert wrong.is_error
    states = {each.name: each.state for each in box.servers()}
    assert states["time"] == states["git"] == ServerState.READY
    assert states["gone"] == ServerState.FAILED
    await box.aclose()


@pytest.fixture
def http() -> Iterator[HttpServer]:
    from tests.tools.http_server import HttpServer  # late: the SDK takes its time

    server = HttpServer()
    yield server
    server.stop()


async def test_a_server_over_http(tmp_path: Path, http: HttpServer) -> None:
    settings = ToolServerSettings(
        "web",
        url=http.url,
        headers={"Authorization": "Bearer ${TEAM_TOKEN}"},
        approve=Approval.NEVER,
        approve_tools={"add": Approval.ALWAYS},
    )
    box = toolbox(tmp_path, settings)
    offered = await box.offered(["web"])
    assert offered.problems == ()
    tools = {each.name: each for each in offered.tools}
    assert (box.approval(tools["add"]), box.approval(tools["dot"])) == (Approval.ALWAYS, Approval.NEVER)
    assert (await box.run(tools["add"], {"left": 2, "right": 3}, "t")).text == "5"
    assert len((await box.run(tools["dot"], {}, "t")).images) == 1
    with pytest.raises(ToolError):
        await box.run(tools["long"], {"megabytes": 8}, "t")
    reports: list[str] = []
    assert (await box.run(tools["work"], {}, "t", reports.append)).text == "worked"
    assert reports == ["half (1 of 2)"]
    assert [each.name for each in await box.prompts()] == ["greet"]
    assert await box.prompt("web", "greet", {"who": "Ada"}) == "Greet Ada."
    assert [each.uri for each in await box.resources()] == ["memo://one"]
    assert await box.resource("web", "memo://one") == "Remember."
    await box.aclose()
    assert all(each["authorization"] == "Bearer s3cret" for each in http.headers)
    assert all(each["accept-encoding"] == "identity" for each in http.headers)
    assert not any("proxy" in name or name == "cookie" for each in http.headers for name in each)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"url": "http://example.com/mcp"}, "web has an http address that is not on this machine. Use https."),
        ({"url": "https://me:pw@example.com/mcp"}, "web has a user name in its address. Use headers."),
        ({"url": "file:///etc/passwd"}, "web has no http(s) address."),
        ({"url": "https://${HOST_NAME}/mcp"}, "web needs the variable HOST_NAME, which is not set."),
        (
            {"url": "https://localhost/mcp", "headers": {"X-A": "a\r\nX-B: b"}},
            "The header X-A of web has characters that none may have.",
        ),
        ({"url": "http://127.0.0.1:9/mcp"}, "Could not connect to 127.0.0.1."),
    ],
)
async def test_what_is_not_connected_to(settings: dict[str, Any], problem: str, tmp_path: Path) -> None:
    box = toolbox(tmp_path, ToolServerSettings("web", **settings))
    assert (await box.offered(["web"])).problems == (problem,)
    await box.aclose()


class _Refused(BaseHTTPRequestHandler):
    """Answers with what its path says."""

    def log_message(self, format: str, *args: Any) -> None:
        """Is silent."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.path.strip("/")
        self.send_response(int(kind) if kind.isdigit() else 200)
        self.send_header("Content-Type", "application/json")
        if kind == "307":
            self.send_header("Location", "http://192.0.2.1/mcp")
        if kind == "gzip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write({"gzip": gzip.compress(b"x" * 10**6), "200": b"[" * 5_000_000}.get(kind, b""))


@pytest.fixture(scope="module")
def refused() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refused)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("401", "127.0.0.1 refused access (401): check the headers that are set for it."),
        ("307", "web refused: Redirect to http://192.0.2.1/mcp not followed"),
        ("gzip", "127.0.0.1 sent a compressed answer, which was not requested."),
        ("200", "127.0.0.1 sent more than 4 MB in one answer."),
    ],
)
async def test_answers_over_http_that_are_refused(kind: str, problem: str, refused: str, tmp_path: Path) -> None:
    box = toolbox(tmp_path, ToolServerSettings("web", url=f"{refused}/{kind}"))
    (told,) = (await box.offered(["web"])).problems
    assert told.startswith(problem)
    await box.aclose()
