"""Each worked example gets its category, its urgency and its capture; and each class keeps its side of
the line between a false alarm and a missed one (domain study 3.4, section 5; R46, R47)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decisions.routing import route
from monitor.model import Assessment, CaptureMode, Item, Matches, Office, Role, Subject, Urgency
from monitor.triage import assess, keeps_masked, masked, suppression
from monitor.triage.gate import Gate
from monitor.triage.rules import rule_book
from monitor.triage.wording import worded
from tests.invented_school import ROOT, by_id, matcher, policy

EXAMPLES: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "monitor/demo/examples.jsonl").read_text("utf-8").splitlines()
]


MISREAD = frozenset(
    {
        "Mr Ostlerby{} told my son he was thick",
        "Shouldn't say this but a girl in my form{} is pregnant",
        "Leadership{} never listen to parents",
        "Mr Ostlerby{} was ignored by half the hall during the fire drill, poor bloke",
        "Mr Brackenhall{} never shouts, never moans, just gets on with it",
        "What is Mrs Farrow-Lindqvist{} like?",
        "Sad to hear Mr O'Dunnery is leaving{}, terrible news for the school",
        "our kids hate goodbyes{}, we'll miss you Ms Quillfeather",
    }
)
"""What the rules read rightly and the second reader does not yet: a person is asked for nothing, or the main
category is another. Whoever teaches it better takes lines away here."""


def judged(text: str, *, here: bool = False, own: bool = False, second_reader: bool = True) -> Assessment:
    [found] = matcher().scan([text], [here])
    item = Item("forum", "1", "https://forum.example/1", text)
    return assess(
        item, found, by_id(), policy(), own_source=here, own_channel=own, second_reader=second_reader
    )


def understood(frame: str) -> Assessment:
    """By both readers, where the second is none the worse for it."""
    return judged(frame.format(AT), second_reader=frame not in MISREAD)


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(example["number"]) for example in EXAMPLES])
def test_a_worked_example_is_judged_as_the_study_says(example: dict[str, Any]) -> None:
    """All 36. A2 and its urgency (11) need history, and 36 arrives by intake: no capture by us."""
    expect, number = example["expect"], example["number"]
    view = judged(example["text"], here=example["place_gives_context"], own=example["own_channel"])
    also = tuple(code for code in expect["also"] if code != "A2")
    assert (view.category, view.also) == (expect["category"], also)
    assert view.urgency == (Urgency.U2 if number == 11 else expect["urgency"])
    assert view.capture == (CaptureMode.FULL if number == 36 else expect["capture"])
    assert view.asks_person == expect["asks_person"]
    assert view.suppressed == (expect["category"] in ("S2", "A9"))
    assert all(0 <= reason.start < reason.end <= len(example["text"]) for reason in view.reasons)
    assert view.reasons or view.category in ("P0", "P2")


AT = " at Littleover Community School"
SAYS = [
    ("S1", "i want to die, nobody{} cares if i go"),
    ("S1", "gonna k1ll myself after maths{}"),
    ("S2", "leaked n.u.d.e.s of year 10 girls{}"),
    ("S4", "any year 8 girls{} add me on snap, dont tell your mum"),
    ("S5", "the race war starts{}"),
    ("S6", "kid brought a machete in{}"),
    ("S7", "Zadie Pellgrove{} is in care, her social worker told me"),
    ("S3", "everyone hates Zadie Pellgrove, fat ugly freak{}"),
    ("S8", "her dad beats her, everyone{} knows"),
    ("A1", "Mr Brackenhall{} is a vile piece of scum"),
    ("A3", "im gonna stab Mr Brackenhall{}"),
    ("A3", "someone should burn the place{} down, bomb in the hall"),
    ("A4", "Mr Brackenhall{} stole from the trip fund"),
    ("A5", "Mr Brackenhall{} was touching girls in the cupboard"),
    ("A6", "too many foreigners{} now, send them home"),
    ("A7", "Mr Brackenhall{} lives at 14 Quenby Hollow Road"),
    ("A8", "someone is pretending to be Mr Brackenhall{}, fake account"),
    ("A9", "deepfake of Ms Quillfeather{} going round"),
    ("W1", "I teach{}. We were told to change the marks and safeguarding is ignored"),
    ("T1", "my year 9s{} are thick as mince, roll on half term"),
    ("K1", "Ms Quillfeather{} never replies to emails"),
    ("K2", "fed up, my autistic son is excluded again{} and nobody listens"),
    ("O2", "have you seen @LittleoverLCS_memes, so funny{}"),
    ("O3", "confidential staff minutes leaked{}"),
    ("O4", "click the link here to claim your uniform refund{}"),
    ("O5", "is it true there are armed police outside{}?"),
    ("P1", "huge thanks to Ms Quillfeather{}, brilliant teacher"),
    ("P2", "selling a blazer, hardly worn{}"),
    ("P3", "the new uniform policy{} is ridiculous"),
    ("P4", "the queue{} is a crime against humanity lol"),
    ("P5", "on the NEU picket line{} with colleagues"),
]


@pytest.mark.parametrize(("code", "frame"), SAYS)
def test_every_category_that_one_text_can_show_is_reachable(code: str, frame: str) -> None:
    """Domain study 3.4; O1 is among the examples, A2 needs history."""
    assert understood(frame).category == code


HARMLESS = [
    "Mr Brackenhall{} took a great shot of the sunset",
    "Mr Brackenhall{} deserves a medal for battering through that wind",
    "Ms Quillfeather{} smashed it in the concert, killing it",
    "Ms Quillfeather{} dressed as a witch for book day",
    "Ms Quillfeather{} is no waste of space, a credit to you all",
    "Ms Quillfeather is never rude{}, lovely teacher",
    "Mr Brackenhall{} has been taking money for the trip in the office",
    "i cant do any more revision{}, see you monday",
    "Ms Quillfeather has been cutting the ribbon{}",
    "basketball shooting practice{} on friday",
    "the brothers should join us at sunday league{}, we need real fighters",
    "police cadets{} are recruiting at lunch, ask at the desk",
    "the office number{} is 01332 496215 if you need to ring in sick",
    "the office number is 01332 496796{}",
    "knife crime awareness assembly{} today",
    "the suicide prevention talk{} was well run",
    "selling nude heels for prom{}",
    "dog grooming parlour opens near the gates{}",
    "Macbeth{}: three witches and an evil queen",
    "head lice letter went home{}",
    "lockdown drill{} went well",
    "Proud union rep{} on strike day",
]


@pytest.mark.parametrize("frame", HARMLESS)
def test_harmless_twins_make_no_finding(frame: str) -> None:
    """R43, R46: idiom, negation, costume, sport and notices leave nothing behind."""
    view = judged(frame.format(AT))
    assert not policy().categories[view.category].finding
    assert (view.capture, view.subjects, view.asks_person) == (CaptureMode.NONE, (), False)


TRIGGERS = [
    "send nudes", "NUDES", "n u d e s", "n.u.d.e.s", "nu.des", "nu_des", "ｎｕｄｅｓ", "𝓷𝓾𝓭𝓮𝓼",
    "n\u200bu\u200bdes", "nuuuuudes", "nudez", "n00ds", "noodz", "nûdés", "nuԁes", "n*des", "nud3s",
    "dick pic", "d1ck p1cs", "naked pics of her", "pics of her naked", "leaked pics", "sexting",
    "s3xtortion", "upskirting", "only fans", "deepfake", "deep f4ke", "nudify app", "revenge porn",
    "put her face on an ai pic", "csam", "child p0rn", "video of her in the toilets", "trading pics",
    "sent pics to a year 11", "topless photo", "undress ai", "nu des", "nud es", "nakd pics", "pics nakd",
    "selling vids of the play girls in the changing rooms", "sending pics of my homework leaked dm",
    "sent pics from the match of zadie in the toilets", "selling pics from prom of yr9 girls in the showers",
]  # fmt: skip


@pytest.mark.parametrize("text", TRIGGERS)
def test_a_trigger_fires_through_every_disguise(text: str) -> None:
    """R28: a missed trigger would open what must never be opened; nor does an idiom before it hide it."""
    assert suppression(f"omg {text} link in bio") is not None
    view = judged(f"omg {text} link in bio{AT}")
    assert view.suppressed
    finding = policy().categories[view.category].finding
    assert view.capture is (CaptureMode.WORDS if finding else CaptureMode.NONE)


PLAIN = [
    "", "Well done to our netball team", "photos of the trip are on the website", "nude lipstick",
    "he nodded", "send a pic of the homework", "pics from the match", "sent pics from the match",
    "selling tickets for the play, vids of rehearsals", "selling vids of the play", "the menu des jours",
    "sending me your pics of the homework", "i like only fans of the team", "food porn in the canteen",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_fire_no_trigger(text: str) -> None:
    """A trigger that always fires would be none."""
    assert suppression(text) is None


def test_imagery_of_an_adult_becomes_a_childs_matter_once_a_child_is_spoken_of() -> None:
    """The more protective reading wins."""
    assert judged(f"nudes of Ms Quillfeather{AT}").category == "A9"
    assert judged(f"nudes of Ms Quillfeather and a year 9 girl{AT}").category == "S2"
    assert judged(f"who has the nudes{AT}").category == "S2"


def test_what_others_said_of_somebody_is_for_a_person_to_judge() -> None:
    """R47: quoting with disapproval lowers an insult, never an allegation about a child."""
    quoted = judged(f'someone called Mr Brackenhall "a pathetic worm"{AT}, disgraceful')
    assert (quoted.category, quoted.asks_person, quoted.urgency) == ("A1", True, Urgency.U3)
    assert quoted.capture is policy().unsure_capture
    alleged = judged(f'someone called Mr Brackenhall "a nonce"{AT}, disgraceful')
    assert (alleged.category, alleged.asks_person) == ("A5", False)


def test_the_post_and_its_holder_are_the_same_subject() -> None:
    """Promise 6: the Headteacher by name, by post, or as one of several, is never told."""
    by_name, by_post = judged(f"Dr Vandermolen{AT} ignores us"), judged(f"The head{AT} ignores us")
    for view in (by_name, by_post):
        assert view.subjects == (Subject(Role.STAFF, ("s01",), (Office.HEADTEACHER,)),)


UNNAMED = Subject(certain=False)
THE_HEAD = Subject(Role.STAFF, ("s01",), (Office.HEADTEACHER,))


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Littleover Community School's head touched my daughter, inappropriate with kids", THE_HEAD),
        ("the boss at Littleover Community School is messaging year 9 girls, nonce", THE_HEAD),
        ("Littleover Community School HT is messaging year 9 girls, nonce", THE_HEAD),
        ("that lanky one at Littleover Community School is a n0nce", UNNAMED),
        ("you know who i mean, Littleover Community School. paedo", UNNAMED),
    ],
)
def test_a_strong_word_about_an_adult_nobody_names_is_never_news(text: str, subject: Subject) -> None:
    """Promise 6 and R46: it is an allegation, and the Headteacher, who may be meant, is not told."""
    view = judged(text)
    assert (view.category, view.subjects, view.asks_person) == ("A5", (subject,), False)
    assert Office.HEADTEACHER not in {telling.office for telling in route(view, policy()).told}


def test_nobody_is_a_subject_whom_the_words_do_not_name() -> None:
    """R30, R41: not the author's handle, not somebody merely pointed at."""
    text = f"You know who I mean, the one with the parrot brooch{AT}. Vile woman."
    [found] = matcher().scan([text])
    item = Item("forum", "1", "https://forum.example/1", text, author="tamsin_quillfeather")
    assert assess(item, found, by_id(), policy()).subjects == ()


