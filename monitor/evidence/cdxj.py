"""The index of a WARC, one line for each answer, in the spelling that players look things up by. Pure.

Keys follow the sort-friendly form of addresses (SURT) that the web archives of the world agree on; a request
with a body is found by what it sent (IIPC CDXJ; Webrecorder, Request Body Canonicalization).
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import quote_from_bytes, unquote_plus, unquote_to_bytes, urlencode, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}
_KEPT_AS_THEY_ARE = "!\"$&'()*+,-./:;<=>?@[\\]^_`{|}~"
_MAX_UNESCAPES = 20  # A hostile address could ask for one round for every two of its characters.
_MAX_QUERY_CHARACTERS = 4096
_MAX_FORM_BYTES = 256 << 10  # What comes after it is cut off with the query, but for headers without end.
_MAX_SEARCHED_CHARACTERS = (
    8192  # A longer part of an address is searched for no session: that could take hours.
)
_WWW = re.compile(r"www\d*\.")
_SESSIONS_IN_PATH = (
    re.compile(r"(?<=/)\((?:[a-z]\([0-9a-z]{24}\))+\)/(?=[^?]+\.aspx)"),
    re.compile(r"(?<=/)\([0-9a-z]{24}\)/(?=[^?]+\.aspx)"),
)
_SESSIONS_IN_QUERY = tuple(
    re.compile(rf"(.*){session}(?:&(.*)|$)", re.I | re.S)
    for session in (
        "jsessionid=[0-9a-z]{32}",
        "phpsessid=[0-9a-z]{32}",
        "sid=[0-9a-z]{32}",
        "aspsessionid[a-z]{8}=[a-z]{24}",
        "cfid=[^&]+&cftoken=[^&]+",
    )
)


def key(url: str) -> str:
    """What an address is found by: host backwards, no scheme, no session, parameters sorted.

    An address that is none is found by its own spelling.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return _plain(url)
    host = _WWW.sub("", host.strip("."), count=1) if _WWW.match(host) else host.strip(".")
    labels = ",".join(reversed(host.split(".")))
    shown_port = f":{port}" if port and port != _DEFAULT_PORTS.get(parts.scheme) else ""
    query = _query_key(parts.query)
    return f"{labels}{shown_port}){_path_key(parts.path)}{'?' + query if query else ''}"


def request_key(url: str, *, method: str, query: str) -> str:
    """What the answer to a request with a body is found by. `query` is what `body_query` gave."""
    sent = f"__wb_method={method}" + (f"&{query}" if query else "")
    return key(f"{url}{'&' if '?' in url else '?'}{sent}")


def body_query(content_type: str, body: bytes) -> str:
    """What a request sent, as the parameters of an address; what cannot be read as such, in base64."""
    kind = content_type.strip().lower()
    query = None
    if kind.startswith("application/x-www-form-urlencoded"):
        query = _text(body)
        query = None if query is None else unquote_plus(query)
    elif kind.startswith("multipart/"):
        query = _multipart_query(content_type, body)
    elif kind.startswith(("application/json", "text/plain")):
        query = _json_query(body)
        if query is None and kind.startswith("application/json"):
            query = ""
    if query is None:
        query = f"__wb_post_data={base64.b64encode(body).decode('ascii')}"
    return query[:_MAX_QUERY_CHARACTERS]


def line(urlkey: str, at: datetime, fields: Mapping[str, str]) -> str:
    """One line of the index."""
    return f"{urlkey} {at.astimezone(UTC):%Y%m%d%H%M%S} {json.dumps(dict(fields))}\n"


def _path_key(path: str) -> str:
    kept: list[str] = []
    for segment in _plain(path).split("/")[1:]:
        if segment == "..":
            kept[-1:] = [] if kept else [segment]
        elif segment != ".":
            kept.append(segment)
    text = ("/" + "/".join([*filter(None, kept[:-1]), *kept[-1:]])).lower()
    for session in _SESSIONS_IN_PATH if len(text) <= _MAX_SEARCHED_CHARACTERS else ():
        text = session.sub("", text, count=1)
    return text[:-1] if text.endswith("/") and len(text) > 1 else text


def _query_key(query: str) -> str:
    if not query:
        return ""
    text = _plain(query)
    for session in _SESSIONS_IN_QUERY if len(text) <= _MAX_SEARCHED_CHARACTERS else ():
        if found := session.fullmatch(text):
            text = found[1] + (found[2] or "")
    if len(text) < 2:
        return text.lower()
    return "&".join("=".join(pair) for pair in sorted(p.split("=", 1) for p in text.lower().split("&")))


def _plain(text: str) -> str:
    """One spelling for all ways of escaping."""
    content = text.encode("utf-8", "surrogatepass")
    for _ in range(_MAX_UNESCAPES):
        if (plainer := unquote_to_bytes(content)) == content:
            break
        content = plainer
    return quote_from_bytes(content, safe=_KEPT_AS_THEY_ARE)


def _text(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _multipart_query(content_type: str, body: bytes) -> str | None:
    try:
        head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1")
        form = BytesParser(policy=HTTP).parsebytes(head + body[:_MAX_FORM_BYTES])
    except (ValueError, LookupError, RecursionError):
        return None
    if not form.is_multipart():
        return None
    fields = []
    for part in form.iter_parts():
        name, content = part.get_param("name", "", "content-disposition"), part.get_payload(decode=True)
        fields.append((str(name), content if isinstance(content, bytes) else b""))
    return urlencode(fields)


def _json_query(body: bytes) -> str | None:
    try:
        found = [json.loads(body)]
    except (ValueError, RecursionError):
        try:
            found = [json.loads(each) for each in body.split(b"\n")]
        except (ValueError, RecursionError):
            return None
    seen: Counter[str] = Counter()
    pairs: list[tuple[str, str]] = []
    try:
        for name, value in (leaf for each in found for leaf in _leaves(each, "")):
            seen[name] += 1
            pairs.append((name if seen[name] == 1 else f"{name}.{seen[name]}_", value))
    except RecursionError:
        return None
    return urlencode(pairs)


def _leaves(value: object, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner, each in value.items():
            yield from _leaves(each, str(inner))
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each, name)
    elif name:
        yield name, value if isinstance(value, str) else json.dumps(value)
