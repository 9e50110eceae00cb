"""Stands between one capture and the network, at the browser itself: judges what is asked, keeps what came.

The gate belongs to the whole browser, so frames of other sites, workers, fonts, beacons and redirects pass
it like the page itself: the other ways of listening lose some of these without a word (evidence study 3.2).
The proxy (`egress`) judges where a connection goes; this judges what the proxy never sees.
"""

from __future__ import annotations

import base64
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, Error

from monitor.model import CaptureMode, Exchange
from monitor.ports import Clock, WebRecord

_FORBIDDEN_SCHEMES = ("file", "ftp", "chrome", "chrome-extension", "devtools", "filesystem", "javascript")
_PICTURE_TYPES = ("image/", "video/", "audio/", "font/", "application/font", "application/vnd.ms-fontobject")
_TEXT_TYPES = re.compile(r"text/|application/([a-z.-]+\+)?(json|javascript|ecmascript|xml|xhtml)", re.I)
_ENDLESS_TYPES = ("text/event-stream", "multipart/x-mixed-replace")
_EMBEDDED_PICTURE = re.compile(
    rb"data:(image|video|audio|font|application/font)[^\s\"')<>]*", re.I
)  # as `scripts.SOURCE` takes them out of the page's source
_NEEDED_KINDS = ("Image", "Stylesheet", "Font", "Document", "Script", "XHR", "Fetch")
_TAKEN_BACK = ("Aborted", "BlockedByClient")  # by the page itself, or refused here
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_MOVES = 8  # links, logins and scripts that send a visitor on need fewer
_PATIENCE_S = 2.0  # a call that the page itself took back never ends here
_BODILESS = (204, 205, 304)
_CHUNK_BYTES = 1 << 20
_SMALL_PACKED_BYTES = 1 << 16  # what this much unpacks to at worst can be held in memory: 64 MiB

Forbidden = Callable[[str], bool]
"""Says whether an address may not be asked for. Called in the browser's own thread."""


@dataclass(frozen=True, slots=True)
class RecordLimits:
    """How much is kept: bytes of one body, bytes of all bodies, and how many requests may go out at all."""

    body_bytes: int = 16_000_000
    all_bytes: int = 64_000_000
    requests: int = 3000


