"""The one door to plain HTTP: a `requests` session that cannot be led astray.

What passes the door: http and https to global addresses, and to the private ones an operator named.
Each hop of a redirect is resolved once, checked, and connected to the very address that was checked,
so a name cannot answer one way for the check and another way for the connection; TLS still proves the
name. Time, size and the number of redirects are limited. No cookie outlives its request, no proxy,
`.netrc` or other environment is read, and every request carries the honest User-Agent, whatever name
a library would rather go by.

Rules: evidence study 3.5 (what must be unwrapped), R7 (overt), R23 (no session cookies), R25.
"""

from __future__ import annotations

import http.cookiejar
import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import psutil
import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.cookies import RequestsCookieJar
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.util.timeout import Timeout

from monitor.errors import OutboundRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

Resolve = Callable[..., list[tuple[Any, ...]]]
"""Shaped like `socket.getaddrinfo`."""

_CHUNK_BYTES = 65536
_ADDRESSES_TRIED = 3
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_ISATAP = 0x5EFE
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # a cloud's own services, metadata among them, at an address that looks public
        "192.0.0.0/24",  # protocol assignments; Python calls some of them global
        "192.88.99.0/24",  # the nearest 6to4 relay (RFC 7526)
        "2001::/23",  # Teredo, benchmarks, ORCHID: which of them are global differs between Pythons
        "3fff::/20",  # documentation (RFC 9637), unknown to older Pythons
    )
)


@dataclass(frozen=True, slots=True)
class OutboundLimits:
    """What one request may cost. `total_s` covers all its redirects and its whole body.

    `max_bytes` counts the body as unpacked. `allow_private` names what would otherwise be refused:
    `host`, `host:port`, an address, or a network, each with or without a port
    ("127.0.0.1:8080", "10.0.0.0/8", "intranet.example").
    """

    connect_s: float
    read_s: float
    total_s: float
    max_bytes: int
    max_redirects: int
    allow_private: tuple[str, ...]


class ResponseTooLarge(requests.RequestException):
    """The body is larger than `max_bytes`; reading stopped there."""


