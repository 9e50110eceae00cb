"""A case's papers for one reader, finished: the one door into this room.

    made = make(case, Audience.POLICE, made_at=now, read_picture=reader)
    made.files        bytes by path, to lie in papers/ of the pack
    made.derived      redacted copies by name, to lie in derived/
    made.exhibits     the exhibits that the pack may name
    made.originals    those of them whose whole sealed folders may go in

In this order: decide what the reader may hold, redact, compose, print, search. Nothing is given back
unless the search found nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.papers.audiences import PaperRefused
from monitor.papers.blotting import blotted, identifiers
from monitor.papers.compose import Document, Pack, Shown, documents
from monitor.papers.facts import Audience, CaseFacts, PictureFacts
from monitor.papers.pdf import pdf
from monitor.papers.pictures import PictureUnusable, redact, thumbnail
from monitor.papers.searching import PictureReader, holds, search
from monitor.papers.uco import case_document
from monitor.papers.views import View, changes, derived_name, omissions, views


@dataclass(frozen=True, slots=True)
class DerivedPicture:
    """A redacted copy: of which file of which exhibit, and in words what was changed (R78)."""

    content: bytes
    exhibit: str
    original: str
    original_sha256: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Papers:
    """Finished papers. Exhibits are named by reference; `left_out` is the redaction list, which never
    repeats what was left out."""

    files: Mapping[str, bytes]
    derived: Mapping[str, DerivedPicture]
    exhibits: tuple[str, ...]
    originals: tuple[str, ...]
    left_out: tuple[str, ...]


_CHANGES = "the list of changes"


def _silent(_done: int, _of: int) -> None:
    """Tell nobody."""


def make(
    case: CaseFacts,
    audience: Audience,
    *,
    made_at: datetime,
    read_picture: PictureReader | None = None,
    progress: Callable[[int, int], None] = _silent,
) -> Papers:
    """The papers of `case` for `audience`; the same facts and time give the same bytes.

    `read_picture` reads the words in a PNG where that is installed; redacted pictures are then searched
    too. `progress` hears (documents done, of how many). Raises `PaperRefused` when this reader may not
    have it or something typed is missing, and `WordsRemain` when removed words can still be read.
    """
    if audience is Audience.PLATFORM and case.platform_report is None:
        raise PaperRefused("a report to the platform needs the rule and the reason; type both")
    seen = views(case, audience)
    derived = {name: copy for view in seen for name, copy in _derived(view)}
    shown = {view.exhibit.reference: _shown(view, derived) for view in seen}
    pack = Pack(case, audience, seen, shown, made_at, pictures_read=read_picture is not None)
    laid_out = documents(pack)
    files: dict[str, bytes] = {}
    for number, document in enumerate(laid_out):
        progress(number, len(laid_out))
        files |= _printed(document)
    progress(len(laid_out), len(laid_out))
    if "uco" in pack.holding.parts:
        files["case-uco.jsonld"] = case_document(case, seen, made_at=made_at)
    copies = {f"derived/{name}": copy.content for name, copy in derived.items()}
    told = {_CHANGES: "\n".join(line for copy in derived.values() for line in copy.changes).encode()}
    removed = tuple(word for view in seen for word in view.removed)

    def own() -> Mapping[str, bytes]:
        if any(holds(each, removed) for each in _kept(case, shown)):
            return {}  # a name in what is not blotted out would count as a word of ours
        return _own_words(pack)

    search({**files, **copies, **told}, removed, read_picture=read_picture, own=own)
    _search_report(case, audience)
    return Papers(
        files=files,
        derived=derived,
        exhibits=tuple(view.exhibit.reference for view in pack.listed),
        originals=tuple(view.exhibit.reference for view in seen if view.shared.original),
        left_out=omissions(seen, pictures_read=pack.pictures_read),
    )


def _kept(case: CaseFacts, shown: Mapping[str, Sequence[Shown]]) -> Iterator[str]:
    yield from identifiers(case)
    yield from (each.source for pictures in shown.values() for each in pictures)


def _own_words(pack: Pack) -> Mapping[str, bytes]:
    """The same papers without anything from outside."""
    case: CaseFacts = blotted(pack.case)
    seen = views(case, pack.audience)
    shown = {
        reference: [
            replace(each, picture=blotted(each.picture), fault=blotted(each.fault)) for each in pictures
        ]
        for reference, pictures in pack.pictures.items()
    }
    files = {
        f"{each.name}.html": each.html().encode("utf-8")
        for each in documents(replace(pack, case=case, seen=seen, pictures=shown))
    }
    if "uco" in pack.holding.parts:
        files["case-uco.jsonld"] = case_document(case, seen, made_at=pack.made_at)
    told = (line for view in seen if view.masked for each in view.pictures for line in changes(each))
    return {**files, _CHANGES: "\n".join(told).encode()}


def _printed(document: Document) -> Mapping[str, bytes]:
    html = document.html()
    return {f"{document.name}.html": html.encode("utf-8"), f"{document.name}.pdf": pdf(html)}


def _search_report(case: CaseFacts, audience: Audience) -> None:
    """What was typed for a platform names nobody of the register (R109); the address may, as it stands."""
    if audience is Audience.PLATFORM and case.platform_report is not None:
        typed = f"{case.platform_report.rule}\n{case.platform_report.reason}"
        named = [each.words[m.start : m.end] for each in case.exhibits for m in each.mentions]
        search({"the rule and the reason that were typed": typed.encode("utf-8")}, named)


# --- pictures ------------------------------------------------------------------------------------


def _derived(view: View) -> Iterator[tuple[str, DerivedPicture]]:
    """The redacted copies of an exhibit that goes in masked."""
    for picture in view.pictures if view.masked else ():
        yield (
            derived_name(view, picture),
            DerivedPicture(
                content=redact(picture),
                exhibit=view.exhibit.reference,
                original=picture.path,
                original_sha256=hashlib.sha256(picture.content).hexdigest(),
                changes=changes(picture),
            ),
        )


def _shown(view: View, derived: Mapping[str, DerivedPicture]) -> Sequence[Shown]:
    """The pictures of an exhibit for looking at, made from its redacted copies if there are any."""
    found = []
    for picture in view.pictures:
        if view.masked:
            name = derived_name(view, picture)
            copy = replace(picture, content=derived[name].content)
            found.append(_for_looking(copy, f"Made from the redacted copy derived/{name}, SHA-256"))
        else:
            found.append(
                _for_looking(picture, f"A copy for looking at; the original is {picture.path}, SHA-256")
            )
    return found


def _for_looking(picture: PictureFacts, source: str) -> Shown:
    digest = hashlib.sha256(picture.content).hexdigest()
    try:
        return Shown(picture, source, digest, thumbnail(picture))
    except PictureUnusable as error:
        return Shown(picture, source, digest, b"", fault=f"Not shown here: {error}.")