class Recorder:
    """The gate and the record of one capture.

    Video never passes (R70); in mode `text` no picture and no font does, and pictures embedded in text are
    cut out of what is kept (R68). Every address is judged before it is asked for, that of a picture as well
    as that of a page (R69). `miss` is told what was left out, in words; `lead_astray` that a page or a frame
    leads to a forbidden address, after which nothing passes any more. A page that opens itself or another
    address again and again is held still after a few times: the document that stands stays. `is_own` knows
    the proxy's own answers, which are never kept; `address_of` gives the address a host was reached at;
    `on_secure` is called before the first part of a page that comes over TLS is let out.

    `address` is where the page itself went last; `held_back` are the addresses it wanted to go on to while it
    was held still. `lost` are the addresses of parts that did not come, each
    with its kind.
    """

    def __init__(
        self,
        gate: CDPSession,
        mode: CaptureMode,
        *,
        forbidden: Forbidden,
        miss: Callable[[str], None],
        lead_astray: Callable[[], None],
        record: WebRecord | None,
        limits: RecordLimits,
        clock: Clock,
        address_of: Callable[[str], str],
        is_own: Callable[[tuple[tuple[str, str], ...]], bool],
        on_secure: Callable[[], None],
    ) -> None:
        self._gate = gate
        self._pictures = mode is not CaptureMode.TEXT
        self._unwanted = {"Media"} if self._pictures else {"Media", "Image", "Font", "Other"}
        self._forbidden = forbidden
        self._miss = miss
        self._lead_astray = lead_astray
        self._record = record
        self._limits = limits
        self._clock = clock
        self._address_of = address_of
        self._is_own = is_own
        self._on_secure = on_secure
        self._shut = False
        self._secure = False
        self._passed = 0
        self._kept_bytes = 0
        self._asked: dict[str, datetime] = {}
        self._held: dict[str, _Held] = {}
        self._first_frame = ""
        self._pages_pass_whole = True
        self._moves = 0
        self._still = False
        self._calls: dict[str, float] = {}
        self.page: Exchange | None = None
        self.address = ""
        self.lost: dict[str, str] = {}
        self.blocked = 0
        self.held_back: list[str] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hold every request of the browser until it was judged, for as long as this lasts."""
        patterns = [{"urlPattern": "*"}, {"urlPattern": "*", "requestStage": "Response"}]

        def on_paused(event: dict[str, Any]) -> None:
            self._on_paused(event)

        # Playwright works a listener's signature out at every event, which took as long as the listener.
        on_paused.__signature__ = inspect.signature(on_paused)  # type: ignore[attr-defined]
        self._gate.on("Fetch.requestPaused", on_paused)
        self._gate.send("Fetch.enable", {"patterns": patterns})
        try:
            yield
        finally:
            self._gate.remove_listener("Fetch.requestPaused", on_paused)
            with suppress(Error):
                self._gate.send("Fetch.disable")

    def needed_lost(self) -> int:
        """How many parts did not come that belong to what the page shows."""
        return sum(kind in _NEEDED_KINDS for kind in self.lost.values())

    def calls_ended(self) -> bool:
        """Whether every call that a script made was answered, or is too old to be waited for."""
        return all(monotonic() - asked_at > _PATIENCE_S for asked_at in self._calls.values())

    def calls_open(self) -> int:
        """How many calls of scripts have no answer yet. Some never do by intention: they wait for news."""
        return len(self._calls)

    def shut(self) -> None:
        """Let nothing pass from now on and forget what was kept."""
        self._shut = True
        self._record = self.page = None

    def holds_page(self) -> bool:
        """Whether the page itself is held up because its answer does not end."""
        return any(held.page for held in self._held.values())

    def let_pages_through(self) -> None:
        """From now on give the browser each page as it comes, without its end; its body is not kept."""
        self._pages_pass_whole = False

    def hold_still(self) -> None:
        """From now on the page stays at the document that stands, wherever it wants to go."""
        self._still = True

    def let_go(self) -> None:
        """Forget what was held back, and let the page go on to another address again."""
        self.held_back.clear()
        self._still, self._moves = False, 0

    def finish(self, wait: Callable[[float], None], limit_s: float) -> None:
        """Wait for answers that are on their way, `limit_s` seconds at most, half of that for answers that
        have not begun (the page may have taken the request back); keep what came of the rest.

        `wait` lets the browser's events through for some seconds.
        """
        if self._record is None:
            return  # Answers did not pass here, so none would ever arrive.
        end = monotonic() + limit_s
        while (self._held or (self._asked and monotonic() < end - limit_s / 2)) and monotonic() < end:
            wait(0.05)
        for held in self._held.values():
            # A page that was left before it had come is not the one that stands, and nothing of that is
            # missing; one without an end was asked for a second time, and its end is.
            left = held.page and self.page is not None
            held.page = held.page and not left
            why = "disconnect" if left and self._pages_pass_whole else "time"
            self._add(held, b"".join(held.chunks), why)
        self._held.clear()
        self._record = None

    def _on_paused(self, event: dict[str, Any]) -> None:
        with suppress(Error):  # The page it belonged to may be gone.
            if "responseStatusCode" in event or "responseErrorReason" in event:
                self._note_lost(event)
                try:
                    self._on_answer(event)
                finally:
                    self._calls.pop(_network_id(event), None)
                return
            if self._is_page(event):
                self._moves += "redirectedRequestId" not in event
                self._still = self._still or self._moves > _MOST_MOVES
                self.address = self.address if self._still else str(event["request"]["url"])
            if not self._may_ask(event):
                self._refuse(event)
            elif self._stays(event):
                self._hold_back(event)
            else:
                scheme, kind = urlsplit(str(event["request"]["url"])).scheme, event.get("resourceType")
                if scheme in ("http", "https"):
                    self._asked[_network_id(event)] = self._clock()
                if kind in ("XHR", "Fetch"):
                    self._calls[_network_id(event)] = monotonic()
                first_secure = scheme == "https" and not self._secure
                self._secure = self._secure or first_secure
                if first_secure and kind != "Document":
                    self._on_secure()
                self._gate.send("Fetch.continueRequest", {"requestId": event["requestId"]})
                if first_secure and kind == "Document":  # The browser answers only when that is on its way.
                    self._on_secure()

    def _stays(self, event: dict[str, Any]) -> bool:
        """Whether this would put another document in the place of the one that is held still."""
        return self._still and self._is_page(event)

    def _hold_back(self, event: dict[str, Any]) -> None:
        """End a step of the page itself as if a visitor had pressed "stop": what stands then stays."""
        if len(self.held_back) < _MOST_MOVES:
            self.held_back.append(str(event["request"]["url"]))
        self._gate.send("Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "Aborted"})

    def _refuse(self, event: dict[str, Any]) -> None:
        self.blocked += 1
        self._gate.send(
            "Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "BlockedByClient"}
        )

    def _may_ask(self, event: dict[str, Any]) -> bool:
        """Judge a request. One for a page or a frame ends the whole capture when its address is
        forbidden; any other part is only left out, and its absence named."""
        url, kind = str(event["request"]["url"]), event.get("resourceType")
        if kind in self._unwanted or self._shut or urlsplit(url).scheme.lower() in _FORBIDDEN_SCHEMES:
            return False
        try:
            forbidden = self._forbidden(url)
        except Exception:  # noqa: BLE001 - whatever it is: what could not be judged is not asked for
            self._miss("a page or frame whose address could not be checked")
            return False
        if forbidden and kind != "Document":
            self._miss("a part of the page whose address may not be opened")
        elif forbidden:
            self.shut()
            self._lead_astray()
        elif self._passed >= self._limits.requests:
            self._miss(f"what the page asked for after its first {self._limits.requests} requests")
            return False
        self._passed += 1
        return not forbidden

    # --- answers ----------------------------------------------------------------------------------

    def _note_lost(self, event: dict[str, Any]) -> None:
        status, why = int(event.get("responseStatusCode", 0)), event.get("responseErrorReason")
        url = str(event["request"]["url"])
        if why is None and status < 400:
            self.lost.pop(url, None)  # The browser tried again: it does so with every font.
        elif why not in _TAKEN_BACK and not self._is_page(event):
            self.lost[url] = str(event.get("resourceType"))

    def _on_answer(self, event: dict[str, Any]) -> None:
        asked_at = self._asked.pop(_network_id(event), None) or self._clock()
        if self._stays(event):
            self._hold_back(event)
            return
        headers = tuple((str(h["name"]), str(h["value"])) for h in event.get("responseHeaders", ()))
        kind = _value("content-type", headers).strip().lower()
        if not self._pictures and kind.startswith(_PICTURE_TYPES):
            self._refuse(event)
            return
        go_on = {"requestId": event["requestId"]}
        url = str(event["request"]["url"])
        if (
            self._record is None
            or "responseErrorReason" in event
            or urlsplit(url).scheme not in ("http", "https")
            or self._is_own(headers)
        ):
            self._gate.send("Fetch.continueRequest", go_on)
            return
        held = _Held(self._exchange(event, headers, asked_at), self._is_page(event), [])
        way = self._way(held, kind)
        if way is _CUT:
            self._gate.send("Fetch.continueRequest", go_on)
            self._add(held, b"", "length")
        elif way is _NONE:
            self._gate.send("Fetch.continueRequest", go_on)
            self._add(held, b"", self._why_none(held, kind))
        else:
            self._held[event["requestId"]] = held
            try:
                body, why = self._whole(event) if way is _WHOLE else self._in_pieces(held, go_on)
            except Error:
                body, why = b"".join(held.chunks), "disconnect"
            if self._held.pop(event["requestId"], None) is not None:
                self._add(held, body, why)

    def _way(self, held: _Held, kind: str) -> object:
        """How a body is had: whole where that is known to be small, else in pieces until it is too much.

        A body in pieces reaches the page as an answer of ours without its certificate, so the page itself
        is always had whole.
        """
        exchange = held.exchange
        length = _value("content-length", exchange.headers)
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
        packed = bool(_value("content-encoding", exchange.headers))
        left = min(self._limits.body_bytes, self._limits.all_bytes - self._kept_bytes)
        if _has_no_body(exchange) or kind.startswith(_ENDLESS_TYPES):
            return _NONE
        if not self._pictures and not _TEXT_TYPES.match(kind):
            return _NONE  # It may be a picture under another name (R68).
        if left <= 0 or (size is not None and size > left):
            return _CUT
        if held.page:
            return _WHOLE if self._pages_pass_whole else _NONE
        if size is not None and (not packed or size <= _SMALL_PACKED_BYTES):
            return _WHOLE
        return _PIECES

    def _why_none(self, held: _Held, kind: str) -> str:
        if _has_no_body(held.exchange):
            return ""
        return "time" if held.page or kind.startswith(_ENDLESS_TYPES) else "unspecified"

    def _whole(self, event: dict[str, Any]) -> tuple[bytes, str]:
        go_on = {"requestId": event["requestId"]}
        answer = self._gate.send("Fetch.getResponseBody", go_on)
        if self._stays(event):  # Since this answer began.
            self._hold_back(event)
        else:
            self._gate.send("Fetch.continueRequest", go_on)
        return _bytes(answer["body"], encoded=answer["base64Encoded"]), ""

    def _in_pieces(self, held: _Held, go_on: dict[str, Any]) -> tuple[bytes, str]:
        stream = self._gate.send("Fetch.takeResponseBodyAsStream", go_on)["stream"]
        size, why = 0, ""
        left = min(self._limits.body_bytes, self._limits.all_bytes - self._kept_bytes)
        ended = False
        while not ended:
            piece = self._gate.send("IO.read", {"handle": stream, "size": _CHUNK_BYTES})
            held.chunks.append(_bytes(piece["data"], encoded=bool(piece.get("base64Encoded"))))
            size += len(held.chunks[-1])
            ended = bool(piece["eof"])
            if size > left:
                ended, why = True, "length"
        body = b"".join(held.chunks)[:left]
        with suppress(Error):
            self._gate.send("IO.close", {"handle": stream})
        exchange = held.exchange
        answer: dict[str, Any] = go_on | {
            "responseCode": exchange.status,
            "responseHeaders": [{"name": name, "value": value} for name, value in exchange.headers],
            "body": base64.b64encode(body).decode("ascii"),
        }
        if exchange.reason:
            answer["responsePhrase"] = exchange.reason
        self._gate.send("Fetch.fulfillRequest", answer)
        return body, why

    def _is_page(self, event: dict[str, Any]) -> bool:
        """Whether this answers the page itself: a document for the frame that asked first."""
        if event.get("resourceType") != "Document":
            return False
        self._first_frame = self._first_frame or str(event.get("frameId"))
        return event.get("frameId") == self._first_frame

    def _exchange(
        self, event: dict[str, Any], headers: tuple[tuple[str, str], ...], asked_at: datetime
    ) -> Exchange:
        request = event["request"]
        entries = request.get("postDataEntries") or ()
        sent = b"".join(base64.b64decode(entry["bytes"]) for entry in entries if "bytes" in entry)
        if not sent and request.get("postData"):
            sent = str(request["postData"]).encode("utf-8", "surrogatepass")
        if not sent and request.get("hasPostData"):
            self._miss("what the page sent with a request")
        return Exchange(
            url=str(request["url"]),
            method=str(request["method"]),
            request_headers=tuple((str(name), str(value)) for name, value in request["headers"].items()),
            request_body=sent[: self._limits.body_bytes],
            asked_at=asked_at,
            status=int(event["responseStatusCode"]),
            reason=str(event.get("responseStatusText", "")),
            headers=headers,
            body=b"",
            answered_at=self._clock(),
            server_address=self._address_of(urlsplit(str(request["url"])).hostname or ""),
        )

    def _add(self, held: _Held, body: bytes, truncated: str) -> None:
        left = max(0, min(self._limits.body_bytes, self._limits.all_bytes - self._kept_bytes))
        if len(body) > left:
            body, truncated = body[:left], "length"
        if truncated == "length":
            self._miss("answers that were too large to be kept whole")
        elif truncated == "time":
            self._miss("answers that had not come to their end")
        if not self._pictures and body:
            bare = _EMBEDDED_PICTURE.sub(b"data:,", body)
            truncated = truncated or ("unspecified" if bare != body else "")
            body = bare
        if self._record is None:
            return
        self._kept_bytes += len(body)
        exchange = replace(held.exchange, body=body, truncated=truncated)
        try:
            self._record.add(exchange)
        except Exception:  # noqa: BLE001 - whatever a server made up, the page must go on
            self._miss("an answer that could not be recorded")
            return
        if held.page and exchange.status not in _REDIRECTS and not self._still:
            self.page = exchange


@dataclass(slots=True)
class _Held:
    """An answer whose body is on its way, with what came of it."""

    exchange: Exchange
    page: bool
    chunks: list[bytes]


_WHOLE, _PIECES, _CUT, _NONE = object(), object(), object(), object()


def _has_no_body(exchange: Exchange) -> bool:
    redirect = exchange.status in _REDIRECTS and bool(_value("location", exchange.headers))
    return redirect or exchange.status in _BODILESS or exchange.method == "HEAD"


def _network_id(event: dict[str, Any]) -> str:
    return str(event.get("networkId") or event["requestId"])


def _value(name: str, headers: tuple[tuple[str, str], ...]) -> str:
    return next((value for each, value in headers if each.lower() == name), "")


def _bytes(text: str, *, encoded: bool) -> bytes:
    return base64.b64decode(text) if encoded else text.encode("utf-8", "surrogatepass")
