"""`init`: what a person answers becomes a configuration that loads, and nothing is overwritten."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.errors import ConfigError
from monitor.model import Office
from monitor.settings import Answers, load, render
from monitor.settings.school import SchoolFile
from monitor.setup import ask, write

FULL = {
    "full name of the School": ["Harrowmere Community School"],
    "Places": ["Harrowmere, Tidesby"],
    "Short forms": ["HCS"],
    "official handles": ["@HarrowmereCS"],
    "website": ["harrowmere", "https://www.harrowmere.example/"],
    "platform of an official": ["insta", "instagram", "facebook", "facebook", ""],
    "name, as people see it": ["@HarrowmereCS", "Harrowmere Community School", "HCS Trips"],
    "Its address": ["", "", ""],
    "master rights": ["Librarian", "Librarian", "Librarian"],
    "may publish": ["Librarian, Deputy Head", "Librarian", "Librarian"],
    "month": ["2019", "2019-11", "2020-01", "2021-02"],
    "mailbox of the Headteacher": ["head@gmail.com", "head at school", "head@harrowmere.example"],
    "mailbox of the Designated": ["office@harrowmere.example", "dsl@harrowmere.example"],
    "mailbox of the Deputy Designated": ["deputy.dsl@harrowmere.example"],
    "mailbox of the Chair": ["chair@harrowmere.example"],
    "mailbox of the Vice": ["vice@harrowmere.example"],
    "mailbox of the Data": ["dpo@harrowmere.example"],
    "mailbox of the Network": ["it@harrowmere.example"],
    "mail server": ["mail.harrowmere.example"],
    "mailbox that mail comes from": ["", "monitor@harrowmere.example"],
    "account on": [""],
    "page or mailbox": ["https://www.harrowmere.example/monitor"],
    "date of the data": ["soon", "2026-09-01"],
    "approved it": ["Chair of Governors"],
    "privacy notice": ["https://www.harrowmere.example/privacy"],
}


class Terminal:
    """A person who gives these answers, each question's own in order, and the default to the rest."""

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self._answers: dict[str, Iterator[str]] = {part: iter(said) for part, said in answers.items()}
        self.questions: list[str] = []

    def prompt(self, question: str, default: str = "") -> str:
        self.questions.append(question)
        for part, answers in self._answers.items():
            if part in question:
                return next(answers, default)
        return default


def test_full_answers_become_a_configuration_that_goes_live(tmp_path: Path) -> None:
    """Unusable answers are asked again with the reason; the result needs nothing more."""
    terminal = Terminal(FULL)
    target = write(ask(terminal.prompt), tmp_path / "config")
    loaded = load(tmp_path / "config", {})
    assert tmp_path / "config" / "monitor.toml" == target
    assert () == loaded.practice_reasons
    assert "dsl@harrowmere.example" == loaded.holders[Office.DSL].address
    assert ["instagram", "facebook", "facebook-2"] == [channel.key for channel in loaded.channels]
    assert ("HarrowmereCS",) == loaded.terms.handles
    assert ("harrowmere.example",) == loaded.terms.domains
    assert ["news", "reddit", "website"] == [source.key for source in loaded.sources if source.enabled]
    for reason in ("private one", "not an e-mail address", "shared mailbox", "2019-11", '"instagram"'):
        assert any(reason in question for question in terminal.questions), reason


def test_the_name_alone_is_enough_for_practice(tmp_path: Path) -> None:
    """Everything else may wait; what is missing is listed."""
    answers = ask(Terminal({"full name of the School": ["", "Harrowmere Community School"]}).prompt)
    write(answers, tmp_path / "config")
    loaded = load(tmp_path / "config", {})
    assert "Harrowmere Community School" == loaded.school_name
    assert 11 == len(loaded.practice_reasons)


def test_an_existing_configuration_is_not_overwritten(tmp_path: Path) -> None:
    """Neither monitor.toml nor the rules that the School has changed; and no draft stays behind."""
    answers = Answers(school_name="Harrowmere Community School")
    write(answers, tmp_path)
    rules = tmp_path / "policy.toml"
    changed = rules.read_text("utf-8").replace('version = "1.2"', 'version = "2.0"')
    rules.write_text(changed, "utf-8")
    with pytest.raises(ConfigError, match="not overwritten"):
        write(Answers(school_name="Another School"), tmp_path)
    assert "Harrowmere" in (tmp_path / "monitor.toml").read_text("utf-8")
    (tmp_path / "monitor.toml").unlink()
    write(answers, tmp_path)
    assert "2.0" == load(tmp_path, {}).policy.version
    assert ["monitor.toml", "policy.toml"] == sorted(path.name for path in tmp_path.iterdir())


def test_answers_that_do_not_fit_together_write_nothing(tmp_path: Path) -> None:
    """One mailbox for Headteacher and Chair is named as a fault of the file that was to be."""
    same = {Office.HEADTEACHER: "one@school.example", Office.CHAIR: "one@school.example"}
    with pytest.raises(ConfigError) as caught:
        write(Answers(school_name="Harrowmere Community School", mailboxes=same), tmp_path)
    assert str(tmp_path / "monitor.toml") == caught.value.problems[0].file
    assert [] == list(tmp_path.iterdir())


NAMES = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\x7f"), min_size=2)


@settings(max_examples=25, deadline=None)
@given(
    name=NAMES.filter(lambda text: len(text.strip(" @#")) > 2),
    place=st.text(string.ascii_letters, min_size=2),
)
def test_any_name_survives_the_way_through_the_file(
    name: str, place: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Quotes, backslashes, accents and emoji in a name break nothing."""
    folder = tmp_path_factory.mktemp("config")
    write(Answers(school_name=name, places=(place,)), folder)
    loaded = load(folder, {})
    assert name == loaded.school_name
    assert (place,) == loaded.terms.context


def test_the_file_names_every_key_that_can_be_set() -> None:
    """What nobody was asked stands there too, or in the comment over its table."""
    text = render(Answers(school_name="Harrowmere Community School"))
    for table, field in SchoolFile.model_fields.items():
        many = get_args(field.annotation)
        row: Any = many[-1] if many else field.annotation
        written = text if many else text.split(f"[{table}]")[1].split("\n[")[0]
        for key in row.model_fields:
            pattern = rf"\b{key}\b" if many else rf"^(# )?{key} = "
            assert re.search(pattern, written, re.MULTILINE), f"{table}.{key}"
