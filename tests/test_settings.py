"""Configuration: what is shipped loads, and every fault names file, line, key and nearest name."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from monitor.collectors import REGISTRY
from monitor.errors import ConfigError, ConfigProblem
from monitor.model import CaptureMode, Office, Policy, SchoolTerms
from monitor.settings import load, load_policy, shipped_policy
from monitor.settings.document import Document, lines_of, read
from monitor.settings.policy import VERDICTS
from monitor.settings.school import COLLECTED, is_school_term

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "config"

PEOPLE_READY = "\n".join(
    f'[holders.{office}]\naddress = "{office}@school.example"'
    for office in ("headteacher", "dsl", "deputy_dsl", "chair", "vice_chair", "dpo", "sys_operator")
)
SMALL = """\
[school]
name = "Harrowmere Community School"

[terms]
names = ["Harrowmere Community School"]
handles = ["@HarrowmereCS"]
short = ["HCS"]
context = ["Harrowmere"]

[sources.news]
platform = "feeds"
base_url = "https://news.example/feed"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config folder with the shipped rules and no monitor.toml yet."""
    config = tmp_path / "config"
    config.mkdir()
    shutil.copyfile(shipped_policy(), config / "policy.toml")
    return config


def faults(folder: Path, text: str, environ: dict[str, str] | None = None) -> tuple[ConfigProblem, ...]:
    (folder / "monitor.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(folder, environ or {})
    return caught.value.problems


def line_of(text: str, start: str) -> int:
    return next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith(start))


# --- what is shipped ------------------------------------------------------------------------------


def test_the_shipped_configuration_loads_and_runs_in_practice_mode() -> None:
    """A fresh machine starts, names what is missing, and watches at least one source (promise 2)."""
    settings = load(SHIPPED, {})
    assert settings.practice
    assert not settings.may_import_pupils
    assert any("mail server" in reason for reason in settings.practice_reasons)
    assert any("Headteacher" in reason for reason in settings.practice_reasons)
    assert any(source.enabled for source in settings.sources)
    assert all(source.pause for source in settings.sources if not source.enabled)
    assert ROOT / "archive" == settings.storage.archive


def test_the_shipped_channels_are_those_of_policy_section_3() -> None:
    """The four official accounts, as the School's policy lists them."""
    channels = load(SHIPPED, {}).channels
    assert [
        ("linkedin", "Littleover Community School", "PA to Headteacher", "2020-09", 1),
        ("facebook", "Littleover community School", "AV Media and Creative Arts Technician", "2019-11", 3),
        ("facebook", "LCS Trips", "AV Media and Creative Arts Technician", "2023-09", 3),
        ("instagram", "@LittleoverLCS", "AV Media and Creative Arts Technician", "2019-11", 3),
    ] == [(c.platform, c.name, c.master_role, c.opened, len(c.approved_posters)) for c in channels]


@pytest.mark.parametrize("name", ["monitor.toml", "policy.toml"])
def test_every_key_of_the_shipped_files_is_explained(name: str) -> None:
    """By a comment in its own block, or by name in a comment further up."""
    said: set[str] = set()
    beside = False
    for row in (SHIPPED / name).read_text("utf-8").splitlines():
        if row.startswith("#"):
            said |= set(re.findall(r"\w+", row))
        beside = bool(row.strip()) and (beside or row.startswith("#"))
        if found := re.match(r"(\w+) = ", row):
            assert beside or found[1] in said, row


def test_capture_modes_are_those_of_the_domain_page() -> None:
    """DOMAIN.md, the row that overrides R27 and R68."""
    wanted = {
        CaptureMode.FULL: "A1 A2 A3 A4 A6 A8 K1 T1 O1 O2 O4 O5",
        CaptureMode.TEXT: "S1 S3 S4 S6 S8 A5 K2",
        CaptureMode.WORDS: "S2 A9 S5",
        CaptureMode.REFERENCE: "A7 S7 O3 W1",
        CaptureMode.NONE: "P0 P1 P2 P3 P4 P5",
    }
    categories = load_policy(SHIPPED / "policy.toml").categories
    for mode, codes in wanted.items():
        assert set(codes.split()) == {code for code, row in categories.items() if row.capture is mode}


