"""A small internet of our own, in which every attempt of `private_cases` has a target that counts.

Run as a program, it makes one round of all cases and prints as JSON what each target saw. Where the
system allows it (`unshare`, `ip`), the round happens in a network namespace in which *every* address of
IPv4 and IPv6 is this machine, so that 169.254.169.254 or fd00:ec2::254 is a real server on port 80, the
system's resolver asks our DNS, and a sniffer sees every connection and datagram to whatever address and
port. Elsewhere the targets are addresses of 127.0.0.0/8 and ::1, and what needs the rest is left out.

The page stands on loopback, because that is where Chromium's own rules hinder a page least.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import psutil
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Error, sync_playwright

from monitor.browser import BrowserOptions, find_browser, open_browser
from monitor.browser.egress import lookup
from monitor.errors import OutboundRefused
from monitor.evidence.wacz import Wacz
from monitor.model import CaptureMode
from monitor.outbound import open_session
from tests.limits import limits
from tests.private_cases import CASES, OWN, Case, Way
from tests.school import REPOSITORY

SITE = "127.5.5.5"
PAGE_S, TOTAL_S, SLOW_S = 15.0, 90.0, 2.0
_TRIES, _ROUND_S = 3, 7200
WORDS = "<p>" + "The summer fete of Elm Lane School was a lovely day for everyone. " * 8 + "</p>"
_WELCOME = (
    b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\n"
    b"Access-Control-Allow-Headers: *\r\nContent-Type: text/javascript\r\nConnection: close\r\n\r\n"
    b"/* " + WORDS.encode() + b" */"
)
_RTC = """<script>
function rtc(servers){let p=new RTCPeerConnection({iceServers:servers});p.createDataChannel('x');
p.createOffer().then(o=>p.setLocalDescription(o)).catch(()=>0)}
function peer(how,address,port,rest){let a=new RTCPeerConnection,b=new RTCPeerConnection;
a.createDataChannel('x');
a.createOffer().then(async o=>{await a.setLocalDescription(o);await b.setRemoteDescription(o);
let n=await b.createAnswer();await b.setLocalDescription(n);await a.setRemoteDescription(n);
await a.addIceCandidate({sdpMid:'0',candidate:`candidate:1 1 ${how} 2122260223 ${address} ${port} ${rest}`})
}).catch(()=>0)}</script>"""


class Guard(StrEnum):
    """What stands between the page and the targets."""

    SHUT = "the product as it is"
    OPEN = "the product, told by `allow_private` that everything is allowed"
    NONE = "Chromium without proxy, gate or switches of ours"


@dataclass(slots=True)
class Round:
    """What the targets saw in one round: for each case by number, and what belongs to no case."""

    fenced: bool
    seen: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    strays: list[str] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    said: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    visits: list[tuple[str, str, str]] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    own_port: int = 0


def play() -> dict[Guard, Round]:
    """Make a round for each guard, all at once, each in a namespace of its own if that can be had.

    Without namespaces there is no round without a guard: the browser would need our DNS.
    """
    with tempfile.TemporaryDirectory() as folder:
        fence = _fence(Path(folder))
        guards = tuple(Guard) if fence else (Guard.SHUT, Guard.OPEN)
        return dict(zip(guards, _played(guards, fence), strict=True))


def _played(guards: tuple[Guard, ...], fence: list[str]) -> list[Round]:
    started = [
        subprocess.Popen(
            [*fence, sys.executable, "-m", "tests.private_targets", guard.name, "fenced" if fence else ""],
            cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for guard in guards
    ]  # fmt: skip
    try:
        return [_reported(program) for program in started]
    finally:
        for program in started:
            program.kill()


def _reported(program: subprocess.Popen[str]) -> Round:
    said, wrong = program.communicate(timeout=_ROUND_S)
    if program.returncode:
        raise RuntimeError(f"the round did not end well:\n{wrong}")
    found = json.loads(said.splitlines()[-1])
    for name in ("seen", "said"):
        found[name] = {int(number): what for number, what in found[name].items()}
    return Round(**found)


def _fence(folder: Path) -> list[str]:
    """The command before a command that gives it a network of its own; empty where there is none.

    `folder` must last as long: the system's resolver is told there to ask our DNS.
    """
    (folder / "resolv.conf").write_text("nameserver 127.0.0.53\noptions timeout:2\n", "utf-8")
    (folder / "nsswitch.conf").write_text("hosts: files dns\n", "utf-8")
    setting = (
        "ip link set lo up && ip route add local 0.0.0.0/0 dev lo && ip -6 route add local ::/0 dev lo"
        # WebRTC looks for a way out of the machine before it sends anything.
        " && ip link add out type veth peer name beyond && ip addr add 172.20.77.1/24 dev out"
        " && ip link set out up && ip link set beyond up"
        f" && ip addr add {OWN[0]}/32 dev out && ip addr add {OWN[1]}/128 dev out nodad"
        f" && for it in resolv.conf nsswitch.conf; do mount --bind {folder}/$it /etc/$it || exit 1; done"
        ' && exec "$@"'
    )
    for unshare in (["unshare", "-nm"], ["unshare", "-rnm"]):
        fence = [*unshare, "sh", "-c", setting, "sh"]
        with suppress(OSError, subprocess.TimeoutExpired):
            if not subprocess.run([*fence, "true"], capture_output=True, timeout=10).returncode:
                return fence
    return []


class _World:
    """The servers of one round."""

    def __init__(self, *, fenced: bool) -> None:
        self.round = Round(fenced)
        self._prefix = "10.77" if fenced else "127.77"
        self.web, self.tls, self.other = (80, 443, 8081) if fenced else (_free(), _free(), _free())
        self.udp = 3478 if fenced else _free()
        self.names = _Names(self, ("127.0.0.53", 53) if fenced else ("127.0.0.1", 0))
        for port in (self.web, self.tls, self.other):
            self._listen(socket.AF_INET, "0.0.0.0", port)
            self._listen(socket.AF_INET6, "::", port)
        self._certificate = _certificate(self)
        self._thread(self._datagrams, socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.syns: set[tuple[str, str, int]] = set()
        if fenced:
            sniffer = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            with suppress(PermissionError):  # In the namespace of an ordinary user.
                sniffer.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE: lose nothing
            self._thread(self._sniff, sniffer)

    def address(self, number: int) -> str:
        """The address that belongs to a case."""
        return f"{self._prefix}.{number // 200 + 1}.{number % 200 + 1}"

    def url(self, path: str, host: str = SITE) -> str:
        """An address on the site that may be visited."""
        return f"http://{host}:{self.web}{path}"

    def filled(self, text: str, case: Case) -> str:
        """The text of a case with its own target in it."""
        address = self.address(case.number)
        octets = [int(part) for part in address.split(".")]
        circled = "\u24ea" + "".join(map(chr, range(0x2460, 0x2469)))
        whole, tail = int(ipaddress.IPv4Address(address)), octets[2] * 256 + octets[3]
        words = {
            "SITEHOST": SITE, "SITE": self.url(""), "DEC": str(whole), "HEX": hex(whole),
            "OCT": ".".join(f"0{part:o}" for part in octets), "SHORT": f"{octets[0]}.{octets[1]}.{tail}",
            "MIX": f"0x{octets[0]:X}.0{octets[1]:o}.{tail}",
            "WIDE": "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in address),
            "CIRCLED": "".join(circled[int(c)] if c.isdigit() else c for c in address),
            "DOTS": address.replace(".", "\u3002"), "ESC": "".join(f"%{ord(c):x}" for c in address),
            "V6": f"{whole >> 16:x}:{whole & 0xFFFF:x}", "U": f"http://{address}:{self.web}/c{case.number}",
            "S": f"https://c{case.number}.inside.example:{self.tls}/c{case.number}",
            "W": f"ws://{address}:{self.web}/c{case.number}", "H": f"{address}:{self.web}",
            "D": str(case.number), "A": address, "P": str(self.web), "Q": str(self.tls),
            "O": str(self.other), "G": str(self.udp), "N": f"c{case.number}",
        }  # fmt: skip
        return re.sub(f"@({'|'.join(words)})", lambda found: words[found[1]], text)

    def saw(self, number: int, what: str) -> None:
        """Note that a target was reached."""
        if what not in self.round.seen[number]:
            self.round.seen[number].append(what)

    def owners(self, address: str) -> list[int]:
        """The cases that lead to an address."""
        found = [case.number for case in CASES if case.address and _same(case.address, address)]
        parts = address.split(".")
        if address.startswith(f"{self._prefix}.") and len(parts) == 4:
            found.append((int(parts[2]) - 1) * 200 + int(parts[3]) - 1)
        return found

    # --- what listens -----------------------------------------------------------------------------

    def _thread(self, work, *given) -> None:  # type: ignore[no-untyped-def]
        threading.Thread(target=work, args=given, daemon=True).start()

    def _listen(self, family: socket.AddressFamily, address: str, port: int) -> None:
        with suppress(OSError):  # No IPv6 here.
            server = socket.create_server((address, port), family=family, backlog=200)
            self._thread(self._accept, server)

    def _accept(self, server: socket.socket) -> None:
        while True:
            link, _ = server.accept()
            self._thread(self._serve, link)

    def _serve(self, link: socket.socket) -> None:
        address, port = link.getsockname()[:2]
        address = _plain(address)
        with suppress(OSError), link:
            link.settimeout(8)
            if address == SITE:
                link = self._certificate.wrap_socket(link, server_side=True) if port == self.tls else link
                self._site(link)
                return
            for number in self.owners(address):
                if address not in ("127.0.0.1", "::1"):  # Shared by several cases: told by the path.
                    self.saw(number, f"connection to {address}:{port}")
            head = link.recv(65536)
            for number in re.findall(rb"(?:/c|\bc)(\d+)(?=[ .?/\r])", head[:4096]):
                kind = "TLS" if head.startswith(b"\x16") else "request"
                self.saw(int(number), f"{kind} at {address}:{port}")
            link.sendall(_WELCOME)

    def _site(self, link: socket.socket) -> None:
        head = link.recv(65536).decode("latin-1")
        path = head.split(" ", 2)[1].partition("?")[0]
        _, kind, rest = (path + "//").split("/", 2)
        number = int(rest.strip("/")) if rest.strip("/").isdigit() else 1
        status, headers, body = 200, {"Content-Type": "text/html; charset=utf-8"}, "nothing"
        case = CASES[number - 1]
        if kind == "all":
            body = self._page(number)
            headers |= {
                name: self.filled(value, case)
                for case in _carried(number)
                if case.way is Way.PART
                for name, value in case.headers
            }
        elif kind in ("frame", "jump", "hop"):
            status, body = case.status, self.filled(case.text, case) if kind != "hop" else ""
            body = WORDS + body if kind == "jump" else body
            headers |= {name: self.filled(value, case) for name, value in case.headers}
        elif kind == "bounce":
            status, headers["Location"] = 302, self.filled("@U", case)
        elif kind == "policy":
            headers["Content-Security-Policy"] = f"default-src 'none'; report-uri {self.filled('@U', case)}"
            body = "<img src=data:,><script>1</script>"
        elif kind in ("shared", "module", "service"):
            headers["Content-Type"] = "text/javascript"
            ask = "import '@U';" if kind == "module" else "fetch('@U',{mode:'no-cors'});"
            body = self.filled(ask, case)
        elif kind == "slow":
            time.sleep(SLOW_S)
        lines = [f"HTTP/1.1 {status} Here", *(f"{name}: {value}" for name, value in headers.items())]
        content = body.encode()
        lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
        link.sendall("\r\n".join(lines).encode() + content)

    def _page(self, part: int) -> str:
        """The page that carries many attempts at once; it loads for a while, so that each has its time."""
        texts = [f"<img src=http://127.0.0.1:{self.round.own_port}/>"] if self.round.own_port else []
        for case in _carried(part):
            host = f"c{case.number}.rebind.example" if "rebinding" in case.name else SITE
            frame = f"<iframe src={self.url(f'/frame/{case.number}', host)}></iframe>"
            texts.append(self.filled(case.text, case) if case.way is Way.PART else frame)
        head = f"<!doctype html><html lang=en><title>Elm Lane Talk</title>{_RTC}{WORDS}"
        return f"{head}{''.join(texts)}<img src=/slow/1>"

    def _datagrams(self, server: socket.socket) -> None:
        server.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO: which of our addresses it was sent to
        server.bind(("0.0.0.0", self.udp))
        while True:
            _, extra, _, _ = server.recvmsg(2048, 64)
            address = socket.inet_ntoa(extra[0][2][8:12])
            for number in self.owners(address):
                self.saw(number, f"datagram to {address}:{self.udp}")

    def _sniff(self, sniffer: socket.socket) -> None:
        """Remember where every connection and every datagram of this namespace goes."""
        while True:
            frame, origin = sniffer.recvfrom(256)
            if origin[2] != socket.PACKET_OUTGOING or frame[12:14] not in (b"\x08\x00", b"\x86\xdd"):
                continue
            packet = frame[14:]
            if packet[12:16] == b"\x7f\0\0\x35":
                continue  # An answer of our DNS.
            if packet[0] >> 4 == 4:
                kind, address, inner = (
                    packet[9],
                    socket.inet_ntoa(packet[16:20]),
                    packet[(packet[0] & 15) * 4 :],
                )
            else:
                kind, address, inner = (
                    packet[6],
                    socket.inet_ntop(socket.AF_INET6, packet[24:40]),
                    packet[40:],
                )
            if kind == socket.IPPROTO_TCP and inner[13] & 0x12 == 2:
                self.syns.add(("TCP", address, struct.unpack(">H", inner[2:4])[0]))
            elif kind == socket.IPPROTO_UDP:
                self.syns.add(("UDP", address, struct.unpack(">H", inner[2:4])[0]))


class _Names:
    """A DNS server over UDP. `rebind.example` answers the site the first time and the target ever after."""

    def __init__(self, world: _World, place: tuple[str, int]) -> None:
        self._world = world
        self._server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._server.bind(place)
        self.place = self._server.getsockname()
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self) -> None:
        while True:
            query, client = self._server.recvfrom(512)
            with suppress(ValueError, IndexError, struct.error):
                self._server.sendto(self._answer(query), client)

    def _answer(self, query: bytes) -> bytes:
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode().lower())
            at += query[at] + 1
        kind = struct.unpack(">H", query[at + 1 : at + 3])[0]
        records = self._records(".".join(labels), kind)
        head = query[:2] + struct.pack(
            ">HHHHH", 0x8580 if records is not None else 0x8583, 1, len(records or ()), 0, 0
        )
        body, owner = b"", 12
        for what, data in records or ():
            body += struct.pack(">HHHIH", 0xC000 | owner, what, 1, 0, len(data)) + data
            owner = at + 17 if what == 5 else owner  # What follows an alias is told of the name in it.
        return head + query[12 : at + 5] + body

    def _records(self, name: str, kind: int) -> list[tuple[int, bytes]] | None:
        found = re.fullmatch(r"c(\d+)\.(inside|alias|mixed|mapped|rebind|tls)\.example", name)
        if found is None:
            return None
        number, zone = int(found[1]), found[2]
        target = socket.inet_aton(self._world.address(number))
        site = socket.inet_aton(SITE)
        good = socket.inet_aton("93.184.215.14") if self._world.round.fenced else site
        if kind == 28:
            return [(28, b"\0" * 10 + b"\xff\xff" + target)] if zone == "mapped" else []
        if kind != 1 or zone == "mapped":
            return []
        self._world.round.asked[name] += 1
        if "dns" in CASES[number - 1].name:
            self._world.saw(number, f"the name {name} was looked up")
        answers = {
            "inside": [target], "mixed": [target, good], "tls": [site],
            "rebind": [site if self._world.round.asked[name] == 1 else target],
        }  # fmt: skip
        if zone == "alias":
            other = b"".join(
                bytes([len(part)]) + part.encode() for part in (f"c{number}", "inside", "example")
            )
            return [(5, other + b"\0"), (1, target)]
        return [(1, data) for data in answers[zone]]

    def ask(self, host: str, port: int) -> tuple[str, ...]:
        """Look a host up here, where the system's resolver cannot be told to; addresses by the system."""
        with suppress(OSError):
            if re.fullmatch(r"[0-9a-fx.]+|.*:.*|(.*\.)?localhost\.?", host):
                return lookup(host, port)
        found: list[str] = []
        for kind in (1, 28):
            labels = b"".join(
                bytes([len(part)]) + part.encode("idna") for part in host.rstrip(".").split(".")
            )
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.settimeout(5)
                client.sendto(
                    b"\0\1\1\0\0\1\0\0\0\0\0\0" + labels + b"\0" + struct.pack(">HH", kind, 1), self.place
                )
                answer = client.recv(512)
            at = 12 + len(labels) + 5
            while at < len(answer):
                what, _, _, size = struct.unpack(">HHIH", answer[at + 2 : at + 12])
                data = answer[at + 12 : at + 12 + size]
                family = {1: socket.AF_INET, 28: socket.AF_INET6}.get(what)
                found += [socket.inet_ntop(family, data)] if family else []
                at += 12 + size
        if not found:
            raise socket.gaierror(f"no such name: {host}")
        return tuple(found)


