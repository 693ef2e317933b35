"""The page served to this machine alone, behind a secret token; it ends when the page is closed.

What asks must know the token, name this very address (so that no name on the internet can be made to mean
this machine), and, to have something read or saved, be the page itself. No file is served by its name.
"""

from __future__ import annotations

import base64
import contextvars
import hashlib
import hmac
import json
import os
import re
import secrets
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any

from frontlines.errors import FrontlinesError, SourceError
from frontlines.points.desk import Desk

HOST = "127.0.0.1"
"""The only address that is listened to: no other machine reaches it."""

_HERE = Path(__file__).parent
_TOKEN_BYTES = 24
_MOST_BYTES = 1_000_000  # of a question: 500 points with their words take a tenth
_IDLE_S = 60  # after which a connection that says nothing is dropped [s]
_BEAT_S = 0.5  # between signs of life to the page [s]
_GRACE_S = 4.0  # in which a page that is loaded anew comes back [s]
_TILE = re.compile(r"tile/(\d{1,2})/(\d{1,4})/(\d{1,4})\.jpg")


class Server(ThreadingHTTPServer):
    """A server of one page."""

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it would let others listen at our port

    def __init__(self, desk: Desk, port: int) -> None:
        self.desk, self.token = desk, secrets.token_urlsafe(_TOKEN_BYTES)
        self.page = _page()
        self.open_pages, self.left_at, self.ended = 0, 0.0, threading.Event()
        self._lock, self._context = threading.Lock(), contextvars.copy_context()
        self.answering = threading.Lock()  # one question after the other
        try:
            super().__init__((HOST, port), _Handler)
        except (OSError, OverflowError) as error:
            raise SourceError(f"port {port} cannot be had ({error}): pass another --port, or 0") from error
        self.authority = f"{HOST}:{self.server_address[1]}"
        self.url = f"http://{self.authority}/{self.token}/"

    def server_bind(self) -> None:
        """Bind without asking anybody for the name of the address."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = HOST, self.server_address[1]

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer under the bounds that the program was started with."""
        self._context.copy().run(super().process_request_thread, request, client_address)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a browser that has hung up."""

    @contextmanager
    def a_page(self) -> Iterator[None]:
        """Count a page that is open."""
        with self._lock:
            self.open_pages += 1
        try:
            yield
        finally:
            with self._lock:
                self.open_pages -= 1
                self.left_at = time.monotonic()

    def run(self, opened: Callable[[str], object]) -> None:
        """Serve until the page is closed; a break ends it too."""
        worker = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        worker.start()
        try:
            opened(self.url)
            while not (self.left_at and not self.open_pages and time.monotonic() > self.left_at + _GRACE_S):
                time.sleep(_BEAT_S / 5)
        finally:
            self.ended.set()
            self.shutdown()
            self.server_close()


def _page() -> tuple[bytes, str]:
    """Give the page, in one piece, and what its scripts may do: ask this server, and nobody else."""
    style, code = ((_HERE / f"page.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    sums = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (code, style)]
    policy = (
        f"default-src 'none'; script-src 'sha256-{sums[0]}'; style-src 'sha256-{sums[1]}'; "
        "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    page = Template((_HERE / "page.html").read_text(encoding="utf-8")).substitute(style=style, code=code)
    return page.encode(), policy


class _Handler(BaseHTTPRequestHandler):
    """Answers to the page, and to nobody else."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "frontlines", ""
    timeout = _IDLE_S

    def log_message(self, *_: object) -> None:
        """Print nothing: the terminal is the user's, and the token is in every line."""

    def send_error(self, *_: object, **__: object) -> None:
        """Refuse what is no request for a page, and say no more."""
        self._refuse(HTTPStatus.FORBIDDEN)

    def do_GET(self) -> None:
        """Answer with the page, the scan, what it starts with, or signs of life."""
        name = self._asked()
        if name is None:
            return
        if name == "":
            page, policy = self.server.page
            self._send(page, "text/html; charset=utf-8", policy=policy)
        elif name == "state":
            self._send_json(self.server.desk.state())
        elif name == "alive":
            self._live()
        elif name == "whole.jpg":
            self._send(self.server.desk.pictures.whole, "image/jpeg", keep=True)
        elif found := _TILE.fullmatch(name):
            tile = self.server.desk.pictures.tile(*map(int, found.groups()))
            self._refuse(HTTPStatus.NOT_FOUND) if tile is None else self._send(tile, "image/jpeg", keep=True)
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """Answer a question of the page."""
        name = self._asked()
        if name is None:
            return
        length = self.headers.get("Content-Length", "")
        own = self.headers.get("Origin") == f"http://{self.server.authority}"
        if not own or self.headers.get("Content-Type") != "application/json":
            self._refuse(HTTPStatus.FORBIDDEN)
        elif name not in self.server.desk.answers:
            self._refuse(HTTPStatus.NOT_FOUND)
        elif not length.isdecimal() or int(length) > _MOST_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._answer(name, self.rfile.read(int(length)))

    def _answer(self, name: str, body: bytes) -> None:
        try:
            asked = json.loads(body)
            json.dumps(asked, allow_nan=False, ensure_ascii=False).encode()  # plain numbers and letters alone
            if not isinstance(asked, dict):
                raise SourceError("a question is a table")
        except (ValueError, RecursionError) as error:
            self._send_json({"error": f"this is no question: {error}"}, HTTPStatus.BAD_REQUEST)
            return
        try:
            with self.server.answering:
                answer = self.server.desk.answers[name](asked)
            self._send_json(answer)
        except (FrontlinesError, OSError) as error:
            self._send_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except Exception as error:  # noqa: BLE001 - the last net: the page stays open, and says so
            told = f"this is a fault of frontlines: {type(error).__name__}: {error}; please report it"
            self._send_json({"error": told}, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _asked(self) -> str | None:
        """Give what is asked for behind the token, or refuse whoever does not know it."""
        named, token = self.headers.get_all("Host", []), f"/{self.server.token}/"
        known = hmac.compare_digest(self.path[: len(token)].encode(), token.encode())
        if named != [self.server.authority] or not known:
            self._refuse(HTTPStatus.FORBIDDEN)
            return None
        return self.path[len(token) :]

    def _live(self) -> None:
        """Send signs of life until the page is closed or the program ends."""
        self.close_connection = True
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self._end_headers()
        with self.server.a_page():
            try:
                while not self.server.ended.wait(_BEAT_S):
                    self.wfile.write(b":\n\n")
                    self.wfile.flush()
            except OSError:
                return  # the page is closed

    def _send_json(self, answer: object, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(answer, allow_nan=False).encode(), "application/json", status=status)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._send(b"", "text/plain", status=status)

    def _send(
        self,
        body: bytes,
        kind: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        policy: str = "default-src 'none'",
        keep: bool = False,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", policy)
        self._end_headers(keep=keep)
        self.wfile.write(body)

    def _end_headers(self, *, keep: bool = False) -> None:
        self.send_header("Cache-Control", "private, max-age=3600" if keep else "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