def test_every_label_and_next_step_is_said_without_a_verdict() -> None:
    """R11: possible, never guilty; and a label that a subject line can show whole."""
    policy = load_policy(SHIPPED / "policy.toml")
    for category in policy.categories.values():
        assert category.label and category.next_step
        assert not VERDICTS.search(f"{category.label} {category.next_step} {category.test}")
        if category.finding and not category.safeguarding:
            opener = "For information" if category.urgency >= "U3" else "Look today"
            assert len(f"{opener}: {category.label}, M-0147") < 50, category.label
            assert category.label.startswith("possible ")
    assert not VERDICTS.search(policy.emergency_text + policy.case_manager_text)


def test_the_chain_of_deputies_names_each_office_once() -> None:
    """Nobody is asked twice in a row; what else the rules name is checked when they are read."""
    chain = load_policy(SHIPPED / "policy.toml").chain
    assert len(set(chain)) == len(chain)


def test_no_statute_or_paragraph_stands_in_the_program() -> None:
    """R5: they live only in the dated law register."""
    acts = r"\b(Act|Acts|KCSIE|RIPA|PHA|OSA|MCA|KCSiE|Education)\s+(18|19|20)\d\d\b"
    sections = r"\bpara(graph)?s?\.? \d+|\bs(ection)?\.? ?\d+[A-Z]{0,2}\b.{0,12}\bAct\b"
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sorted((ROOT / "monitor").rglob("*.py"))
        for match in re.finditer(f"{acts}|{sections}", path.read_text("utf-8"))
    ]
    assert found == []


def test_the_platforms_that_can_be_read_are_those_with_a_collector() -> None:
    """Settings and the registry of collectors name the same platforms."""
    assert set(REGISTRY) == set(COLLECTED)


# --- faults in monitor.toml -------------------------------------------------------------------------