_PER_PAGE = 90


def _carried(part: int) -> list[Case]:
    """The cases that one page carries."""
    cases = [case for case in CASES if case.way in (Way.PART, Way.FRAME)]
    return cases[(part - 1) * _PER_PAGE : part * _PER_PAGE]


def _certificate(world: _World) -> ssl.SSLContext:
    """A certificate that nobody vouches for. It says that its issuer and its judge are found inside."""
    key = ec.generate_private_key(ec.SECP256R1())

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    def where(label: str) -> x509.UniformResourceIdentifier:
        case = next(case for case in CASES if case.name == label)
        return x509.UniformResourceIdentifier(world.filled("@U", case))

    now = datetime.datetime.now(datetime.UTC)
    identifiers = x509.oid.AuthorityInformationAccessOID
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name("tls.example"))
        .issuer_name(name("Some Intermediate Authority"))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("*.tls.example")]), critical=False)
        .add_extension(
            x509.AuthorityInformationAccess(
                [
                    x509.AccessDescription(identifiers.CA_ISSUERS, where("certificate's issuer")),
                    x509.AccessDescription(identifiers.OCSP, where("certificate's revocation")),
                ]
            ),
            critical=False,
        )
        .add_extension(
            x509.CRLDistributionPoints(
                [x509.DistributionPoint([where("certificate's revocation list")], None, None, None)]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        file.flush()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file.name)
    return context


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("0.0.0.0", 0))
        return int(probe.getsockname()[1])