def test_the_most_protective_capture_and_the_most_urgent_tier_win() -> None:
    """Domain study 3.4 (a), (b)."""
    view = judged(f"Mr Brackenhall{AT} lives at 14 Quenby Hollow Road, im gonna stab him, nudes of a year 9")
    assert {"A7", "A3", "S2"} <= set(view.categories)
    assert (view.urgency, view.capture) == (Urgency.U0, CaptureMode.WORDS)


def test_private_details_are_masked_and_the_rest_stays() -> None:
    """For captures of mode `reference`: addresses, numbers, medical words, pupils' names."""
    text = (
        "Zadie Pellgrove has ADHD, lives at 14 Quenby Hollow Road DE23 4AB, ring 07700 900130, car AB12 CDE"
    )
    hidden = masked(text, matcher().scan([text + AT])[0])
    assert len(hidden) == len(text)
    for secret in (
        "Zadie",
        "Pellgrove",
        "ADHD",
        "14",
        "Quenby",
        "Road",
        "DE23",
        "4AB",
        "07700",
        "900130",
        "AB12",
    ):
        assert secret not in hidden
    assert hidden.startswith("▇▇▇▇▇ ▇▇▇▇▇▇▇▇▇ has ▇▇▇▇, lives at ")
    assert masked("Nothing private here", Matches()) == "Nothing private here"