CASES: dict[str, tuple[str, str, str, str]] = {
    # what: (added to SMALL, start of the line at fault, key, words that the problem holds)
    "an unknown key": (
        "intervall_minutes = 30",
        "intervall",
        "sources.news.intervall_minutes",
        "interval_minutes",
    ),
    "an unknown table": ("[outbond]", "[outbond]", "outbond", '"outbound"'),
    "a number in quotes": (
        'interval_minutes = "30"',
        "interval",
        "sources.news.interval_minutes",
        "whole number",
    ),
    "too short an interval": (
        "interval_minutes = 4",
        "interval",
        "sources.news.interval_minutes",
        "at least 5",
    ),
    "an unknown platform": (
        '[sources.more]\nplatform = "redit"',
        'platform = "redit"',
        "sources.more.platform",
        '"reddit"',
    ),
    "a private place": (
        '[sources.more]\nplatform = "whatsapp"',
        'platform = "whatsapp"',
        "sources.more.platform",
        "never read",
    ),
    "a person in a search": (
        'search = [\n  "Harrowmere Community School",\n  "Tamsin Quillfeather",\n]',
        '  "Tamsin',
        "sources.news.search[2]",
        "only School terms may be searched for",
    ),
    "a short form alone in a search": (
        'search = ["HCS"]',
        "search",
        "sources.news.search[1]",
        "only School terms",
    ),
    "a person in an address": (
        '[sources.more]\nplatform = "feeds"\nbase_url = "https://news.example/rss?q=%22Dan+Smith%22"',
        'base_url = "https://news.example/rss',
        "sources.more.base_url",
        "only School terms",
    ),
    "a person's page as a place": ('places = ["u/marigold"]', "places", "sources.news.places[1]", "own page"),
    "a source named twice": ("[sources.news]\n", "[sources.news]", "sources.news", "second time"),
    "a key named twice": ('platform = "wordpress"', 'platform = "wordpress"', "platform", "second time"),
    "an unknown channel": (
        'channel = "insta"',
        "channel",
        "sources.news.channel",
        'no channel is called "insta"',
    ),
    "switched off without a reason": ("enabled = false", "enabled", "sources.news.enabled", "say why"),
    "a stranger's Instagram": (
        '[sources.more]\nplatform = "instagram"',
        "[sources.more]",
        "sources.more",
        "own Instagram Channel",
    ),
    "somebody else's profile": (
        '[channels.ig]\nplatform = "instagram"\nname = "@HarrowmereCS"\nmaster_role = "PA"\n'
        'approved_posters = []\nopened = "2019-11"\n[sources.more]\nplatform = "instagram"\n'
        'channel = "ig"\nbase_url = "https://www.instagram.com/quillfeather/"',
        'base_url = "https://www.instagram',
        "sources.more.base_url",
        "no other profile",
    ),
    "no address": (
        '[sources.more]\nplatform = "wordpress"',
        "[sources.more]",
        "sources.more.base_url",
        "missing",
    ),
    "a platform that cannot be read yet": (
        '[sources.more]\nplatform = "facebook"',
        "[sources.more]",
        "sources.more.enabled",
        "cannot read Facebook",
    ),
    "not a web address": (
        '[sources.more]\nplatform = "feeds"\nbase_url = "ftp://x"',
        'base_url = "ftp',
        "sources.more.base_url",
        "web address",
    ),
    "a password in an address": (
        '[sources.more]\nplatform = "feeds"\nbase_url = "https://a:b@c.example"',
        'base_url = "https://a:b',
        "sources.more.base_url",
        "no user name or password",
    ),
    "an unknown post": ("[holders.headteecher]", "[holders.headt", "holders.headteecher", '"headteacher"'),
    "no mail address": (
        '[holders.dpo]\naddress = "dpo at school"',
        "address",
        "holders.dpo.address",
        "not an e-mail address",
    ),
    "a private mailbox": (
        '[holders.chair]\naddress = "chair@gmail.com"',
        "address",
        "holders.chair.address",
        "private mail service",
    ),
    "a shared mailbox": (
        '[holders.dsl]\naddress = "office@school.example"',
        "address",
        "holders.dsl.address",
        "shared mailbox",
    ),
    "a delegate of the safeguarding lead": (
        '[holders.dsl]\ndelegates = ["headteacher"]',
        "delegates",
        "holders.dsl.delegates",
        "nobody else",
    ),
    "an unknown delegate": (
        '[holders.headteacher]\ndelegates = ["deputy"]',
        "delegates",
        "holders.headteacher.delegates[1]",
        "deputy_",
    ),
    "one mailbox for Headteacher and Chair": (
        '[holders.headteacher]\naddress = "x@school.example"\n[holders.chair]\naddress = "X@school.example" ',
        'address = "X@',
        "holders.chair.address",
        "mailbox of the Headteacher",
    ),
    "mail without a server": (
        '[mail]\ntransport = "smtp"\nsender = "m@school.example"',
        "[mail]",
        "mail.host",
        "filled in",
    ),
    "plain mail": ('[mail]\nsecurity = "none"', "security", "mail.security", "starttls"),
    "an account without a password": (
        '[mail]\nusername = "monitor"',
        "username",
        "mail.username",
        "password",
    ),
    "three pages at once": ("[capture]\nslots = 3", "slots", "capture.slots", "at most 2"),
    "no page at once": ("[capture]\nslots = 0", "slots", "capture.slots", "at least 1"),
    "a password in the file": ('[mail]\npassword = "x"', "password", "mail.password", "unknown key"),
    "a date in quotes": (
        '[governance]\ndpia_date = "2026-09-01"',
        "dpia_date",
        "governance.dpia_date",
        "a date",
    ),
    "a missing key": ("[channels.x]\n", "[channels.x]", "channels.x.platform", "missing"),
    "not TOML": ("places = [", "places", "", "not valid TOML"),
}


@pytest.mark.parametrize("what", CASES)
def test_a_fault_names_its_file_line_and_key(folder: Path, what: str) -> None:
    """Whatever is wrong, a person finds the place and the way out."""
    added, start, key, words = CASES[what]
    text = SMALL + added + "\n"
    # The line at fault is the last one that begins so, but for an unfinished list: TOML ends it later.
    rows = [n for n, row in enumerate(text.splitlines(), 1) if row.startswith(start)]
    problems = faults(folder, text)
    said = [problem for problem in problems if words in str(problem)]
    assert said, [str(problem) for problem in problems]
    assert str(folder / "monitor.toml") == said[0].file
    assert said[0].line == rows[-1]
    assert key in ("", said[0].key)


