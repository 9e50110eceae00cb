"""The browser's only way out: a forward proxy on loopback that refuses what is not the public internet.

Each name is looked up once, all its addresses are judged, and the connection goes to the very address
that was judged, so a page, a redirect, a sub-resource or a second DNS answer cannot lead inside. TLS is
tunnelled untouched: the browser still proves the certificate. Between captures nothing passes at all.

Rules: evidence study 3.5. The judgement of an address is `monitor.outbound`'s.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import socket
import threading
from collections.abc import Callable, Coroutine, Iterable, Sequence, Set
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from monitor.outbound import Address, is_global, is_named, own_addresses
from monitor.ports import Clock

Resolve = Callable[[str, int], Sequence[str]]
"""Looks a host up: every address as text. Raises OSError when there is none."""

_T = TypeVar("_T")

PRIVATE = "the address is private"
CLOSED_PORT = "the port is not one that web pages use"
UNKNOWN_NAME = "the name could not be looked up"
NO_ANSWER = "no connection could be made"
TOO_LARGE = "the page sent more than is allowed"
NO_CAPTURE = "no capture was under way"

NOWHERE = "browser.invalid"
"""Where the browser's own errands are sent; no such name can exist (RFC 6761). Refused without a look-up
and left out of the log, because no page asked for it."""

_REFUSED = "x-refused-by-school-monitor"
_WEB_PORTS = (80, 443)
_CHUNK_BYTES = 65536
_HEAD_BYTES = 65536
_CONNECT_S = 10.0
_HOP_BY_HOP = (b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive", b"te", b"upgrade")


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection the browser asked for. `blocked` says why it was refused or cut, "" if it was not.

    `used` is the address connected to, "" when none was. Bytes are as on the wire. Times are aware UTC.
    """

    host: str
    port: int
    addresses: tuple[str, ...]
    used: str
    sent_bytes: int
    received_bytes: int
    blocked: str
    started_at: datetime
    finished_at: datetime