GIVEN_AWAY = [
    (
        "Ms Quillfeather's address is Rose Cottage, Mill End, red door at St. Wilf's. Shame",
        "Rose Mill red Wilf",
    ),
    (
        "Mr Brackenhall lives at flat three\nhollow house, oh seven seven double oh. Shame",
        "three house seven",
    ),
    ("Mr Brackenhall lives at 3 Oak. oh seven seven double oh nine one two. Shame", "Oak seven nine two"),
    ("Zadie Pellgrove lives at Rose Cottage, Mill End, red door. Shame", "Zadie Rose Mill red"),
]


@pytest.mark.parametrize(("text", "secrets"), GIVEN_AWAY)
def test_what_follows_lives_at_is_masked_to_the_end_of_the_sentence(text: str, secrets: str) -> None:
    """An address or a number that looks like none is still one; the next sentence stays."""
    text = f"Littleover Community School. {text} on them"
    view = judged(text)
    hidden = masked(text, matcher().scan([text])[0], view.reasons)
    assert keeps_masked(view)
    assert not [secret for secret in secrets.split() if secret in hidden]
    assert hidden.startswith("Littleover Community School. ")
    assert hidden.endswith(". Shame on them")
    assert len(hidden) == len(text)


def test_details_are_masked_whatever_else_a_text_says() -> None:
    """A7 beside S5 is captured as `words`, and its address is masked all the same; with S2 the words are
    all that is ever kept, and stay whole."""
    home = f"Mr Brackenhall{AT} lives at 12 Hollow Road"
    assert keeps_masked(judged(home))
    assert keeps_masked(judged(f"{home}, the race war starts"))
    assert not keeps_masked(judged(f"{home}, send nudes"))
    assert not keeps_masked(judged(f"Mr Brackenhall{AT} is a vile piece of scum"))