def test_all_faults_of_both_files_and_the_environment_come_at_once(folder: Path) -> None:
    """Nobody mends one fault only to meet the next."""
    rules = (folder / "policy.toml").read_text("utf-8")
    (folder / "policy.toml").write_text(
        rules.replace('retention = "counter"', 'retention = "countr"', 1), "utf-8"
    )
    text = SMALL.replace("[terms]", 'tiemzone = "UTC"\ntimezone = "Europe/Paris"\n\n[terms]')
    text = text.replace('platform = "feeds"', 'platform = "feds"')
    problems = faults(folder, text, {"SCHOOL_MONITOR_DATABASE_URL_FILE": str(folder / "absent")})
    assert [
        ("monitor.toml", "school.tiemzone"),
        ("monitor.toml", "school.timezone"),
        ("monitor.toml", "sources.news.platform"),
        ("policy.toml", "categories.P1.retention"),
        ("environment", "SCHOOL_MONITOR_DATABASE_URL_FILE"),
    ] == [(Path(problem.file).name, problem.key) for problem in problems]
    assert "the times in mails are British time" in str(problems[1])


def test_a_missing_or_unreadable_file_says_what_to_do(tmp_path: Path) -> None:
    """No folder yet: the way out is init; not text: the line is named."""
    with pytest.raises(ConfigError, match="school-monitor init"):
        load(tmp_path, {})
    (tmp_path / "monitor.toml").write_bytes(b'[school]\nname = "Caf\xe9"\n')
    with pytest.raises(ConfigError, match=r"monitor.toml:2: .*UTF-8"):
        load(tmp_path, {})