def _plain(address: str) -> str:
    """An address as text, IPv4 when it is mapped."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def _same(one: str, other: str) -> bool:
    return _plain(one) == _plain(other)


def _everything(world: _World) -> tuple[str, ...]:
    ports = (world.web, world.tls, world.other)
    return tuple(entry for port in ports for entry in (f"0.0.0.0/0:{port}", f"[::/0]:{port}"))


def _browse(world: _World, guard: Guard, allowed: tuple[str, ...], folder: Path) -> None:
    """Visit every page with the product's own browser."""
    options = BrowserOptions(
        executable=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")), contact="", page_s=PAGE_S,
        total_s=TOTAL_S, max_height_px=1500, max_page_bytes=20_000_000, allow_private=allowed,
        recycle_after=100, web_record=lambda: Wacz("school-monitor test"),
    )  # fmt: skip
    resolve = lookup if world.round.fenced else world.names.ask
    before = _listening()
    browser = open_browser(options, lambda: datetime.datetime.now(datetime.UTC), resolve=resolve)
    visits = _visits(world)
    try:
        for _ in range(_TRIES):
            for url, _cases in visits:
                log = folder / str(len(world.round.visits))
                report = browser.capture(url, CaptureMode.FULL, log, lambda _: None)
                world.round.visits.append((url, report.outcome.value, report.facts.final_url))
                world.round.own_port = next(iter(_listening() - before), world.round.own_port)
                for link in map(json.loads, (log / "net/connections.jsonl").read_text("utf-8").splitlines()):
                    if link["blocked"]:
                        world.round.blocked.append(f"{link['host']}:{link['port']} {link['blocked']}")
            visits = _unseen(world, visits, guard)
    finally:
        browser.close()


