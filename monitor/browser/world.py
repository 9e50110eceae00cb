"""Asks a page things from a world of our own, where the page's scripts have changed nothing."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Error

_TRIES = 3
_MOVED_ON = ("context", "navigated", "No frame", "collected")
_ENDED = ("has been closed", "crashed")


class ScriptFailed(Exception):
    """The page gave no answer, or does not stand still. Stays in this room."""


class World:
    """The world of one page. Made once, and again when the page has moved on to another address."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._context: int | None = None

    def ask(self, expression: str) -> Any:
        """Evaluate in the main frame. Raises `ScriptFailed`, and Playwright's `Error` when page or
        browser are gone."""
        for _ in range(_TRIES):
            try:
                answer = self._evaluate(expression)
            except Error as error:
                said = str(error)
                if any(sign in said for sign in _ENDED) or not any(sign in said for sign in _MOVED_ON):
                    raise
                self._context = None
                continue
            if "exceptionDetails" in answer or answer["result"].get("value") is None:
                raise ScriptFailed("the page gave no answer")
            return answer["result"]["value"]
        raise ScriptFailed("the page kept moving on to another address")

    def _evaluate(self, expression: str) -> Any:
        if self._context is None:
            frame = self._session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
            world = self._session.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "capture"})
            self._context = int(world["executionContextId"])
        return self._session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": self._context,
                "returnByValue": True,
                "awaitPromise": True,
            },
        )
