"""Asks a document things from a world of our own, where the page's scripts have changed nothing."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Error

_TRIES = 3
_MOVED_ON = ("context", "navigated", "No frame", "collected")
_ENDED = ("has been closed", "crashed")


class ScriptFailed(Exception):
    """The page gave no answer, or does not stand still. Stays in this room."""


class World:
    """The world of one document: the page's own, or that of the frame `frame_id` in this session.

    Made once, and again when the page has moved on to another address. A frame that moves on is gone.
    """

    def __init__(self, session: CDPSession, frame_id: str = "") -> None:
        self._session = session
        self._frame_id = frame_id
        self._context: int | None = None

    def ask(self, expression: str, *, patience_s: float = 0.0) -> Any:
        """Evaluate in this document. Raises `ScriptFailed`, and for the page's own document Playwright's
        `Error` when page or browser are gone, or its `TimeoutError` when there is no answer in time; 0 waits
        for ever."""
        for _ in range(_TRIES):
            try:
                answer = self._evaluate(expression, 1000 * patience_s)
            except Error as error:
                if self._frame_id:
                    raise ScriptFailed("the frame was gone") from error
                said = str(error)
                if any(sign in said for sign in _ENDED) or not any(sign in said for sign in _MOVED_ON):
                    raise
                self._context = None
                continue
            return _value(answer)
        raise ScriptFailed("the page kept moving on to another address")

    def ask_holder(self, frame_id: str, function: str, *arguments: object) -> Any:
        """Call a function on the element of this document that holds a frame. Raises `ScriptFailed`."""
        try:
            call = {
                "objectId": self._holder(frame_id),
                "functionDeclaration": function,
                "arguments": [{"value": each} for each in arguments],
                "returnByValue": True,
            }
            return _value(self._session.send("Runtime.callFunctionOn", call))
        except Error as error:
            raise ScriptFailed("the frame was gone") from error

    def scroll_to(self, frame_id: str, box: list[float]) -> None:
        """Bring a part of the element that holds a frame into view, wherever it scrolls. `box` is left, top,
        width, height in that element. Raises `ScriptFailed`."""
        left, top, width, height = box
        rect = {"x": left, "y": top, "width": width, "height": height}
        try:
            to = {"objectId": self._holder(frame_id), "rect": rect}
            self._session.send("DOM.scrollIntoViewIfNeeded", to)
        except Error as error:
            raise ScriptFailed("the frame was gone") from error

    def _evaluate(self, expression: str, timeout_ms: float) -> Any:
        return self._session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": self._ready(timeout_ms),
                "returnByValue": True,
                "awaitPromise": True,
            },
            timeout=timeout_ms,
        )

    def _holder(self, frame_id: str) -> str:
        node = self._session.send("DOM.getFrameOwner", {"frameId": frame_id})["backendNodeId"]
        found = self._session.send(
            "DOM.resolveNode", {"backendNodeId": node, "executionContextId": self._ready()}
        )
        return str(found["object"]["objectId"])

    def _ready(self, timeout_ms: float = 0.0) -> int:
        if self._context is None:
            frame = self._frame_id
            if not frame:
                tree = self._session.send("Page.getFrameTree", timeout=timeout_ms)
                frame = tree["frameTree"]["frame"]["id"]
            made = {"frameId": frame, "worldName": "capture"}
            world = self._session.send("Page.createIsolatedWorld", made, timeout=timeout_ms)
            self._context = int(world["executionContextId"])
        return self._context


def _value(answer: Any) -> Any:
    if "exceptionDetails" in answer or answer["result"].get("value") is None:
        raise ScriptFailed("the page gave no answer")
    return answer["result"]["value"]
