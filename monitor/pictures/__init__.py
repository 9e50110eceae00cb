"""The words in pictures (memes, screenshots), read on this machine by a process of its own.

A picture in, its words with their places out; what went wrong is a named outcome, never an exception.
The engine is the optional extra `pictures`; without it every outcome is `unavailable`. Why this engine
and why a process: docs/adr/0011-pictures.md.
"""

from __future__ import annotations

from monitor.pictures.reader import PictureReader, ReaderLimits, try_reader
from monitor.pictures.text import Box, PictureOutcome, PictureText

__all__ = ["Box", "PictureOutcome", "PictureReader", "PictureText", "ReaderLimits", "try_reader"]
