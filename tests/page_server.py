"""Real web pages on loopback: what a test asks for is served, what was asked for is counted."""

from __future__ import annotations

import http.server
import socket
import ssl
import struct
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What a path gives back."""

    body: bytes
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = http.server.BaseHTTPRequestHandler
Route = Answer | Callable[[Handler], None]


class PageServer:
    """Serves `routes` on an address of loopback; `hits` counts paths, `connections` every TCP accept.
    What is `held` for a path is called, and waited for, before the answer."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, tls: ssl.SSLContext | None = None) -> None:
        self.routes: dict[str, Route] = {}
        self.held: dict[str, Callable[[], object]] = {}
        self.hits: Counter[str] = Counter()
        self.agents: set[str] = set()
        self.connections = 0
        serving = self

        class Serve(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0]
                serving.hits[path] += 1
                serving.agents.add(self.headers.get("User-Agent", ""))
                if path in serving.held:
                    serving.held[path]()
                route = serving.routes.get(path, Answer(b"nothing here", status=404))
                with suppress(OSError):  # The browser may have gone: many pages here make it.
                    self._give(route) if isinstance(route, Answer) else route(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.do_GET()

            def _give(self, answer: Answer) -> None:
                self.send_response(answer.status)
                self.send_header("Content-Type", answer.kind)
                self.send_header("Content-Length", str(len(answer.body)))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: Any) -> None:
                """Keep the test output quiet."""

        class Count(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self) -> tuple[socket.socket, Any]:
                serving.connections += 1
                return super().get_request()

            def handle_error(self, *_: Any) -> None:
                """A browser that hangs up is no error here."""

        self._server = Count((host, port), Serve)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.host, self.port = host, self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path: str) -> str:
        """The address of a path."""
        return f"http://{self.host}:{self.port}{path}"

    def page(self, path: str, body: str, *, title: str = "Littleover Talk", status: int = 200) -> str:
        """Serve an HTML page and return its address."""
        html = f"<!doctype html><html lang=en><head><title>{title}</title></head><body>{body}</body></html>"
        self.routes[path] = Answer(html.encode(), status=status)
        return self.url(path)

    def meet(self, *paths: str, patience_s: float) -> list[bool]:
        """Hold each of these paths back until all of them were asked for, or patience ends.

        The list tells, for each answer in order, whether they had met.
        """
        asked = {path: threading.Event() for path in paths}
        met: list[bool] = []

        def wait(path: str) -> None:
            asked[path].set()
            met.append(all(other.wait(patience_s) for other in asked.values()))

        self.held |= {path: partial(wait, path) for path in paths}
        return met

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


def png(width: int, height: int, *, colour: tuple[int, int, int]) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
