"""The one door to plain HTTP: what it refuses, what it limits, and what it never says."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitor.errors import OutboundRefused
from monitor.outbound import ResponseTooLarge, is_global, is_named, open_session
from tests.limits import limits

USER_AGENT = "SchoolMonitor/0.1 (Elm Lane School; office@elmlane.example)"

Handle = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def listening(handle: Handle, context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """A server on loopback: its port and the request lines it got."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.headers.get('Host')} {self.path}")
            handle(self)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *args: None  # type: ignore[method-assign]  # cut connections are the point
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


def hello(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Set-Cookie", "tracker=1; Path=/")
    request.end_headers()
    request.wfile.write(str(request.headers).encode())


def redirect_to(place: Callable[[BaseHTTPRequestHandler], str]) -> Handle:
    def handle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(302)
        request.send_header("Location", place(request))
        request.send_header("Content-Length", "0")
        request.end_headers()

    return handle


def session_for(port: int, **changed: Any) -> requests.Session:
    """A session that may contact this one server on loopback and nothing else inside."""
    return open_session(limits(allow_private=(f"127.0.0.1:{port}",), **changed), USER_AGENT)


class Names:
    """A name service that answers as told, each name once after the other."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {name.replace("_", "."): addresses for name, addresses in answers.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        addresses = self.answers[host]
        given = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in given.split()]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254",
        "ff02::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "2001:db8::1", "::127.0.0.1", "100::1",
    ],
)  # fmt: skip
def test_an_address_inside_counts_as_private_however_it_is_wrapped(address: str) -> None:
    """Mapped, NAT64, 6to4 and Teredo are seen through (evidence study 3.5)."""
    assert not is_global(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e", "2002:5db8:d70e::1"],
)
def test_the_public_internet_is_open(address: str) -> None:
    """Else the refusals above could pass by refusing everything."""
    assert is_global(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("10.0.0.0/8", True), ("10.1.2.3", True), ("10.1.2.3:8080", True), ("intranet.example", True),
        ("Intranet.Example:8080", True), ("10.1.2.3:80", False), ("10.2.0.0/16", False), ("example", False),
        ("::1", False), ("[::1]:8080", False), ("10.0.0.0/8:8080", True), ("10.0.0.0/8:81", False),
    ],
)  # fmt: skip
def test_a_private_place_is_named_by_host_address_or_network(entry: str, named: bool) -> None:
    """The forms that `[outbound] allow_private` takes."""
    address = ipaddress.ip_address("10.1.2.3")
    assert is_named("intranet.example", 8080, address, allow_private=(entry,)) is named


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://127.1:{port}/", "http://2130706433:{port}/",
        "http://0x7f000001:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://0:{port}/", "http://a@127.0.0.1:{port}/",
    ],
)  # fmt: skip
def test_nothing_is_sent_to_an_address_inside(url: str) -> None:
    """However it is spelt; the message says which host."""
    with listening(hello) as (port, asked):
        session = open_session(limits(), USER_AGENT)
        with pytest.raises(OutboundRefused, match="private address"):
            session.get(url.format(port=port))
        assert asked == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.test/", "gopher://127.0.0.1/", "http:///x"]
)
def test_only_web_addresses_are_contacted(url: str) -> None:
    """The door has no other adapter behind it."""
    with pytest.raises((OutboundRefused, requests.exceptions.InvalidURL)):
        open_session(limits(), USER_AGENT).get(url)


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{other}/", "http://localhost:{other}/", "http://10.0.0.1/", "http://[::1]:{other}/",
        "http://169.254.169.254/latest/meta-data/", "//127.0.0.1:{other}/", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_a_redirect_is_checked_like_a_first_request(target: str) -> None:
    """A public page must not lead us inside."""
    with listening(hello) as (other, asked_inside):
        with listening(redirect_to(lambda _: target.format(other=other))) as (port, asked):
            with pytest.raises(OutboundRefused):
                session_for(port).get(f"http://127.0.0.1:{port}/")
            assert len(asked) == 1
        assert asked_inside == []


def test_a_redirect_without_end_ends() -> None:
    """After the number of hops that was set."""
    with listening(redirect_to(lambda request: request.path + "x")) as (port, asked):
        with pytest.raises(requests.TooManyRedirects):
            session_for(port, max_redirects=4).get(f"http://127.0.0.1:{port}/")
        assert len(asked) == 5


@pytest.mark.parametrize("answer", ["10.0.0.5", "93.184.215.14 10.0.0.5", "169.254.169.254", "::1"])
def test_a_name_that_points_inside_is_refused(answer: str) -> None:
    """Also if only one of its addresses does."""
    names = Names(news_example=[answer])
    with pytest.raises(OutboundRefused, match=r"news\.example"):
        open_session(limits(), USER_AGENT, resolve=names).get("http://news.example/")


def test_a_name_cannot_answer_twice() -> None:
    """The address that was checked is the address that is contacted: no second look-up (DNS rebinding)."""
    with listening(hello) as (port, asked):
        names = Names(news_example=["127.0.0.1", "10.0.0.5"])
        session = open_session(limits(allow_private=("127.0.0.1",)), USER_AGENT, resolve=names)
        assert session.get(f"http://news.example:{port}/").ok
        assert asked == [f"news.example:{port} /"]
        assert names.asked == ["news.example"]
        with pytest.raises(OutboundRefused):
            session.get(f"http://news.example:{port}/")
        assert len(asked) == 1


def test_tls_still_proves_the_name(tmp_path: Path) -> None:
    """Connecting to a checked address must not mean trusting whoever answers there."""
    certificate, context, seen = self_signed("news.example", tmp_path)
    with listening(hello, context) as (port, asked):
        names = Names(news_example=["127.0.0.1"], other_example=["127.0.0.1"])
        session = open_session(limits(allow_private=("127.0.0.1",)), USER_AGENT, resolve=names)
        assert session.get(f"https://news.example:{port}/", verify=str(certificate)).ok
        assert seen == ["news.example"]
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://other.example:{port}/", verify=str(certificate))
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://news.example:{port}/")
        assert asked == [f"news.example:{port} /"]


def self_signed(name: str, folder: Path) -> tuple[Path, ssl.SSLContext, list[str]]:
    """A certificate for a name, a server context with it, and the names that clients asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, secret = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    seen: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, secret)
    context.sni_callback = lambda _socket, asked_name, _context: seen.append(asked_name)
    return public, context, seen