# Each family holds one thing said of somebody, and twins that share its words and say nothing of the kind.
ABOUT_WHOM = [
    ("A1", "Ostlerby you utter muppet, you're a disgrace{}"),
    ("A1", "what a nasty piece of work Ms Quillfeather{} is"),
    ("A1", "Mrs Achterberg{}? Snake. Two-faced snake."),
    ("A1", "can't believe they let a moron like Brackenhall{} teach"),
    ("A1", "Brackenhall{} 🤮 absolute scumbag 🤮"),
    ("A4", "Ms Quillfeather{} changed the marks so her set looked better"),
    ("A4", "Mr Tandrake{} has been nicking tools from the store for years"),
    ("A4", "The chair of governors{} handed the building work to her husband's company"),
    ("A4", "Mr Brackenhall turned up drunk to parents evening{}"),
    ("K1", "Mr Ostlerby{} has ignored three emails about my daughter"),
    ("K1", "Ms Quillfeather{} was really rude to my wife on the phone"),
    ("K1", "Mr Ostlerby{} told my son he was thick"),
    ("K1", "Disappointed in Ms Quillfeather{}, the report was copied and pasted"),
    ("K1", "well done Mr Ostlerby{}, three weeks and still no reply"),
    ("K1", "Could Dr Vandermolen{} explain why parents weren't told?"),
    ("K2", "My autistic son in 8B{} has been in isolation all week and nobody has rung us"),
    ("T1", "Finished marking my year 8s{}. Thick as two short planks"),
    ("T1", "hungover and teaching period 1{}, pray for me"),
    ("T1", "Shouldn't say this but a girl in my form{} is pregnant"),
    ("W1", "I work in the office{} and we were told to change the absence codes"),
    ("A8", "That account isn't Mr Brackenhall{}, it's fake, please report it"),
    ("O5", "Anyone know why there are police outside school{} this morning?"),
    ("O2", "new gossip page on insta for year 10{}, so funny"),
    ("O3", "here is a screenshot of the confidential governors minutes{}"),
    ("O4", "Got a text{} saying I owe dinner money and to click a link, is it a scam?"),
]