def lookup(host: str, port: int) -> tuple[str, ...]:
    """Ask the system's resolver for every address of a host."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]) for answer in answers))


def refusal(
    host: str,
    port: int,
    *,
    addresses: Sequence[str],
    allow_private: tuple[str, ...],
    own: Set[Address] = frozenset(),
) -> str | None:
    """Say why a host must not be contacted, or None. One bad address among several is enough.

    Ports other than 80 and 443 pass only where `allow_private` names the port itself. This machine's
    `own` addresses count as private.
    """
    for text in addresses:
        try:
            address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return UNKNOWN_NAME
        inside = address in own or not is_global(address)
        if inside and not is_named(host, port, address, allow_private=allow_private):
            return PRIVATE
        by_port = any(
            is_named(host, port, address, allow_private=(entry,))
            and not is_named(host, -1, address, allow_private=(entry,))
            for entry in allow_private
        )
        if port not in _WEB_PORTS and not by_port:
            return CLOSED_PORT
    return None if addresses else UNKNOWN_NAME


class Egress:
    """The proxy: one event loop in a thread of its own, one log for each capture.

    `open_log` lets traffic through and starts an empty log; `close_log` cuts everything and returns it.
    """

    def __init__(
        self, *, clock: Clock, resolve: Resolve, allow_private: tuple[str, ...], max_bytes: int
    ) -> None:
        self._clock = clock
        self._resolve = resolve
        self._allow_private = allow_private
        self._max_bytes = max_bytes
        self._log: _Log | None = None
        self._mark = secrets.token_hex(16)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="browser-egress", daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD_BYTES))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def open_log(self, allow_private: tuple[str, ...] = ()) -> None:
        """Let the browser out, for one capture, which alone may go to these private places too."""
        self._do(self._swap(_Log(self._allow_private + allow_private)))

    def close_log(self) -> tuple[Connection, ...]:
        """Cut every connection, let nothing more out, and return what the capture contacted."""
        return self._do(self._swap(None))

    def refused(self, host: str) -> str:
        """Say why a host was refused during this capture, "" if it was not."""
        log = self._log
        if log is None:
            return NO_CAPTURE
        for link in tuple(log.links):
            if link.host == host and link.blocked:
                return link.blocked
        return ""

    def is_own(self, headers: Iterable[tuple[str, str]]) -> bool:
        """Whether an answer is a refusal of this proxy's, which no server can feign, and no evidence."""
        return any(name.lower() == _REFUSED and value == self._mark for name, value in headers)

    def address_of(self, host: str) -> str:
        """The address a host was last reached at during this capture, "" if it was not."""
        log = self._log
        used = [link.used for link in tuple(log.links) if link.host == host and link.used] if log else []
        return used[-1] if used else ""

    def overflowed(self) -> bool:
        """Whether this capture hit the byte limit."""
        log = self._log
        return log is not None and log.received >= self._max_bytes

    def close(self) -> None:
        """Stop the proxy; safe to call twice."""
        if self._loop.is_closed():
            return
        with suppress(TimeoutError):
            self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(2)
        if not self._thread.is_alive():
            self._loop.close()

    def _do(self, work: Coroutine[Any, Any, _T]) -> _T:
        future: Future[_T] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(5)

    async def _stop(self) -> None:
        await self._swap(None)
        self._server.close()

    async def _swap(self, log: _Log | None) -> tuple[Connection, ...]:
        old, self._log = self._log, log
        if old is None:
            return ()
        for task in tuple(old.tasks):
            task.cancel()
        if old.tasks:
            await asyncio.wait(tuple(old.tasks), timeout=1)
        return tuple(link.frozen(self._clock()) for link in old.links)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        log, task = self._log, asyncio.current_task()
        if log is None or task is None:
            writer.close()
            return
        log.tasks.add(task)
        try:
            await self._answer(log, reader, writer)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # One side went away or spoke nonsense: the browser sees a broken connection.
        except asyncio.CancelledError:
            pass  # The capture is over; the task ends by itself, nobody awaits it for a result.
        finally:
            log.tasks.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()

    async def _answer(self, log: _Log, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        tunnel = method == "CONNECT"
        parts = urlsplit(f"//{target}" if tunnel else target)
        host, port = parts.hostname or "", parts.port or 80
        link = _Link(host, port, self._clock())
        if host == NOWHERE:
            return
        log.links.append(link)
        if not tunnel and parts.scheme != "http":
            link.blocked = CLOSED_PORT
        upstream = None if link.blocked else await self._connect(log, link)
        if upstream is None:
            # An empty body on purpose: the browser then shows its own error, so that no page of ours
            # can ever pass for what stood at the address.
            told = f"{_REFUSED}: {self._mark}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            writer.write(f"HTTP/1.1 403 Forbidden\r\n{told}".encode("ascii"))
            await writer.drain()
            link.finished_at = self._clock()
            return
        far_reader, far_writer = upstream
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._both_ways(log, link, (reader, writer), (far_reader, far_writer))
            else:
                far_writer.write(_origin_form(head, method, target))
                await self._one_exchange(log, link, _body_length(head), (reader, writer), upstream)
        finally:
            link.finished_at = self._clock()
            far_writer.transport.abort()

    async def _connect(
        self, log: _Log, link: _Link
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """Look up once, judge, and connect to an address that was judged."""
        try:
            answers = await self._loop.run_in_executor(None, self._resolve, link.host, link.port)
            link.addresses = tuple(answers)
        except (OSError, UnicodeError):
            link.blocked = UNKNOWN_NAME
            return None
        why = refusal(
            link.host,
            link.port,
            addresses=link.addresses,
            allow_private=log.allow_private,
            own=own_addresses(),
        )
        if why:
            link.blocked = why
            return None
        for address in link.addresses[:3]:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CONNECT_S):
                    streams = await asyncio.open_connection(address, link.port, limit=_HEAD_BYTES)
                link.used = address
                return streams
        link.blocked = NO_ANSWER
        return None

    async def _both_ways(
        self,
        log: _Log,
        link: _Link,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        out = asyncio.create_task(self._outward(link, near[0], far[1], None))
        try:
            await self._inward(log, link, far[0], near[1])
        finally:
            out.cancel()

    async def _one_exchange(
        self,
        log: _Log,
        link: _Link,
        body_length: int | None,
        near: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        far: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Plain HTTP: one request on one connection, so a later request is judged afresh."""
        out = asyncio.create_task(self._outward(link, near[0], far[1], body_length))
        try:
            head = await far[0].readuntil(b"\r\n\r\n")
            while head.split(b" ", 2)[1].startswith(b"1"):  # 100 Continue, 103 Early Hints
                head = await far[0].readuntil(b"\r\n\r\n")
            link.received += len(head)
            near[1].write(_without_hop_headers(head))
            await self._inward(log, link, far[0], near[1])
        finally:
            out.cancel()

    async def _outward(
        self, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, length: int | None
    ) -> None:
        """Pass the browser's bytes on: all of them in a tunnel, exactly the body otherwise."""
        with suppress(OSError):
            while length is None or length > 0:
                chunk = await reader.read(_CHUNK_BYTES if length is None else min(length, _CHUNK_BYTES))
                if not chunk:
                    break
                link.sent += len(chunk)
                length = None if length is None else length - len(chunk)
                writer.write(chunk)
                await writer.drain()

    async def _inward(
        self, log: _Log, link: _Link, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while chunk := await reader.read(_CHUNK_BYTES):
            link.received += len(chunk)
            log.received += len(chunk)
            if log.received >= self._max_bytes:
                link.blocked = TOO_LARGE
                return
            writer.write(chunk)
            await writer.drain()


@dataclass(slots=True)
class _Link:
    """A connection while it lives."""

    host: str
    port: int
    started_at: datetime
    addresses: tuple[str, ...] = ()
    used: str = ""
    sent: int = 0
    received: int = 0
    blocked: str = ""
    finished_at: datetime | None = None

    def frozen(self, now: datetime) -> Connection:
        """What the log keeps of it."""
        return Connection(
            self.host,
            self.port,
            self.addresses,
            self.used,
            self.sent,
            self.received,
            self.blocked,
            self.started_at,
            self.finished_at or now,
        )


@dataclass(slots=True)
class _Log:
    """Everything one capture contacts."""

    allow_private: tuple[str, ...]
    links: list[_Link] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    received: int = 0


def _headers(head: bytes) -> list[tuple[bytes, bytes]]:
    lines = head.rstrip(b"\r\n").split(b"\r\n")[1:]
    return [(line.split(b":", 1)[0].strip().lower(), line) for line in lines if b":" in line]


def _origin_form(head: bytes, method: str, target: str) -> bytes:
    """Rewrite a proxy request into what the origin server expects, asking it to close afterwards."""
    path = "/" + target.split("://", 1)[1].partition("/")[2]
    if "/" not in target.split("://", 1)[1] and "?" in target:
        path = "/?" + target.partition("?")[2]
    kept = [line for name, line in _headers(head) if name not in _HOP_BY_HOP]
    return b"\r\n".join(
        [f"{method} {path} HTTP/1.1".encode("latin-1"), *kept, b"Connection: close", b"", b""]
    )


def _without_hop_headers(head: bytes) -> bytes:
    """Tell the browser that this connection is not kept: the next request must be judged afresh."""
    kept = [line for name, line in _headers(head) if name not in _HOP_BY_HOP]
    return b"\r\n".join([head.split(b"\r\n", 1)[0], *kept, b"Connection: close", b"", b""])


def _body_length(head: bytes) -> int | None:
    """How many bytes of body follow a request; None when it is sent in chunks of unknown number."""
    found = dict(_headers(head))
    if b"transfer-encoding" in found:
        return None
    length = found.get(b"content-length", b":0").split(b":", 1)[1].strip()
    return int(length)