def drip_body(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(b"x")
        time.sleep(0.05)


def drip_headers(request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        request.wfile.write(b"x")
        time.sleep(0.05)


def stall(request: BaseHTTPRequestHandler) -> None:
    time.sleep(5)


@pytest.mark.parametrize("handle", [drip_body, drip_headers, stall])
def test_a_slow_server_is_left_in_time(handle: Handle) -> None:
    """A server that sends a byte now and then keeps each single read alive, but not the whole."""
    with listening(handle) as (port, _), pytest.raises(requests.Timeout):
        session_for(port, read_s=0.4, total_s=0.8).get(f"http://127.0.0.1:{port}/")


def test_the_time_limit_covers_all_redirects_together() -> None:
    """Each hop alone would be quick enough."""

    def slow_redirect(request: BaseHTTPRequestHandler) -> None:
        time.sleep(0.3)
        redirect_to(lambda _: request.path + "x")(request)

    with listening(slow_redirect) as (port, asked):
        with pytest.raises(requests.Timeout):
            session_for(port, total_s=0.8, max_redirects=50).get(f"http://127.0.0.1:{port}/")
        assert len(asked) <= 4


def hundred_megabytes(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(1600):
        request.wfile.write(b"<item>words</item>" * 3641)


def announced(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "100000000")
    request.end_headers()
    request.wfile.write(b"x" * 1000)


@pytest.mark.parametrize("handle", [hundred_megabytes, announced])
def test_a_huge_answer_stops_at_the_limit(handle: Handle) -> None:
    """Sent or announced: the reading stops there, and memory stays near the limit."""
    with listening(handle) as (port, _):
        session = session_for(port, max_bytes=2_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLarge, match="larger than 2 MB"):
                session.get(f"http://127.0.0.1:{port}/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 10_000_000


def test_unpacking_a_bomb_takes_little_memory() -> None:
    """A hundred megabytes packed into a hundred kilobytes are unpacked piece by piece."""
    packed = gzip.compress(b"0" * 100_000_000, 9)

    def send(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Encoding", "gzip")
        request.send_header("Content-Length", str(len(packed)))
        request.end_headers()
        request.wfile.write(packed)

    with listening(send) as (port, _):
        tracemalloc.start()
        try:
            with pytest.raises(ResponseTooLarge):
                session_for(port, max_bytes=2_000_000).get(f"http://127.0.0.1:{port}/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 10_000_000


def test_every_request_says_who_we_are_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cookie, no password file, no proxy from the environment, no borrowed name (R7, R23)."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with listening(hello) as (port, _):
        session = session_for(port)
        session.get(f"http://127.0.0.1:{port}/")
        said = session.get(f"http://127.0.0.1:{port}/", headers={"User-Agent": "Mozilla/5.0"}).text
        assert f"User-Agent: {USER_AGENT}" in said
        assert "Mozilla" not in said and "Cookie" not in said and "Authorization" not in said
        assert list(session.cookies) == []


def test_a_broken_answer_is_a_connection_error() -> None:
    """Fewer bytes than announced are not an answer."""

    def cut(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "1000")
        request.end_headers()
        request.wfile.write(b"half")

    with listening(cut) as (port, _), pytest.raises(requests.RequestException):
        session_for(port).get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "location", [b"\xff//x", b"https://]", b"https://-1[", b"http://" + b"a" * 70 + b".example/"]
)
def test_a_redirect_to_nonsense_is_a_request_error(location: bytes) -> None:
    """Bytes that are no text, brackets that do not close, names that cannot be."""

    def send(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n")

    with listening(send) as (port, asked):
        with pytest.raises(requests.RequestException):
            session_for(port).get(f"http://127.0.0.1:{port}/")
        assert len(asked) >= 1