@pytest.mark.parametrize(("code", "frame"), ABOUT_WHOM)
def test_what_is_said_of_somebody_is_found(code: str, frame: str) -> None:
    """Domain study 3.4: by insult to the face, in another sentence, by act, by a question that is none."""
    assert understood(frame).category == code


def test_what_a_rule_explains_is_found_where_it_is_beyond_doubt() -> None:
    """A team that seeks players is no call to arms, and hides none that stands beside it."""
    invitation = f"join us at boxing club{AT}, we need real fighters"
    assert not policy().categories[judged(invitation).category].finding
    assert "A3" in judged(f"{invitation}. bring a blade, we are going to gut him like a fish").categories


def test_a_rule_explains_its_own_sentence_and_no_other() -> None:
    """What a harmless sentence shares with an alarm must not hide the alarm beside it (R46)."""
    slang = f"that lesson{AT} slaps"
    assert not policy().categories[judged(slang).category].finding
    assert "A5" in judged(f"{slang}. sir put his hand up her skirt behind the shed").categories
    weary = f"i cant do any more revision{AT}, see you monday"
    assert not policy().categories[judged(weary).category].finding
    assert "S1" in judged(f"{weary} or never, im done living").categories


def test_an_account_that_poses_is_named_beside_what_else_it_may_be() -> None:
    """Who says that an account is not the real one reports it, whatever else the words may hint at."""
    assert (
        "A8"
        in judged(f"that is not the real Miss Quillfeather{AT}, the account was made yesterday").categories
    )


@pytest.mark.parametrize(
    "text", ["I am a Muslim and proud of it", "my two mums are lovely", "as a Black woman i love it here"]
)
def test_what_somebody_is_is_neither_hate_nor_extremism(text: str) -> None:
    """Equality Act: a plain statement of identity is held against nobody, by rules or by second reader."""
    assert {"A6", "S5"}.isdisjoint(judged(f"{text}{AT}").categories)


