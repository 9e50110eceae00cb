"""Stands between one capture and the network, at the browser itself: judges what is asked for.

The gate belongs to the whole browser, so frames of other sites, workers and redirects pass it like the
page itself. The proxy (`egress`) judges where a connection goes; this judges what the proxy never sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, Error

from monitor.model import CaptureMode

_FORBIDDEN_SCHEMES = ("file", "ftp", "chrome", "chrome-extension", "devtools", "filesystem", "javascript")
_PICTURE_TYPES = ("image/", "video/", "audio/", "font/", "application/font", "application/vnd.ms-fontobject")

Forbidden = Callable[[str], bool]
"""Says whether an address may not be asked for. Called in the browser's own thread."""


class Recorder:
    """The gate of one capture.

    Video never passes (R70); in mode `text` no picture and no font does (R68). Every address is judged
    before it is asked for, that of a picture as well as that of a page (R69). `miss` is told what was
    left out, in words; `lead_astray` that a page or a frame leads to a forbidden address, after which
    nothing passes any more.
    """

    def __init__(
        self,
        gate: CDPSession,
        mode: CaptureMode,
        *,
        forbidden: Forbidden,
        miss: Callable[[str], None],
        lead_astray: Callable[[], None],
    ) -> None:
        self._gate = gate
        self._pictures = mode is not CaptureMode.TEXT
        self._unwanted = {"Media"} if self._pictures else {"Media", "Image", "Font", "Other"}
        self._forbidden = forbidden
        self._miss = miss
        self._lead_astray = lead_astray
        self._shut = False
        self.blocked = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hold every request of the browser until it was judged, for as long as this lasts."""
        patterns = [{"urlPattern": "*"}]
        if not self._pictures:
            # Pictures that scripts fetch as mere data are known only by what the answer says it is.
            patterns.append({"urlPattern": "*", "requestStage": "Response"})
        self._gate.on("Fetch.requestPaused", self._on_paused)
        self._gate.send("Fetch.enable", {"patterns": patterns})
        try:
            yield
        finally:
            self._gate.remove_listener("Fetch.requestPaused", self._on_paused)
            with suppress(Error):
                self._gate.send("Fetch.disable")

    def shut(self) -> None:
        """Let nothing pass from now on."""
        self._shut = True

    def _on_paused(self, event: dict[str, Any]) -> None:
        answered = "responseStatusCode" in event or "responseErrorReason" in event
        with suppress(Error):  # The page it belonged to may be gone.
            if self._is_unwanted_kind(event) if answered else not self._may_ask(event):
                self.blocked += 1
                self._gate.send(
                    "Fetch.failRequest", {"requestId": event["requestId"], "errorReason": "BlockedByClient"}
                )
            else:
                self._gate.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    def _is_unwanted_kind(self, event: dict[str, Any]) -> bool:
        kinds = [h["value"] for h in event.get("responseHeaders", ()) if h["name"].lower() == "content-type"]
        return not self._pictures and any(
            str(kind).strip().lower().startswith(_PICTURE_TYPES) for kind in kinds
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
            self._shut = True
            self._lead_astray()
        return not forbidden
