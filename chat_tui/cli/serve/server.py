"""The web server: the page, its terminal over a websocket, files up and down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import mimetypes
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from html import escape
from importlib import resources
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from aiohttp import WSCloseCode, WSMsgType, hdrs, web
from aiohttp.helpers import content_disposition_header

from chat_tui.cli.serve.access import Access
from chat_tui.cli.serve.session import Session
from chat_tui.i18n import current_language, tr

LARGEST_UPLOAD = 32 * 2**20
"""Bytes of one uploaded file."""
RELOAD_PATIENCE = 60.0
"""Seconds that an app waits for its page to come back: a reload, a connection that was lost."""
ENDED, ELSEWHERE, FULL = 4000, 4001, 4002
"""Why the server closes the connection of a page: its app has ended, another page has taken the session over, or there
are too many sessions. With any other code but 1001 (the server ends), the page connects again."""
_NAME = re.compile(r"[\w-]{8,64}")
_COLOUR = re.compile(r"background:(#[0-9a-fA-F]{6})?")
_HERE = resources.files("chat_tui.cli.serve")
_HEADERS: dict[str, str] = json.loads((_HERE / "headers.json").read_text("utf-8"))
"""Of every response."""
_ICON = "data:image/svg+xml," + quote((_HERE / "icon.svg").read_text("utf-8"))
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class AppServer:
    """Serves apps to those who have access, one process for each session."""

    def __init__(
        self, access: Access, limit: int, environ: Mapping[str, str], *, patience: float = RELOAD_PATIENCE
    ) -> None:
        """Starts nothing yet.

        Args:
            access: decides who may.
            limit: how many sessions there are at most.
            environ: of the apps.
            patience: seconds that an app waits for its page.
        """
        self._access = access
        self._limit = limit
        self._environ = environ
        self._patience = patience
        self._sessions: dict[str, Session] = {}
        self._endings: dict[str, asyncio.TimerHandle] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._downloads: dict[str, Path] = {}
        self._starting = asyncio.Lock()
        self._is_stopping = False

    def application(self) -> web.Application:
        """The routes, each behind the checks of access."""
        app = web.Application(middlewares=[self._check], client_max_size=LARGEST_UPLOAD)
        assets = resources.files("textual_serve") / "static"
        app.add_routes(
            [
                web.get("/", self._page),
                web.post("/login", self._login),
                web.get("/page.css", _static(_HERE, "page.css", "text/css")),
                web.get("/page.js", _static(_HERE, "page.js", "text/javascript")),
                web.get("/connection.js", _static(_HERE, "connection.js", "text/javascript")),
                web.static("/assets", str(assets)),
                web.get("/session/{session}", self._terminal),
                web.post("/upload/{session}", self._upload),
                web.get("/download/{key}", self._download),
            ]
        )
        app.on_shutdown.append(self._shut_down)
        return app

    # Access

    @web.middleware
    async def _check(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        response = await self._checked(request, handler)
        if isinstance(response, _Refusal) and "text/html" in request.headers.get(hdrs.ACCEPT, ""):
            response = _html("refusal.html", response.status, text=response.text or "")
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _checked(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        host = request.headers.get(hdrs.HOST)
        if host is None or not self._access.is_known_host(host):
            return _refusal(tr("This is not the address of this server. Use the one that it printed."))
        acts = request.method != "GET" or hdrs.UPGRADE in request.headers
        if acts and not self._access.is_same_origin(request.headers.get(hdrs.ORIGIN), host):
            return _refusal(tr("Refused: the request comes from another page."))
        if request.path in ("/login", "/page.css"):
            return await handler(request)
        if self._access.has_cookie(request.cookies.get(self._access.cookie_name)):
            return await handler(request)
        if request.path == "/" and self._access.is_token(request.query.get("token", "")):
            return self._let_in()
        if request.path == "/" and self._access.asks_for_password:
            return _html(
                "login.html", text=tr("This chat-tui asks for its password."), label=tr("Password"), button=tr("Open")
            )
        return _refusal(tr("Open the address that `chat-tui serve` printed: it has a token, which is new each time."))

    def _let_in(self) -> web.Response:
        response = web.Response(status=303, headers={hdrs.LOCATION: "/"})  # the token does not stay in the address
        response.set_cookie(self._access.cookie_name, self._access.cookie, path="/", httponly=True, samesite="strict")
        return response

    async def _login(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if await self._access.is_password(str(form.get("password", ""))):
            return self._let_in()
        return _html("login.html", 403, text=tr("Wrong password."), label=tr("Password"), button=tr("Open"))

    # The page

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if request.query:  # an old token
            return web.Response(status=303, headers={hdrs.LOCATION: "/"})
        return _html(
            "page.html",
            ended=tr("The session has ended. Everything is saved."),
            again=tr("Start again"),
            elsewhere=tr("This session has moved to another tab."),
            here=tr("Continue here"),
            full=tr("{n} sessions are open already. Close one, or start the server with --sessions.", n=self._limit),
            retry=tr("Try again"),
            stopped=tr("The server has ended. Everything is saved. To continue, run `chat-tui serve` again."),
            lost=tr("Connection lost. Trying again…\nIf the server has ended, everything is saved: start it again."),
            now=tr("Try now"),
            copying=tr("The browser asks for a click to copy."),
            copy=tr("Copy"),
            opening=tr("The browser asks for a click to open the page."),
            open=tr("Open"),
            dismiss=tr("Cancel"),
            drop=tr("Drop files to attach them"),
            failed=tr("The file was not attached."),
        )

    async def _terminal(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["session"]
        if not _NAME.fullmatch(name):
            return _refusal(tr("No such session."), 404)
        page = web.WebSocketResponse(heartbeat=20)
        await page.prepare(request)
        rows, columns = _size(request.query.get("height"), request.query.get("width"))
        session = await self._session(name, rows, columns)
        if session is None:
            await page.close(code=FULL)
            return page
        if session.background is not None:
            await page.send_str(json.dumps(["background", session.background]))
        before = session.page
        await session.attach(page, page.send_bytes, rows, columns)
        if isinstance(before, web.WebSocketResponse):  # a tab that was duplicated
            self._run(_closed(before, ELSEWHERE))
        try:
            await self._serve(session, page)
        finally:
            session.detach(page)
            if session.page is None and name in self._sessions:
                self._end_later(name)
        return page

    async def _session(self, name: str, rows: int, columns: int) -> Session | None:
        """The session of a page: its own, or a new one; None if there are too many."""
        if (timer := self._endings.pop(name, None)) is not None:
            timer.cancel()
        if (session := self._sessions.get(name)) is not None:
            return session
        if len(self._sessions) >= self._limit:
            if not self._endings:
                return None
            self._end(next(iter(self._endings)))  # whose page has been gone the longest
        async with self._starting:  # a page that comes twice finds the app started
            if (session := self._sessions.get(name)) is None:
                session = Session(lambda ended: self._forget(name, ended), self._open)
                await session.start(rows, columns, self._environ)
                self._sessions[name] = session
        return session

    async def _serve(self, session: Session, page: web.WebSocketResponse) -> None:
        async for message in page:
            if message.type is not WSMsgType.TEXT:
                continue
            try:
                kind, *values = json.loads(message.data)
                match kind, values:
                    case "stdin", [str(text)]:
                        session.write(text.encode("utf-8", "replace"))
                    case "resize", [{"width": int(columns), "height": int(rows)}]:
                        session.resize(*_size(rows, columns))
                    case "ping", [value]:
                        await page.send_str(json.dumps(["pong", value]))
                    case _:
                        pass
            except (ValueError, TypeError):
                continue  # no message of the page's

    # The end of a session

    def _end_later(self, name: str) -> None:
        self._endings[name] = asyncio.get_running_loop().call_later(self._patience, self._end, name)

    def _end(self, name: str) -> None:
        self._endings.pop(name).cancel()
        self._run(self._sessions.pop(name).close())

    def _forget(self, name: str, session: Session) -> None:
        if self._sessions.get(name) is session:
            del self._sessions[name]
            if (timer := self._endings.pop(name, None)) is not None:
                timer.cancel()
        if isinstance(session.page, web.WebSocketResponse):
            self._run(_closed(session.page, WSCloseCode.GOING_AWAY if self._is_stopping else ENDED))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        """Runs beside the requests; the server's end waits for it."""
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _shut_down(self, app: web.Application) -> None:
        self._is_stopping = True
        await asyncio.gather(*(each.close() for each in list(self._sessions.values())), *self._closing)

    # Files and addresses

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.get(request.match_info["session"])
        if session is None:
            return _refusal(tr("No such session."), 404)
        name = Path(request.query.get("name", "file")).name.lstrip(".") or "file"
        name = "".join(each if each.isprintable() and each not in "'\"\\" else "_" for each in name)[-100:]
        folder = session.folder / secrets.token_hex(4)
        folder.mkdir(0o700)
        path, size = folder / name, 0
        with path.open("wb") as file:
            async for piece in request.content.iter_chunked(2**16):
                size += len(piece)
                if size > LARGEST_UPLOAD:
                    break
                file.write(piece)
        if size > LARGEST_UPLOAD:
            path.unlink()
            return _refusal(tr("{name} is larger than {n} MB.", name=name, n=LARGEST_UPLOAD // 2**20), 413)
        session.write(f"\x1b[200~{path}\x1b[201~".encode())  # as terminals do with a dropped file
        return web.Response(status=204)

    def _open(self, session: Session, url: str) -> None:
        """Has the page open an address, download a file of this machine, or take a background."""
        page, parts = session.page, urlsplit(url)
        if parts.scheme == "background" and _COLOUR.fullmatch(url):
            session.background = url.partition(":")[2]
        if not isinstance(page, web.WebSocketResponse):
            return
        if parts.scheme in ("http", "https"):
            message: list[object] = ["open_url", {"url": url, "new_tab": True}]
        elif parts.scheme == "file":
            key = secrets.token_urlsafe(16)
            self._downloads[key] = Path(unquote(parts.path))
            message = ["deliver_file_start", key]
        elif parts.scheme == "background":
            message = ["background", session.background]
        else:
            return
        self._run(_told(page, json.dumps(message)))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = self._downloads.pop(request.match_info["key"], None)
        if path is None or not path.is_file():
            return _refusal(tr("This download has been taken already."), 404)
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {hdrs.CONTENT_DISPOSITION: content_disposition_header("attachment", filename=path.name)}
        response = web.FileResponse(path, headers=headers)
        response.content_type = kind
        return response


def _static(folder: resources.abc.Traversable, name: str, kind: str) -> _Handler:
    text = (folder / name).read_text("utf-8")

    async def handler(request: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type=kind)

    return handler


def _html(name: str, status: int = 200, **texts: str) -> web.Response:
    page = (_HERE / name).read_text("utf-8")
    for key, text in {"language": current_language().replace("_", "-"), "icon": _ICON, **texts}.items():
        page = page.replace("{" + key + "}", escape(text))
    return web.Response(text=page, status=status, content_type="text/html")


class _Refusal(web.Response):
    """Says why; to a browser that opens an address, on a page."""


def _refusal(text: str, status: int = 403) -> web.Response:
    return _Refusal(text=text, status=status)


def _size(rows: object, columns: object) -> tuple[int, int]:
    """A size that a terminal can have."""
    try:
        return min(max(int(str(rows)), 2), 1000), min(max(int(str(columns)), 2), 1000)
    except ValueError:
        return 24, 80


async def _told(page: web.WebSocketResponse, text: str) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        await page.send_str(text)


async def _closed(page: web.WebSocketResponse, code: int) -> None:
    with contextlib.suppress(ConnectionError, RuntimeError):
        await page.close(code=code)


async def serve(server: AppServer, host: str, port: int, ready: Callable[[], object], stop: asyncio.Event) -> None:
    """Serves until told to stop.

    Raises:
        OSError: the address can't be used.
    """
    runner = web.AppRunner(server.application(), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()


def environment() -> dict[str, str]:
    """What the apps get of this process's environment."""
    return {name: value for name, value in os.environ.items() if name != "CHAT_TUI_SERVE_PASSWORD"}
