"""Who the servers of a page proved to be, on the very connections the page came over.

The browser tells only if it was asked before the page was opened (evidence study 3.6); a look afterwards
would be another connection, perhaps to another machine.
"""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import CDPSession, Error

from monitor.model import TlsFacts

_MAX_ORIGINS = 50
_LINE_CHARACTERS = 64
_PATIENCE_MS = 1000


class Certificates:
    """Listens from when it is made; `gather` must be called while the page is still open.

    To listen costs a page of many parts a twentieth of its processor time, so where nothing is proved it can
    `rest` until something may be.
    """

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._seen: dict[str, dict[str, Any]] = {}
        self._listens, self._needed = False, False
        session.on("Network.responseReceived", self._on_response)
        self._start()

    def listen(self) -> None:
        """Listen from now on. Not while a request for the page itself is held: the browser would wait."""
        self._needed = True
        self._start()

    def rest(self) -> None:
        """Hear nothing until `listen` is called, unless it was called before."""
        if not self._needed:
            self._listens = False
            self._tell("Network.disable", {})

    def _start(self) -> None:
        if not self._listens:
            self._listens = True
            # No body is asked for here, so the browser need not hold any.
            self._tell("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})

    def _tell(self, what: str, how: dict[str, int]) -> None:
        with suppress(Error):  # The page may be gone, or so busy that it obeys only later.
            self._session.send(what, how, timeout=_PATIENCE_MS)

    def gather(self) -> tuple[tuple[TlsFacts, bytes], ...]:
        """What each origin proved, the page's own first, with its chain of certificates as PEM."""
        found = []
        for origin, details in self._seen.items():
            try:
                chain = self._session.send("Network.getCertificate", {"origin": origin})["tableNames"]
            except Error:
                chain = []
            found.append((_facts(origin, details), b"".join(_pem(each) for each in chain)))
        return tuple(found)

    def _on_response(self, event: dict[str, Any]) -> None:
        response = event["response"]
        details = response.get("securityDetails")
        if details is None or len(self._seen) >= _MAX_ORIGINS:
            return
        parts = urlsplit(str(response["url"]))
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self._seen.setdefault(origin, details)


def file_name(origin: str) -> str:
    """What the chain of an origin is called in a folder."""
    return re.sub(r"[^a-z0-9.-]+", "_", urlsplit(origin).netloc.lower()).strip("._") + ".pem"


def _facts(origin: str, details: dict[str, Any]) -> TlsFacts:
    exchange = str(details.get("keyExchangeGroup") or details.get("keyExchange") or "")
    return TlsFacts(
        origin=origin,
        protocol=str(details.get("protocol", "")),
        cipher=str(details.get("cipher", "")),
        key_exchange=exchange,
        subject=str(details.get("subjectName", "")),
        issuer=str(details.get("issuer", "")),
        valid_from=datetime.fromtimestamp(float(details.get("validFrom", 0)), UTC),
        valid_to=datetime.fromtimestamp(float(details.get("validTo", 0)), UTC),
    )


def _pem(certificate: str) -> bytes:
    text = base64.b64encode(base64.b64decode(certificate)).decode("ascii")
    lines = (text[place : place + _LINE_CHARACTERS] for place in range(0, len(text), _LINE_CHARACTERS))
    return "\n".join(("-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----", "")).encode()