# --- faults in policy.toml --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        (
            'retention = "safeguarding"',
            'retention = "safegarding"',
            "categories.S1.retention",
            '"safeguarding"',
        ),
        ('laws = ["pha"]', 'laws = ["pah"]', "categories.A2.laws[1]", '"pha"'),
        ('tells = ["dsl"]', 'tells = ["dls"]', "categories.S5.tells[1]", '"dsl"'),
        ('label = "possible threat"', 'label = "criminal threat"', "categories.A3.label", "verdict"),
        ('urgency = "U4"', 'urgency = "U9"', "categories.P1.urgency", "U4"),
        ('capture = "words"', 'capture = "full"', "categories.A9.capture", "no page may ever be opened"),
        ("[routes.pupil]", "[routes.pupils]", "routes.pupils", '"pupil"'),
        ('never = ["dsl"]', "never = []", "routes.dsl.never", "never its recipient"),
        ("content_days = 30", "content_days = -1", "retention.dismissed.content_days", "at least 0"),
        ('as_of = "2026-11-22"', 'as_of = "soon"', "laws.hra_expression.as_of", "not a date"),
        ('review_due = "2026-05"', 'review_due = "May"', "policy.review_due", "a month"),
        ("safeguarding = true", "safegarding = true", "categories.A5.safegarding", '"safeguarding"'),
    ],
)
def test_a_fault_in_the_rules_names_its_line(folder: Path, old: str, new: str, key: str, words: str) -> None:
    """The rules fit together or the program does not start (R39)."""
    text = (folder / "policy.toml").read_text("utf-8")
    assert old in text
    line = text[: text.index(old)].count("\n") + 1
    (folder / "policy.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_policy(folder / "policy.toml")
    found = next(problem for problem in caught.value.problems if problem.key == key)
    assert line == found.line
    assert words in str(found)


# --- lines ------------------------------------------------------------------------------------------


def keys_of(document: Document) -> list[tuple[tuple[str | int, ...], int]]:
    return [(path, line) for path, line in document.lines.items() if isinstance(path[-1], str)]


SHIPPED_KEYS = {name: keys_of(read(SHIPPED / name)) for name in ("monitor.toml", "policy.toml")}


@hypothesis_settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_key_misspelt_anywhere_is_reported_on_its_line(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whichever key of the shipped files loses or changes a letter, its line is among the faults."""
    name = data.draw(st.sampled_from(sorted(SHIPPED_KEYS)))
    path, line = data.draw(st.sampled_from(SHIPPED_KEYS[name]))
    key = str(path[-1])
    at = data.draw(st.integers(0, len(key) - 1))
    rows = (SHIPPED / name).read_text("utf-8").split("\n")
    if rows[line - 1].startswith("[") and path[0] in ("channels", "sources", "laws", "contacts", "retention"):
        return  # these names are free to choose; what refers to them is tested above
    rows[line - 1] = re.sub(
        rf"\b{re.escape(key)}(?= =|\]|\.)", key[:at] + "_q" + key[at + 1 :], rows[line - 1], count=1
    )
    config = tmp_path_factory.mktemp("config")
    for file in ("monitor.toml", "policy.toml"):
        shutil.copyfile(SHIPPED / file, config / file)
    (config / name).write_text("\n".join(rows), "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(config, {})
    assert (str(config / name), line) in {(problem.file, problem.line) for problem in caught.value.problems}


TOML_TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=12)


@given(st.lists(st.tuples(st.text("ab\" '.#]=", min_size=1, max_size=6), TOML_TEXT), max_size=8))
def test_lines_are_found_whatever_the_text_holds(rows: list[tuple[str, str]]) -> None:
    """Quotes, brackets and hashes in keys and values do not lead the scanner astray."""
    text = ""
    expected: dict[tuple[str | int, ...], int] = {}
    for number, (key, value) in enumerate(dict(rows).items()):
        start = text.count("\n") + 1
        quoted, inner = json.dumps(key), json.dumps(value, ensure_ascii=False)
        if number % 3 == 0:
            text += f"# [{value}]\n{quoted} = [\n  {inner}, # ]\n  '''\n]'''''',\n]\n".replace(
                "'''''',", "''',"
            )
            expected[(key, 0)] = start + 2
            expected[(key, 1)] = start + 3
            start += 1
        elif number % 3 == 1:
            text += f"{quoted} = {{ x = {inner}, y = [1, 2] }}\n"
            expected[(key, "y", 1)] = start
        else:
            text += f'{quoted} = """\n{inner[1:-1]}\n""""\n'
        expected[(key,)] = start
    tomllib.loads(text)
    assert expected.items() <= lines_of(text).items()


# --- what comes from outside the files ----------------------------------------------------------------


def test_secrets_come_from_variables_or_files_and_are_never_shown(folder: Path, tmp_path: Path) -> None:
    """By source, else by platform; a file wins no fight with a variable, and repr shows nothing."""
    secret = tmp_path / "secret"
    secret.write_text("s3cret-value\n", "utf-8")
    text = SMALL + '[sources.reddit-derby]\nplatform = "reddit"\nenabled = false\npause = "x"\n'
    text += '[sources.other]\nplatform = "reddit"\nenabled = false\npause = "x"\n'
    (folder / "monitor.toml").write_text(text, "utf-8")
    settings = load(
        folder,
        {
            "SCHOOL_MONITOR_REDDIT_CLIENT_ID": "by-platform",
            "SCHOOL_MONITOR_REDDIT_DERBY_CLIENT_ID": "by-source",
            "SCHOOL_MONITOR_REDDIT_CLIENT_SECRET_FILE": str(secret),
            "SCHOOL_MONITOR_DATABASE_URL": "postgresql://u:hidden@db.example/x",
        },
    )
    assert {"client_id": "by-source", "client_secret": "s3cret-value"} == settings.secrets("reddit-derby")
    assert {"client_id": "by-platform", "client_secret": "s3cret-value"} == settings.secrets("other")
    assert {} == settings.secrets("news")
    assert (secret,) == settings.secret_files
    for shown in ("s3cret-value", "by-source", "by-platform", "hidden"):
        assert shown not in repr(settings)
    both = {"SCHOOL_MONITOR_BROWSER": "a", "SCHOOL_MONITOR_BROWSER_FILE": str(secret)}
    assert "keep one of the two" in str(faults(folder, text, both)[0])


def test_places_count_from_beside_the_config_folder_unless_the_environment_says(folder: Path) -> None:
    """data/ and archive/ lie beside config/; the database lies in data/."""
    (folder / "monitor.toml").write_text(SMALL, "utf-8")
    settings = load(folder, {})
    assert folder.parent / "data" == settings.storage.data
    assert f"sqlite:///{folder.parent / 'data' / 'monitor.db'}" == settings.storage.database_url
    moved = load(folder, {"SCHOOL_MONITOR_DATA": "/srv/m", "SCHOOL_MONITOR_ARCHIVE": "/srv/a"})
    assert (Path("/srv/m"), Path("/srv/a")) == (moved.storage.data, moved.storage.archive)
    assert "sqlite:////srv/m/monitor.db" == moved.storage.database_url


def test_going_live_needs_mail_the_record_and_the_seven_posts(folder: Path) -> None:
    """With everything filled in nothing holds mail back; each thing taken away does (R1, R8)."""
    live = f"""{SMALL}
[mail]
transport = "smtp"
host = "mail.school.example"
sender = "monitor@school.example"
[governance]
dpia_date = 2026-09-01
dpia_approver = "Headteacher"
privacy_notice_url = "https://school.example/privacy"
{PEOPLE_READY}
"""
    (folder / "monitor.toml").write_text(live, "utf-8")
    settings = load(folder, {})
    assert () == settings.practice_reasons
    assert settings.may_import_pupils
    for row in live.splitlines():
        if row.startswith(("dpia", "privacy", "address")):
            (folder / "monitor.toml").write_text(live.replace(row, "", 1), "utf-8")
            less = load(folder, {})
            assert 1 == len(less.practice_reasons), row
            assert not less.may_import_pupils
    (folder / "monitor.toml").write_text(live.replace('"smtp"', '"practice"'), "utf-8")
    assert load(folder, {}).practice
    assert load(folder, {}).may_import_pupils


def test_posts_that_share_a_mailbox_are_left_out_together(folder: Path) -> None:
    """R59: whoever can open the mailbox counts as told."""
    shared = '[holders.headteacher]\naddress = "h@school.example"\ndelegates = ["deputy_head"]\n'
    shared += '[holders.comms_lead]\naddress = "H@school.example"\n'
    (folder / "monitor.toml").write_text(SMALL + shared, "utf-8")
    holders = load(folder, {}).holders
    assert (Office.DEPUTY_HEAD, Office.COMMS_LEAD) == holders[Office.HEADTEACHER].delegates
    assert (Office.HEADTEACHER,) == holders[Office.COMMS_LEAD].delegates


@pytest.mark.parametrize(
    "phrase",
    ["harrowmere  community SCHOOL", '"Harrowmere Community School"', "#harrowmerecs", "HCS Harrowmere"],
)
def test_school_terms_may_be_searched_for_however_they_are_written(folder: Path, phrase: str) -> None:
    """R12: names and handles, or a short form beside its locality."""
    text = SMALL + f"search = ['{phrase}']\ninterval_minutes = 5\n"
    (folder / "monitor.toml").write_text(text, "utf-8")
    source = load(folder, {}).sources[0]
    assert (phrase,) == source.search
    assert timedelta(minutes=5) == source.interval


@given(st.text("abcdefgh ", min_size=3, max_size=20))
def test_no_phrase_that_is_not_a_school_term_may_be_searched_for(phrase: str) -> None:
    """R12 from the other side: random words, none of them a term."""
    terms = SchoolTerms(names=("Harrowmere Community School",), short=("HCS",), context=("Harrowmere",))
    assert not is_school_term(phrase, terms)
    assert not is_school_term(f"Harrowmere Community School {phrase}x", terms)


def policy_of(change: Callable[[str], str], folder: Path) -> Policy:
    path = folder / "policy.toml"
    path.write_text(change(path.read_text("utf-8")), "utf-8")
    return load_policy(path)


def test_a_school_may_adopt_stricter_rules(folder: Path) -> None:
    """The rules are data: a category can be made to save less."""
    strict = policy_of(lambda text: text.replace('capture = "full"', 'capture = "text"'), folder)
    assert CaptureMode.FULL not in {category.capture for category in strict.categories.values()}
