"""Finished papers searched for words that were taken out of them (R78): the last thing before they leave.

It reads the files as a stranger would: the text of each PDF page and its metadata, the text and the
attributes of HTML, the chunks of pictures, every other file as text, and the names of the files.
"""

from __future__ import annotations

import io
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape

from monitor.errors import MonitorError, PicturesUnavailable
from monitor.model import Office
from monitor.papers.audiences import PaperRefused
from monitor.papers.pictures import chunks

PictureReader = Callable[[bytes], str]
"""The words in a picture; passed in where the means to read them are installed. Raises `PicturesUnavailable`
for one that it cannot read whole."""

_DATA_ADDRESS = re.compile(r"data:image/[a-z]+;base64,[A-Za-z0-9+/=]+")
_TAG = re.compile(r"<[^>]*>")
_SHORT = 6


class WordsRemain(MonitorError):
    """Words that were taken out can still be found. The message says where, never which words."""


def search(
    files: Mapping[str, bytes],
    removed: Sequence[str],
    *,
    read_picture: PictureReader | None = None,
    own: Callable[[], Mapping[str, bytes]] = dict,
) -> None:
    """Raise `WordsRemain` if any of the removed words can be read anywhere in the files.

    Case, width, spaces, line breaks and punctuation make no difference. Words of fewer than six letters
    count only where they stand alone. The name of an office is not searched for: it names a post.

    `own` gives the same files with nothing in them but the papers' own words, and is asked only when
    something was found: what stands there as often is no leak. A PDF is judged by the HTML that it was
    printed from.
    """
    sought = _sought(removed)
    if not sought:
        return
    found = [
        _Find(path, where, number, key, count)
        for path, content in sorted(files.items())
        for number, (where, text) in enumerate(_texts(path, content, read_picture))
        for key, count in _counts(text, sought)
    ]
    places = sorted({find.where for find in _leaks(found, own())}) if found else []
    if places:
        raise WordsRemain(
            f"words that were taken out can still be read in: {'; '.join(places)}. Nothing was exported."
            " Mark every place where they stand, or take them out of what was typed, and export again"
        )


@dataclass(frozen=True, slots=True)
class _Find:
    """A removed word that stands so often in the text of this number of a file."""

    path: str
    where: str
    number: int
    key: str
    count: int


def _leaks(found: Sequence[_Find], own: Mapping[str, bytes]) -> Iterator[_Find]:
    """The finds that are not all of them the papers' own words."""
    keys = list(dict.fromkeys(find.key for find in found))
    ours = {
        (path, number, key): count
        for path in {find.path for find in found} & set(own)
        for number, (_, text) in enumerate(_texts(path, own[path], None))
        for key, count in _counts(text, keys)
    }
    leaks = [
        find
        for find in found
        if not find.path.endswith(".pdf") and find.count > ours.get((find.path, find.number, find.key), 0)
    ]
    leaked = {(find.path, find.key) for find in leaks}
    printed = {(find.path, find.key) for find in found} - leaked
    yield from leaks
    for find in found:
        page = (f"{find.path.removesuffix('.pdf')}.html", find.key)
        if find.path.endswith(".pdf") and page not in printed:
            yield find


def holds(text: str, removed: Sequence[str]) -> bool:
    """Whether any of the removed words can be read in the text, by the rules of `search`."""
    return any(_counts(text, _sought(removed)))


def _sought(removed: Sequence[str]) -> list[str]:
    return [each for each in dict.fromkeys(map(_key, removed)) if len(each) > 1 and not _office(each)]


def _texts(path: str, content: bytes, read_picture: PictureReader | None) -> Iterator[tuple[str, str]]:
    yield f"the name of {path}", path.replace("/", " ")
    if path.endswith(".pdf"):
        yield from _pdf_texts(path, content)
    elif path.endswith(".png"):
        yield from _png_texts(path, content, read_picture)
    elif path.endswith((".json", ".jsonld")):
        yield path, json.dumps(json.loads(content), ensure_ascii=False)
    else:
        text = _DATA_ADDRESS.sub(" ", unescape(content.decode("utf-8")))
        yield path, text
        yield path, _TAG.sub(" ", text)
        yield path, _TAG.sub("", text)


def _pdf_texts(path: str, content: bytes) -> Iterator[tuple[str, str]]:
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content))
    for number, page in enumerate(reader.pages, 1):
        yield f"{path}, page {number}", page.extract_text()
    yield f"{path}, its properties", " ".join(map(str, (reader.metadata or {}).values()))
    metadata = reader.root_object.get("/Metadata")
    if metadata is not None:
        yield f"{path}, its properties", metadata.get_object().get_data().decode("utf-8", "replace")


def _png_texts(path: str, content: bytes, read_picture: PictureReader | None) -> Iterator[tuple[str, str]]:
    for kind, body in chunks(content):
        if kind != b"IDAT":
            yield f"{path}, chunk {kind.decode('latin-1')}", body.decode("latin-1")
    if read_picture is not None:
        try:
            yield f"{path}, as a picture", read_picture(content)
        except PicturesUnavailable as error:
            raise PaperRefused(
                f"{path} could not be read again by a machine: {error}. Nothing was exported. Leave this"
                " picture out, and export again"
            ) from error


def _counts(text: str, sought: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Those of the words that stand in the text, and how often."""
    folded = _folded(text)
    squeezed = _squeezed(folded)
    for each in sought:
        count = squeezed.count(each) if len(each) >= _SHORT else len(_alone(each).findall(folded))
        if count:
            yield each, count


def _alone(key: str) -> re.Pattern[str]:
    return re.compile(r"(?<!\w)" + r"[\W_]*".join(map(re.escape, key)) + r"(?!\w)")


def _key(words: str) -> str:
    return _squeezed(_folded(words))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@cache
def _offices() -> frozenset[str]:
    """Every way to name an office in full; a single word such as "Clerk" may be somebody's name."""
    named = {"head", "headteacher", "deputyhead", "principal"}
    for office in Office:
        words = office.label.split()
        for start in range(len(words)):
            named |= {_key("".join(words[start:end])) for end in range(start + 2, len(words) + 1)}
    return frozenset(named)


def _office(key: str) -> bool:
    return key.removeprefix("the") in _offices()