def open_session(
    limits: OutboundLimits,
    user_agent: str,
    *,
    resolve: Resolve = socket.getaddrinfo,
    monotonic: Callable[[], float] = time.monotonic,
) -> requests.Session:
    """Open the session that everything outbound goes through.

    Raises, when used, `OutboundRefused` (nothing was sent to that address), `ResponseTooLarge` or
    another `requests` exception. Looking a name up is limited only by the system's resolver.
    """
    session = _Session(limits, monotonic)
    session.trust_env = False
    session.max_redirects = limits.max_redirects
    session.headers["User-Agent"] = user_agent
    session.headers["Accept-Encoding"] = "gzip, deflate"
    session.cookies = RequestsCookieJar(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    # Also for other schemes: a redirect to file: or ftp: must meet our refusal, not another adapter.
    session.mount("", _Door(limits, user_agent, resolve, monotonic))
    return session


def is_global(address: Address) -> bool:
    """Whether an address lies on the public internet, seen through every known wrapping.

    IPv4 inside IPv6 (mapped, NAT64, 6to4, ISATAP) counts as the IPv4 address that it reaches; Teredo and
    all else outside global unicast is refused (RFC 4291, RFC 6052 2.1, RFC 3056, RFC 5214 6.1, RFC 4380).
    """
    if any(address in network for network in _NOT_PUBLIC):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast
    wrapped = address.ipv4_mapped or address.sixtofour
    # Of ISATAP's mark, all but the bit that says whether the IPv4 address is unique.
    if address in _NAT64 or int(address) >> 32 & 0xFDFFFFFF == _ISATAP:
        wrapped = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if wrapped is not None:
        return is_global(wrapped)
    return address in _GLOBAL_UNICAST and address.is_global


def own_addresses() -> frozenset[Address]:
    """This machine's own addresses, of which a public one leads past the firewall to what listens here."""
    found = (entry for entries in psutil.net_if_addrs().values() for entry in entries)
    return frozenset(
        ipaddress.ip_address(entry.address.partition("%")[0])
        for entry in found
        if entry.family in (socket.AF_INET, socket.AF_INET6)
    )


def is_named(host: str, port: int, address: Address, *, allow_private: tuple[str, ...]) -> bool:
    """Whether an operator named this private place in `[outbound] allow_private`."""
    return any(_names(entry, host, port, address) for entry in allow_private)


def _names(entry: str, host: str, port: int, address: Address) -> bool:
    place, entry_port = _split_port(entry)
    if entry_port is not None and entry_port != port:
        return False
    try:
        return address in ipaddress.ip_network(place, strict=False)
    except ValueError:
        return place.lower() == host.lower()


def _split_port(entry: str) -> tuple[str, int | None]:
    """Take "host:port", "[::1]:port" or a bare name, address or network apart."""
    if entry.startswith("["):
        place, _, tail = entry[1:].partition("]")
        return place, int(tail[1:]) if tail[1:].isdigit() else None
    place, _, port = entry.rpartition(":")
    if place and ":" not in place and port.isdigit():
        return place, int(port)
    return entry, None


@dataclass(frozen=True, slots=True)
class _Deadline:
    """When a request and all its redirects must be over. Travels from hop to hop as the `timeout`."""

    ends_at: float
    read_s: float


class _Session(requests.Session):
    """Gives each request its deadline, which `requests` then hands on from redirect to redirect."""

    def __init__(self, limits: OutboundLimits, monotonic: Callable[[], float]) -> None:
        super().__init__()
        self._limits = limits
        self._monotonic = monotonic

    def send(self, request: requests.PreparedRequest, **settings: Any) -> requests.Response:
        """Send, redirects included, before the deadline. A number as `timeout` can only tighten ours."""
        wished = settings.get("timeout")
        if not isinstance(wished, _Deadline):
            read_s = self._limits.read_s
            read_s = min(read_s, wished) if isinstance(wished, int | float) else read_s
            settings["timeout"] = _Deadline(self._monotonic() + self._limits.total_s, read_s)
        try:
            return super().send(request, **settings)
        except requests.RequestException:
            raise
        except ValueError as error:  # `requests` takes a redirect apart without a net.
            raise requests.exceptions.InvalidHeader("the answer redirects to what is no address") from error


class _Door(BaseAdapter):
    """Checks each hop, then sends it on a connection of its own; shares nothing between requests."""

    def __init__(
        self, limits: OutboundLimits, user_agent: str, resolve: Resolve, monotonic: Callable[[], float]
    ) -> None:
        super().__init__()
        self._limits = limits
        self._user_agent = user_agent
        self._resolve = resolve
        self._monotonic = monotonic

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one hop and read its body whole, within every limit.

        `stream` and `proxies` are ignored on purpose; `timeout` is what `_Session` made of it.
        """
        deadline: _Deadline = timeout
        host, port, addresses = self._checked(request.url or "")
        request.headers["User-Agent"] = self._user_agent
        hop = _Hop(host, port, addresses)
        left_s = deadline.ends_at - self._monotonic()
        if left_s <= 0:
            raise requests.ReadTimeout(
                f"{host}: no answer within {self._limits.total_s:g} s", request=request
            )
        wait = Timeout(connect=min(self._limits.connect_s, left_s), read=min(deadline.read_s, left_s))
        try:
            with hop.cut_after(left_s):
                response = hop.send(request, stream=True, timeout=wait, verify=verify, cert=cert)  # type: ignore[arg-type]  # takes urllib3's own too
                body = self._body(response, host)
        except (requests.RequestException, HTTPError, OSError) as error:
            if self._monotonic() >= deadline.ends_at:
                message = f"{host}: not finished within {self._limits.total_s:g} s"
                raise requests.ReadTimeout(message, request=request) from error
            if isinstance(error, requests.RequestException):
                raise
            if isinstance(error, ReadTimeoutError | TimeoutError):
                raise requests.ReadTimeout(f"{host}: the answer stalled", request=request) from error
            raise requests.ConnectionError(f"{host}: the answer broke off", request=request) from error
        finally:
            hop.close()
        if self._monotonic() >= deadline.ends_at:
            # The connection was cut; an answer without a length would look whole.
            message = f"{host}: not finished within {self._limits.total_s:g} s"
            raise requests.ReadTimeout(message, request=request)
        response._content = body
        response._content_consumed = True  # type: ignore[attr-defined]  # requests' own flag
        return response

    def close(self) -> None:
        """Nothing stays open between requests."""

    def _checked(self, url: str) -> tuple[str, int, tuple[Address, ...]]:
        """Resolve the host of `url` once and return addresses that may be contacted."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (KeyError, ValueError):
            raise OutboundRefused("only http and https addresses are contacted") from None
        if not host:
            raise OutboundRefused("the address names no host")
        try:
            answers = self._resolve(host, port, type=socket.SOCK_STREAM)
            addresses = tuple(ipaddress.ip_address(answer[4][0].partition("%")[0]) for answer in answers)
        except (OSError, UnicodeError, ValueError) as error:
            raise requests.ConnectionError(f"{host}: the name could not be looked up") from error
        if not addresses:
            raise requests.ConnectionError(f"{host}: the name has no address")
        own = own_addresses()
        for address in addresses:
            if (address in own or not is_global(address)) and not is_named(
                host, port, address, allow_private=self._limits.allow_private
            ):
                kind = "this machine's own" if is_global(address) else "a private"
                raise OutboundRefused(f"{host}:{port} is {kind} address ({address})")
        return host, port, tuple(dict.fromkeys(addresses))

    def _body(self, response: requests.Response, host: str) -> bytes:
        """Read the unpacked body up to the limit; a packed bomb is unpacked piece by piece."""
        limit = self._limits.max_bytes
        too_large = f"{host}: the answer is larger than {limit / 1_000_000:g} MB"
        if (length := response.headers.get("Content-Length", "")).isdigit() and int(length) > limit:
            raise ResponseTooLarge(too_large, response=response)
        body = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            body += chunk
            if len(body) > limit:
                raise ResponseTooLarge(too_large, response=response)
        return bytes(body)


class _Hop(HTTPAdapter):
    """One request to addresses that were checked. Thrown away afterwards, so nothing is reused."""

    def __init__(self, host: str, port: int, addresses: tuple[Address, ...]) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1)
        self._host = host
        self._port = port
        self._addresses = addresses
        self._socket: socket.socket | None = None

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Let urllib3 build its pool, with the one change that we choose the address."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        kind = _CheckedTlsConnection if isinstance(pool, HTTPSConnectionPool) else _CheckedConnection
        pool.ConnectionCls = partial(kind, hop=self)
        return pool

    def dial(self, connection: HTTPConnection) -> socket.socket:
        """Connect to the first checked address that answers."""
        failure: OSError | None = None
        for address in self._addresses[:_ADDRESSES_TRIED]:
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            connected = socket.socket(family, socket.SOCK_STREAM)
            try:
                connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connected.settimeout(connection.timeout)
                connected.connect((str(address), self._port))
                return connected
            except OSError as error:
                connected.close()
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(connection, f"{self._host} did not answer") from failure
        raise NewConnectionError(connection, f"{self._host} refused the connection") from failure

    def opened(self, connected: socket.socket | None) -> None:
        """Remember the socket in use, for `cut_after`."""
        self._socket = connected

    @contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """Shut the connection when time is up: a dripping server keeps every single read alive."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # It may have ended by itself in the same moment.
                self._socket.shutdown(socket.SHUT_RDWR)


class _CheckedConnection(HTTPConnection):
    """A connection to an address that its hop has checked."""

    def __init__(self, *args: Any, hop: _Hop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._hop = hop

    def _new_conn(self) -> socket.socket:
        return self._hop.dial(self)

    def connect(self) -> None:
        """Connect, under TLS prove the name, and tell the hop which socket to cut."""
        super().connect()
        self._hop.opened(self.sock)


class _CheckedTlsConnection(_CheckedConnection, HTTPSConnection):
    """The same under TLS: the name is still what is asked for and what the certificate must prove."""