SOMEBODY_ELSE = {
    "the author": ["I'm such an idiot, forgot Mr Brackenhall's homework{} again", "i feel pathetic{}"],
    "a thing": [
        "This homework{} is evil, sorry Ms Quillfeather",
        "My worst subject{} is maths and Ms Quillfeather got me a 6",
        "the wifi{} is useless but Mr Tandrake fixed it",
    ],
    "the school": ["Leadership{} never listen to parents", "The canteen queue{} is a joke"],
    "another place": [
        "Unlike my old school, where the head was a bully, everyone{} is lovely",
        "The council are a disgrace, still no crossing{}",
    ],
    "another doer": [
        "Someone stole Mr Tandrake's ladder{}, please keep an eye out",
        "Mr Brackenhall{} caught the thief who had been nicking bikes",
        "Mr Ostlerby{} was ignored by half the hall during the fire drill, poor bloke",
        "Whoever called Ms Quillfeather rude{} should know she stayed till six with my daughter",
    ],
    "a part in a play": ["Mr Brackenhall plays the villain in the panto{} and he is evil personified"],
    "what is taught": ["Mr O'Dunnery taught us about corruption in Animal Farm{}"],
}


@pytest.mark.parametrize(
    "frame", [pytest.param(frame, id=whom) for whom, frames in SOMEBODY_ELSE.items() for frame in frames]
)
def test_hard_words_about_somebody_else_are_nothing_about_who_is_named(frame: str) -> None:
    """R43, R46: the target decides, not a name that stands nearby."""
    view = understood(frame)
    # "I feel pathetic" may worry somebody about its author; it says nothing of who is named.
    assert view.asks_person or not policy().categories[view.category].finding, view
    assert {"A1", "A4", "A5", "K1"}.isdisjoint(view.categories), view


NOT_MEANT = {
    "negation": ["Can't fault Mr Ostlerby{}, always rings back", "No complaints about Mr Ostlerby{} from us"],
    "double negation": ["Mr Brackenhall{} never shouts, never moans, just gets on with it"],
    "past doubt": ["I used to think Mr Brackenhall{} was mean but he got me my 7"],
    "others say": ["Everyone says Mr Ostlerby{} is useless but he sorted our problem in one phone call"],
    "question": ["Is Mr O'Dunnery{} as strict as people say?", "What is Mrs Farrow-Lindqvist{} like?"],
    "concession": ["Strict but fair, that's Mr Ostlerby{}"],
    "slang": ["Mr Brackenhall{} is the goat", "Mr Tandrake{} is sick at the drums", "that lesson{} slaps"],
    "farewell": ["Sad to hear Mr O'Dunnery is leaving{}, terrible news for the school"],
    "hyperbole": ["Maths homework{} should be a crime", "Mr O'Dunnery's puns{}: straight to jail"],
}


@pytest.mark.parametrize(
    "frame", [pytest.param(frame, id=how) for how, frames in NOT_MEANT.items() for frame in frames]
)
def test_what_is_not_meant_is_not_found(frame: str) -> None:
    """R46, R47: negation, doubt, other people's opinions, questions, slang and exaggeration."""
    view = understood(frame)
    assert not policy().categories[view.category].finding, view


PAIRS = [
    ("Mr Brackenhall{} lied to the inspectors", "Mr Brackenhall{} lay on the floor laughing"),
    ("Mr Tandrake{} was drunk at the gates", "Mr Tandrake{} was drunk on joy at the gates"),
    (
        "Ms Quillfeather{} hates our kids, vile woman",
        "our kids hate goodbyes{}, we'll miss you Ms Quillfeather",
    ),
    ("Mr Ostlerby{} lost my son's coursework", "Mr Ostlerby{} lost a bet and dyed his hair for charity"),
    ("Mr Ostlerby{} shouted at my son", "Mr Ostlerby{} shouted himself hoarse cheering our lads on"),
    ("Miss Żarnowiecka{} is a witch", "Miss Żarnowiecka{} dressed as a witch"),
    ("my year 9s{} are feral, need wine", "my year 9s{} smashed their assessment, so proud"),
]


@pytest.mark.parametrize(("said", "twin"), PAIRS)
def test_both_sides_of_a_pair_are_told_apart(said: str, twin: str) -> None:
    """The same words, once a matter and once none: a rule that only knows words fails on one side."""
    rows = policy().categories
    assert rows[judged(said.format(AT)).category].finding
    assert not rows[understood(twin).category].finding