def _listening() -> set[int]:
    links = psutil.Process().net_connections("tcp")
    return {link.laddr.port for link in links if link.status == "LISTEN" and link.laddr.ip == "127.0.0.1"}


_Visit = tuple[str, tuple[Case, ...]]


def _crowded(world: _World) -> list[_Visit]:
    """The pages that carry many attempts each."""
    parts = [part for part in range(1, len(CASES)) if _carried(part)]
    return [(world.url(f"/all/{part}"), tuple(_carried(part))) for part in parts]


def _visits(world: _World) -> list[_Visit]:
    """Every page, with the attempts that begin there."""
    pages = _crowded(world)
    for case in CASES:
        path = f"/jump/{case.number}"
        if case.name == "certificate's issuer":
            pages.append((f"https://c{case.number}.tls.example:{world.tls}{path}", (case,)))
        elif case.way is Way.JUMP and "certificate" not in case.name:
            host = f"c{case.number}.rebind.example" if "bound anew" in case.name else SITE
            pages.append((world.url(path, host), (case,)))
    return pages


def _unseen(world: _World, visits: list[_Visit], guard: Guard) -> list[_Visit]:
    """The pages of which something should have arrived and has not: a busy machine may be why."""

    def late(case: Case) -> bool:
        shows = {
            Guard.SHUT: False,
            Guard.OPEN: not case.never and not case.stopped,
            Guard.NONE: bool(case.stopped),
        }
        here = world.round.fenced or not case.fenced
        return shows[guard] and here and not world.round.seen.get(case.number)

    return [(url, cases) for url, cases in visits if any(map(late, cases))]


