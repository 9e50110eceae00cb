"""The case in the words of CASE 1.5 and UCO 1.4, for programs of others: JSON-LD. Pure.

What the ontology has words for: the investigation, each exhibit as a provenance record with its files and
digests, the actions capture, seal and export with their times and tools. Identifiers are UUIDs made from
the references, so that the same case gives the same document.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid5

from monitor.papers.facts import CaseFacts, FileFacts
from monitor.papers.views import View

_NAMESPACE = UUID("6f0d7b0e-4a55-5b0a-9f0c-2d0f4d4c1a57")
"""Ours; picked once."""
_CONTEXT = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

Node = dict[str, object]


def case_document(case: CaseFacts, seen: Sequence[View], *, made_at: datetime) -> bytes:
    """The JSON-LD of the case, for readers who hold the originals. The same facts give the same bytes."""
    school = _node(case, "school", "uco-identity:Organization", **{"uco-core:name": case.school})
    records: list[Node] = []
    others: list[Node] = []
    for view in seen:
        if view.shared.listed:
            record, more = _exhibit(case, view, school)
            records.append(record)
            others += more
    export = _node(
        case,
        "export",
        "case-investigation:InvestigativeAction",
        **{
            "uco-core:name": "export of an evidence pack",
            "uco-action:startTime": _time(made_at),
            "uco-action:endTime": _time(made_at),
            "uco-action:performer": _reference(school),
            "uco-action:object": [_reference(record) for record in records],
        },
    )
    inside = [school, *records, *others, *([export] if records else [])]
    investigation = _node(
        case,
        "investigation",
        "case-investigation:Investigation",
        **{
            "uco-core:name": case.reference,
            "uco-core:description": [case.title],
            "uco-core:object": [_reference(node) for node in inside],
        },
    )
    document = {"@context": _CONTEXT, "@graph": [investigation, *inside]}
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    return text.encode("utf-8") + b"\n"


def _exhibit(case: CaseFacts, view: View, school: Node) -> tuple[Node, list[Node]]:
    """The provenance record of an exhibit, and what it is tied to."""
    exhibit, about = view.exhibit, view.exhibit.reference
    held = [_file(case, about, each) for each in exhibit.files] if view.shared.original else []
    held.append(_sealed(case, view))
    record = _node(
        case,
        f"record {about}",
        "case-investigation:ProvenanceRecord",
        **{
            "uco-core:description": [f"{exhibit.platform}, {exhibit.finding}"],
            "uco-core:objectCreatedTime": _time(exhibit.captured_at),
            "uco-core:object": [_reference(each) for each in held],
            "case-investigation:exhibitNumber": exhibit.label or exhibit.reference,
        },
    )
    if view.supplied:
        return record, held
    tools = [
        _node(
            case, f"{kind} {about}", "uco-tool:Tool", **{"uco-core:name": kind, "uco-tool:version": version}
        )
        for kind, version in (("School Monitor", exhibit.tool), ("browser", exhibit.browser))
        if version
    ]
    pages = [_page(case, about, view.address)] if view.address else []
    capture = _action(case, f"capture {about}", "capture", exhibit.captured_at, school, tools, record)
    if pages:
        capture["uco-action:object"] = [_reference(each) for each in pages]
    seal = _action(case, f"seal {about}", "seal", exhibit.seal.sealed_at, school, tools, record)
    return record, [*held, *tools, *pages, capture, seal]


def _action(
    case: CaseFacts, about: str, name: str, at: datetime, school: Node, tools: Sequence[Node], record: Node
) -> Node:
    action = _node(
        case,
        about,
        "case-investigation:InvestigativeAction",
        **{
            "uco-core:name": name,
            "uco-action:endTime": _time(at),
            "uco-action:performer": _reference(school),
            "uco-action:result": [_reference(record)],
        },
    )
    if tools:
        action["uco-action:instrument"] = [_reference(tool) for tool in tools]
    return action


def _page(case: CaseFacts, about: str, address: str) -> Node:
    facet = _node(
        case, f"address facet {about}", "uco-observable:URLFacet", **{"uco-observable:fullValue": address}
    )
    return _node(case, f"address {about}", "uco-observable:URL", **{"uco-core:hasFacet": [facet]})


def _file(case: CaseFacts, about: str, file: FileFacts) -> Node:
    return _digested(case, f"{about} {file.path}", file.path, file.sha256, file.size_bytes)


def _sealed(case: CaseFacts, view: View) -> Node:
    """The tag manifest, whose digest stands for all files of the exhibit."""
    about = f"{view.exhibit.reference} root"
    return _digested(case, about, "tagmanifest-sha256.txt", view.exhibit.seal.root, None)


def _digested(case: CaseFacts, about: str, path: str, sha256: str, size_bytes: int | None) -> Node:
    name = path.rsplit("/", 1)[-1]
    file = {"uco-observable:fileName": name, "uco-observable:filePath": path}
    sized = {} if size_bytes is None else {"uco-observable:sizeInBytes": size_bytes}
    digest = _node(
        case,
        f"digest of {about}",
        "uco-types:Hash",
        **{
            "uco-types:hashMethod": "SHA256",
            "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": sha256},
        },
    )
    facets = [
        _node(case, f"file facet of {about}", "uco-observable:FileFacet", **file, **sized),
        _node(
            case,
            f"content facet of {about}",
            "uco-observable:ContentDataFacet",
            **{"uco-observable:hash": [digest]},
        ),
    ]
    return _node(case, f"file {about}", "uco-observable:File", **{"uco-core:hasFacet": facets})


def _node(case: CaseFacts, about: str, kind: str, **says: object) -> Node:
    return {"@id": f"urn:uuid:{uuid5(_NAMESPACE, f'{case.reference} {about}')}", "@type": kind, **says}


def _reference(node: Node) -> Node:
    return {"@id": node["@id"]}


def _time(at: datetime) -> Node:
    spelled = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"@type": "xsd:dateTime", "@value": spelled}
