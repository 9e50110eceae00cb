"""`init`: ask a person what the School is, and write a config folder that loads.

Asking takes any `prompt`, so that a terminal and a test look the same; writing never overwrites.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from monitor.errors import ConfigError, ConfigProblem
from monitor.model import Channel, Office
from monitor.settings import PLATFORM_LABELS, Answers, Settings, load, render, shipped_policy
from monitor.settings.document import nearest
from monitor.settings.school import (
    FREE_MAIL,
    NEEDED_TO_GO_LIVE,
    OWN_MAILBOX_ONLY,
    SHARED_MAILBOXES,
    is_mail_address,
)

_LATER = {"SCHOOL_MONITOR_MAIL_PASSWORD": "set later"}
"""The password of the mail account comes from the environment, when the service runs."""

Prompt = Callable[..., str]
"""Called as `prompt(question, default="")`; gives what the person typed, or the default."""


def ask(prompt: Prompt) -> Answers:
    """Ask until every answer can be used. All but the School's name may be left empty for later."""
    name = _answer(prompt, "The full name of the School", _needed)
    places = _list(prompt, "Places near it that posts may name, such as the town (commas between)")
    short_names = _list(prompt, "Short forms people use for it (commas between)")
    handles = _list(prompt, "Its official handles (commas between)")
    website = _answer(prompt, "The address of its website, if it runs on WordPress", _web_address)
    channels = _ask_channels(prompt)
    mailboxes = _ask_mailboxes(prompt)
    host = _answer(prompt, "The mail server (empty: mail stays in a folder on this machine)", _host)
    sender = _answer(prompt, "The mailbox that mail comes from", _mailbox) if host else ""
    while host and not sender:
        sender = _answer(prompt, "A sender is needed: the mailbox that mail comes from", _mailbox)
    username = _answer(prompt, "The account on the mail server, if it wants one") if host else ""
    contact = _answer(prompt, "A page or mailbox where owners of sites that are read can reach the School")
    day = _answer(prompt, "The date of the data protection impact assessment, such as 2026-09-01", _date)
    approver = _answer(prompt, "Who approved it: a post, not a name") if day else ""
    notice = _answer(prompt, "The address of the privacy notice", _web_address)
    return Answers(
        school_name=name,
        places=places,
        short_names=short_names,
        handles=tuple(handle.lstrip("@") for handle in handles),
        website=website,
        channels=channels,
        mailboxes=mailboxes,
        mail_host=host,
        mail_sender=sender,
        mail_username=username,
        contact=contact,
        dpia_date=date.fromisoformat(day) if day else None,
        dpia_approver=approver,
        privacy_notice_url=notice,
    )


def write(answers: Answers, folder: Path) -> Path:
    """Write monitor.toml, and policy.toml unless there is one, and return the first.

    A draft is loaded before anything appears in `folder`, and each file appears whole or not at all.
    Raises ConfigError when monitor.toml exists already or the answers do not fit together.
    """
    target = folder / "monitor.toml"
    if target.exists():
        hint = "choose another folder, or edit this file"
        raise ConfigError(
            (ConfigProblem(str(target), None, target.name, "exists already and is not overwritten", hint),)
        )
    folder.mkdir(parents=True, exist_ok=True)
    policy = folder / "policy.toml"
    with tempfile.TemporaryDirectory(prefix=".init-", dir=folder) as draft:
        (Path(draft) / "monitor.toml").write_text(render(answers), "utf-8")
        shutil.copyfile(policy if policy.exists() else shipped_policy(), Path(draft) / "policy.toml")
        _check(Path(draft), target)
        if not policy.exists():
            (Path(draft) / "policy.toml").replace(policy)
        (Path(draft) / "monitor.toml").replace(target)
    return target


def written(folder: Path, environ: Mapping[str, str]) -> Settings:
    """The settings that `write` left in this folder, whether or not the mail password is there yet."""
    there = any(name.startswith(tuple(_LATER)) for name in environ)
    return load(folder, environ if there else {**environ, **_LATER})


def _check(draft: Path, target: Path) -> None:
    """Load the draft."""
    try:
        load(draft, _LATER)
    except ConfigError as error:
        raise ConfigError(
            tuple(
                replace(problem, file=str(target.with_name(Path(problem.file).name)))
                for problem in error.problems
            )
        ) from error


def _ask_channels(prompt: Prompt) -> tuple[Channel, ...]:
    channels: list[Channel] = []
    while platform := _answer(prompt, "The platform of an official account (empty: no more)", _platform):
        same = sum(channel.platform == platform for channel in channels)
        channels.append(
            Channel(
                key=f"{platform}-{same + 1}" if same else platform,
                platform=platform,
                name=_answer(prompt, "Its name, as people see it", _needed),
                url=_answer(prompt, "Its address", _web_address),
                master_role=_answer(prompt, "The post that holds its master rights", _needed),
                approved_posters=_list(prompt, "The posts that may publish there (commas between)"),
                opened=_answer(prompt, "The month it was opened, such as 2019-11", _month),
            )
        )
    return tuple(channels)


def _ask_mailboxes(prompt: Prompt) -> dict[Office, str]:
    mailboxes: dict[Office, str] = {}
    for office in NEEDED_TO_GO_LIVE:
        check = _own_mailbox if office in OWN_MAILBOX_ONLY else _mailbox
        if address := _answer(prompt, f"The mailbox of the {office.label}", check):
            mailboxes[office] = address
    return mailboxes


def _answer(prompt: Prompt, question: str, fault: Callable[[str], str] = lambda text: "") -> str:
    """Ask, and ask again with the reason in front until there is no fault."""
    text = prompt(question, default="").strip()
    while why := fault(text):
        text = prompt(f"{why}. {question}", default="").strip()
    return text


def _list(prompt: Prompt, question: str) -> tuple[str, ...]:
    def fault(text: str) -> str:
        parts = [part.strip().lstrip("@#") for part in text.split(",") if part.strip()]
        return "Each needs two letters or more" if any(len(part) < 2 for part in parts) else ""

    return tuple(part.strip() for part in _answer(prompt, question, fault).split(",") if part.strip())


def _needed(text: str) -> str:
    return "" if len(text) >= 2 else "This is needed"


def _platform(text: str) -> str:
    if not text or text in PLATFORM_LABELS:
        return ""
    return f"That platform is not known; {nearest(text, PLATFORM_LABELS) or 'leave it empty to go on'}"


def _mailbox(text: str) -> str:
    if not text:
        return ""
    if not is_mail_address(text):
        return "That is not an e-mail address"
    if text.rsplit("@", 1)[1].casefold() in FREE_MAIL:
        return "Use a mailbox of the School or trust, not a private one"
    return ""


def _own_mailbox(text: str) -> str:
    if text.split("@", maxsplit=1)[0].casefold() in SHARED_MAILBOXES:
        return "A shared mailbox may not be used for this post"
    return _mailbox(text)


def _web_address(text: str) -> str:
    if not text or re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d+)?(/[^\s\"]*)?", text):
        return ""
    return "That is not a web address; it begins with https://"


def _host(text: str) -> str:
    return "" if re.fullmatch(r"[A-Za-z0-9.-]*", text) else "That is not the name of a server"


def _date(text: str) -> str:
    try:
        return "" if not text or date.fromisoformat(text).isoformat() == text else "Write it as 2026-09-01"
    except ValueError:
        return "Write it as 2026-09-01"


def _month(text: str) -> str:
    return "" if re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text) else "Write it as 2019-11"