def _browse_unguarded(world: _World) -> None:
    """Visit the pages with a Chromium that nobody has taught anything."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as profile:
        # A profile that is kept, as at home: in a passing context Chromium itself is shyer.
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=find_browser(os.environ.get("SCHOOL_MONITOR_BROWSER", "")),
            chromium_sandbox=os.geteuid() != 0, ignore_default_args=["--disable-background-networking"],
        )  # fmt: skip
        visits = _crowded(world)
        for _ in range(_TRIES):
            for url, _cases in visits:
                page = context.new_page()
                with suppress(Error):
                    page.goto(url, timeout=1000 * PAGE_S)
                    page.wait_for_timeout(1500)
                page.close()
            visits = _unseen(world, visits, Guard.NONE)
        context.close()


def _fetch(world: _World, allowed: tuple[str, ...]) -> None:
    """Ask for every address with the collectors' own session."""

    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", (address, port)) for address in world.names.ask(host, port)]

    small = limits(connect_s=9, read_s=9, total_s=40, max_bytes=9000, max_redirects=3, allow_private=allowed)
    session = open_session(small, "SchoolMonitor/test")
    if not world.round.fenced:
        session = open_session(small, "SchoolMonitor/test", resolve=resolve)
    for case in CASES:
        if case.way is not Way.FETCH or (case.fenced and not world.round.fenced):
            continue
        for _ in range(2 if "bound" in case.name else 1):
            try:
                answer = session.get(world.filled(case.text, case), verify=False)
                world.round.said[case.number].append(f"answered {answer.status_code}")
            except (requests.RequestException, OutboundRefused) as error:
                world.round.said[case.number].append(type(error).__name__)


def main(arguments: Sequence[str]) -> int:
    """Make one round and print what was seen."""
    guard, fenced = Guard[arguments[0]], arguments[1] == "fenced"
    world = _World(fenced=fenced)
    site = (f"{SITE}:{world.web}", f"{SITE}:{world.tls}")
    allowed = (*site, *_everything(world)) if guard is Guard.OPEN else site
    with tempfile.TemporaryDirectory() as folder:
        if guard is Guard.NONE:
            _browse_unguarded(world)
        else:
            _browse(world, guard, allowed, Path(folder))
            _fetch(world, allowed)
    time.sleep(0.5)
    known = {SITE, "127.0.0.53"}
    for kind, address, port in sorted(world.syns):
        if address not in known and (address, port) != ("127.0.0.1", world.round.own_port):
            world.round.strays.append(f"{kind} {address}:{port}")
    found = world.round
    sys.stdout.write(json.dumps({name: getattr(found, name) for name in Round.__slots__}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
