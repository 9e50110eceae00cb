"""A page that asks for something in every way a browser knows, from two hosts: what a record must hold."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZipFile

from warcio.archiveiterator import ArchiveIterator

from tests.page_server import Answer, Handler, PageServer, png

SENT = b'{"fete":"Saturday"}'


@dataclass(frozen=True)
class Expected:
    """One exchange that must be in the record, with its method, its status and its decoded body."""

    method: str
    status: int
    body: bytes


class CoverageSite:
    """The page is at `url`; `expected` says what it makes a browser ask for, by address.

    The second host is another site for the browser, so its frame lives in a process of its own.
    """

    def __init__(self) -> None:
        self.near = PageServer()
        self.far = PageServer("127.0.0.2", self.near.port)
        self.hosts = (f"127.0.0.1:{self.near.port}", f"127.0.0.2:{self.near.port}")
        self.expected: dict[str, Expected] = {}
        self.url = self._serve()

    def close(self) -> None:
        """Stop both hosts."""
        self.near.close()
        self.far.close()

    def _serve(self) -> str:
        near, far = self.near, self.far
        self._file(
            near, "/style.css", "text/css", b'@import "imported.css"; body { background: url(back.png) }'
        )
        face = b"@font-face { font-family: F; src: url(font.woff2) } p { font-family: F, serif }"
        self._file(near, "/imported.css", "text/css", face)
        self._file(near, "/font.woff2", "font/woff2", b"wOF2" + bytes(range(256)) * 8)
        for path, shade in (("/back.png", 10), ("/picture.png", 20), ("/landed.png", 30), ("/late.png", 40)):
            self._file(near, path, "image/png", png(30, 20, colour=(shade, 90, 90)))
        self._file(near, "/script.js", "text/javascript", _SCRIPT)
        self._file(near, "/module.mjs", "text/javascript", b'import "./inner.mjs"; export {};')
        self._file(near, "/inner.mjs", "text/javascript", b"export const inner = 1;")
        self._file(
            near, "/worker.js", "text/javascript", b'importScripts("tool.js"); fetch("from-worker.json");'
        )
        self._file(near, "/tool.js", "text/javascript", b"self.tool = 1;")
        self._file(near, "/shared.js", "text/javascript", b'fetch("from-shared.json");')
        for name in ("unread", "read", "from-worker", "from-shared"):
            self._file(near, f"/{name}.json", "application/json", json.dumps({"name": name}).encode())
        self._file(near, "/same.html", "text/html", b"<p>A frame of the same site.</p>")
        self._packed(near, "/packed.js", "text/javascript", b"window.packed = 1; // " + b"raffle " * 40000)
        self._hop(near, "/hop", "/hop-again", 302)
        self._hop(near, "/hop-again", "/landed.png", 307)
        near.routes["/beacon"] = near.routes["/empty"] = _no_content
        self.expected[near.url("/beacon")] = Expected("POST", 204, b"")
        self.expected[near.url("/empty")] = Expected("GET", 204, b"")
        near.routes["/post"] = Answer(b'{"thanks":true}', "application/json")
        self.expected[near.url("/post")] = Expected("POST", 200, b'{"thanks":true}')
        self._file(far, "/frame.html", "text/html", _FRAME)
        self._file(far, "/frame.png", "image/png", png(30, 20, colour=(200, 0, 90)))
        self._packed(far, "/frame.json", "application/json", json.dumps({"bunting": [1] * 5000}).encode())
        self._file(far, "/frame-worker.js", "text/javascript", b'fetch("frame-late.json");')
        self._file(far, "/frame-late.json", "application/json", b'{"late":1}')
        url = near.page("/", _PAGE % far.url("/frame.html"))
        page = near.routes["/"]
        assert isinstance(page, Answer)
        self.expected[url] = Expected("GET", 200, page.body)
        return url

    def _file(self, server: PageServer, path: str, kind: str, body: bytes) -> None:
        server.routes[path] = Answer(body, kind)
        self.expected[server.url(path)] = Expected("GET", 200, body)

    def _packed(self, server: PageServer, path: str, kind: str, body: bytes) -> None:
        """Compressed and in chunks, so that nobody knows its size beforehand."""

        def give(handler: Handler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Type", kind)
            handler.send_header("Content-Encoding", "gzip")
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            packed = gzip.compress(body)
            handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(packed), packed))

        server.routes[path] = give
        self.expected[server.url(path)] = Expected("GET", 200, body)

    def _hop(self, server: PageServer, path: str, target: str, status: int) -> None:
        server.routes[path] = Answer(b"elsewhere", status=status, headers={"Location": target})
        self.expected[server.url(path)] = Expected("GET", status, b"")


def lost(site: CoverageSite, package: bytes) -> list[str]:
    """Every address of the page whose exchange is not in the package as it was, and how it differs."""
    responses: dict[str, tuple[int, bytes]] = {}
    requests: dict[str, tuple[str, bytes]] = {}
    with ZipFile(BytesIO(package)) as zipped:
        for record in ArchiveIterator(BytesIO(zipped.read("archive/data.warc.gz"))):
            url = record.rec_headers.get_header("WARC-Target-URI")
            body = record.content_stream().read()
            if record.rec_type == "response":
                responses[url] = (int(record.http_headers.get_statuscode()), body)
            elif record.rec_type == "request":
                requests[url] = (record.http_headers.protocol, body)
    found = []
    for url, expected in site.expected.items():
        if url not in responses or url not in requests:
            found.append(f"{url} is not there")
        elif responses[url] != (expected.status, expected.body):
            found.append(f"{url} has status {responses[url][0]} and {len(responses[url][1])} bytes")
        elif requests[url][0] != expected.method:
            found.append(f"{url} was asked with {requests[url][0]}")
    for path in ("/post", "/beacon"):
        if requests.get(site.near.url(path), ("", b""))[1] != SENT:
            found.append(f"{path} without what was sent")
    return found


def _no_content(handler: Handler) -> None:
    handler.send_response(204)
    handler.end_headers()


_PAGE = """
<link rel="icon" href="data:,"><link rel="stylesheet" href="style.css">
<p>The summer fete of Littleover Community School was a lovely day for everyone who came along.</p>
<img src="picture.png" alt="a field"><img src="hop" alt="a stall">
<iframe src="same.html"></iframe><iframe src="%s"></iframe>
<div style="height: 3000px"></div><img loading="lazy" src="late.png" alt="the end">
<script src="script.js"></script><script src="packed.js"></script>
<script type="module" src="module.mjs"></script>
"""
_FRAME = b"""<p>A frame of another site.</p><img src="frame.png">
<script>fetch("frame.json").then(r => r.json()); new Worker("frame-worker.js");</script>"""
_SCRIPT = b"""
const sent = '{"fete":"Saturday"}';
fetch("unread.json");
fetch("empty");
const asked = new XMLHttpRequest(); asked.open("GET", "read.json"); asked.send();
fetch("post", {method: "POST", headers: {"Content-Type": "application/json"}, body: sent});
navigator.sendBeacon("beacon", sent);
new Worker("worker.js");
new SharedWorker("shared.js");
"""