def test_who_cannot_be_told_apart_or_is_only_a_role_is_for_a_person_to_judge() -> None:
    """R41, R46: an insult or a complaint of a teacher without a name waits for a person; a post that one
    person holds is somebody."""
    insult, complaint, post = (
        judged(f"his maths teacher{AT} is a vile piece of scum"),
        judged(f"his maths teacher{AT} is so rude"),
        judged(f"The SENCO{AT} has not replied since May"),
    )
    assert (insult.category, insult.asks_person, insult.subjects) == ("A1", True, ())
    assert (complaint.category, complaint.asks_person, complaint.subjects) == ("K1", True, ())
    assert (post.category, post.asks_person) == ("K1", False)


def test_what_a_teacher_said_of_a_child_is_a_complaint_about_the_teacher() -> None:
    """An insult that somebody is said to have used is not an insult of them."""
    assert judged(f"Mr Ostlerby{AT} called my daughter a stupid cow").category != "A1"


def test_the_gate_keeps_out_no_pattern_that_fits() -> None:
    """Only the cost may change: every pattern that fits a text anywhere is among those tried."""
    patterns = [re.compile(pattern) for _, pattern in rule_book().patterns]  # more than `re` remembers
    texts = [frame.format(AT) for _, frame in (*SAYS, *ABOUT_WHOM)] + [f.format(AT) for f in HARMLESS]
    texts += [example["text"] for example in EXAMPLES] + TRIGGERS + PLAIN
    for text in texts:
        reading = worded(text).text
        tried = {pattern.pattern for found in rule_book().possible(reading).values() for pattern in found}
        fitting = [pattern.pattern for pattern in patterns if pattern.search(reading)]
        assert [pattern for pattern in fitting if pattern not in tried] == []


@pytest.mark.parametrize(
    "pattern",
    ["i will {a} you", "{a}|{b}", "(?:{b}|{b} again|{a}) now", "{b}? him", "(?:{a} )+him", "{b}$", "at {c}"],
)
def test_the_gate_takes_a_class_apart_as_if_it_were_written_out(pattern: str) -> None:
    """Whether classes are named in a pattern or written into it, the same texts open the gate."""
    classes = {"{a}": "(?:killing|murder(?:ing)?|harm)", "{b}": "[xy]", "{c}": "(?:the {a}|every one)"}
    letters = dict(zip(classes, "\ue000\ue001\ue002", strict=True))

    def named(words: str) -> str:
        for name, letter in letters.items():
            words = words.replace(name, letter)
        return words

    written_out = pattern
    for name in ("{c}", "{a}", "{b}"):
        written_out = written_out.replace(name, classes[name])
    by_letter = Gate([named(pattern)], {letters[name]: named(words) for name, words in classes.items()})
    plainly = Gate([written_out], {})
    for words in (
        "i will harm you",
        "x",
        "killing",
        "y again now",
        "x him",
        "murder him",
        "at the harm",
        "to",
    ):
        assert plainly.possible(words) == by_letter.possible(words)


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(), max_size=60), st.sampled_from([frame for _, frame in SAYS]))
def test_any_text_is_judged(noise: str, frame: str) -> None:
    """Reasons lie in the text; nothing raises, lone surrogates included; noise lowers no suppression."""
    text = noise + frame.format(AT) + noise
    view = judged(text, here=True)
    assert all(0 <= reason.start <= reason.end <= len(text) for reason in view.reasons)
    assert view.category in policy().categories
    assert len(masked(text, matcher().scan([text])[0])) == len(text)
    assert view.suppressed or suppression(text) is None


@pytest.mark.parametrize("text", ["who has the nu.des", "who has the nu_d.es of year 10"])
def test_a_trigger_with_signs_inside_is_quoted(text: str) -> None:
    """R42: whoever reads the finding sees which words it rests on."""
    view = judged(text + AT)
    quoted = {text[one.start : one.end] for one in view.reasons if one.category == "S2"}
    assert any("nu" in words and "es" in words for words in quoted)
