"""What must not be missed is found in many dresses, and its harmless twin stays quiet (R28, R46, R47, R49).

Each family varies act, target, time, stance and spelling, so that a rule that knows only one sentence
fails here. `tests/corpus` has the posts that nobody wrote rules for, and their figures.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.model import Assessment, Item, Matches
from monitor.triage import assess, suppression
from monitor.triage.language import other_language
from monitor.triage.wording import worded
from tests.invented_school import by_id, matcher, policy

AT = " at Littleover Community School"
SAFEGUARDING = {"A3", "A5", "A6", "A7", "A9", "S1", "S2", "S4", "S5", "S6", "S8"}


def judged(text: str) -> Assessment:
    [found] = matcher().scan([text], [True])
    return assess(
        Item("forum", "1", "https://forum.example/1", text), found, by_id(), policy(), own_source=True
    )


FOUND = [
    *(
        ("A3", text)
        for text in (
            "If Ms Quillfeather talks to my daughter again i will not be responsible for what i do",
            "gunna kil mr brackenhall tomoz",
            "tandrake is a deda man walking",
            "Mr Brackenhall deserves a good battering",
            "say that about my lad again sir and you'll be eating through a straw",
            "snitches get stitches miss",
            "me and my brothers are waiting for brackenhall at the gates",
            "bring petrol and matches to that school",
            "someone should shoot up that assembly",
            "there's a bomb under the stage",
            "catch these hands ms quillfeather",
            "hope mr brackenhall gets hit by a bus",
            "i know where quillfeather lives and when she walks her dog",
            "let's give tremlow a kicking after the governors meeting",
            "6 feet under is where the head belongs",
            "🔪 for mr brackenhall tomorrow",
            "she won't be smiling when her car's on fire",
            "im bringing a machete monday",
            "that PE teacher is getting shanked",
            "i'll throw acid at her",
            "he wants his windows putting in, brackenhall",
        )
    ),
    *(
        ("S1", text)
        for text in (
            "im so tired of being alive",
            "kms tonight for real",
            "goodbye eveyrone. sorry",
            "nobody would notice if i was gone",
            "i've been cutting my arms again",
            "my daughter says she wants to end her life",
            "just kill urself no one likes u",
            "suiside is the only way out",
            "not eaten for three days",
            "took all my tablets",
            "gonna jump off the bridge after p6",
            "by the time you read this it'll be over",
            "she left a note saying goodbye",
            "wish i could go to sleep and not wake up",
            "found my son with a belt round his neck",
            "i want to unalive myself",
        )
    ),
    *(
        ("S2", text)
        for text in (
            "send nudez of the year 9 girls",
            "who's got the vid of zadie",
            "he made her strip on cam, she's 13",
            "theres a folder of y10 girls on telegram",
            "trading pics of year 8s",
            "my ex says he'll post my pics, im 14",
            "boys in 9B used an app that takes clothes off photos of girls",
            "sent pics to a year 11",
            "🍑 pics of 10C girls dm me",
        )
    ),
    *(
        ("S4", text)
        for text in (
            "any year 8 girls wanna chat, add me on snap, dont tell your mum",
            "he's 27 and picks her up from the gates",
            "you're so mature for your age, our little secret",
            "man in a van offering kids a lift home",
            "delete our chat and meet me alone after school",
            "i'll buy you vapes if you come to my flat",
            "county lines lot are using year 9s as runners",
            "looking for runners, easy money, dm me",
            "my 13 yr old has been meeting some man from roblox",
        )
    ),
    ("S5", "my brother watches beheading videos and says the caliphate is coming"),
    ("S5", "great replacement is real lads, read the manifesto"),
    ("S6", "kid in year 9 had a knife in his bag"),
    ("S6", "massive fight after school at the park, bring phones"),
    ("S8", "my stepdad hits me every night, scared to go home"),
    ("S8", "has anyone seen my daughter, she hasn't come home from school"),
    ("A5", "mr brackenhall had his hand up a girl's skirt"),
    ("A7", "Mr Brackenhall lives at 14 Quenby Hollow Road"),
    ("A6", "get these filthy immigrants out of our school"),
    ("A6", "gay people are vermin"),
    ("A6", "too many muslims in that school now"),
]


@pytest.mark.parametrize(("code", "text"), FOUND)
def test_danger_is_found_in_many_dresses(code: str, text: str) -> None:
    """R46: recall first. Slips, slang, emoji, veiled and conditional forms, worry of third persons."""
    assert code in judged(text).categories


PAIRS = [
    ("A3", "someone is going to shoot mr brackenhall", "mr brackenhall is going to shoot the school film"),
    ("A3", "im gonna kill ms quillfeather", "this homework is killing me"),
    ("A3", "gonna bomb the exam hall", "totally bombed my exam"),
    ("A3", "burn the school down", "fire drill, we were burning up in this heat"),
    ("A3", "gonna batter mr brackenhall at the gates", "gonna batter mickleover 4-0 in the cup final"),
    (
        "A3",
        "brackenhall is getting stabbed tomorrow",
        "in the play Banquo gets stabbed and Macbeth takes the crown",
    ),
    ("A3", "shes dead when i see her", "my phone battery is dead"),
    ("A3", "there'll be a shooting in assembly", "basketball shooting practice at lunch"),
    ("A3", "throw acid in his face", "acids and alkalis test tomorrow in science"),
    ("S1", "i want to kill myself", "killing myself laughing at assembly"),
    ("S1", "cant do this anymore", "can't do this maths homework"),
    ("S1", "she has been cutting herself", "she has been cutting the ribbon"),
    ("S1", "i'm going to overdose", "overdosed on flapjack at the bake sale"),
    ("S1", "he talks about suicide", "suicide prevention training for staff on friday"),
    ("S2", "nudes of a year 9 going round", "nude heels for prom, size 5"),
    ("S2", "leaked pics of her", "leaking roof in the gym"),
    ("S2", "naked pics of a year 10", "you could see the comet with the naked eye"),
    ("S2", "sent him pics of her body", "sent him pics of the homework"),
    ("S4", "he was grooming girls from year 8", "dog grooming parlour opens near the gates"),
    ("S4", "year 9 girls message me privately", "any year 9 girls who want to play netball message me"),
    ("S5", "join the fight brothers, real fighters, race war", "join us at the fete on saturday"),
    ("S6", "a boy pulled a knife in the corridor", "knife skills in food tech today"),
    ("S8", "year 8 girl missing since last night", "year 8 girl missing her friends at the old school"),
    ("A6", "i hate gay people", "i hate mondays"),
    ("A6", "women are worthless", "women are brilliant"),
    ("A6", "jews are scum", "saying jews are scum is disgusting"),
]


@pytest.mark.parametrize(("code", "harm", "twin"), PAIRS)
def test_the_harmless_twin_of_danger_stays_quiet(code: str, harm: str, twin: str) -> None:
    """Both sides: a rule that always fires, or never, fails. What condemns may be asked of a person."""
    assert code in judged(harm).categories
    view = judged(twin)
    assert not SAFEGUARDING & set(view.categories) or view.asks_person


def by_rules(text: str) -> set[str]:
    """The categories that a rule gives, whatever else a text may resemble."""
    return {reason.category for reason in judged(text).reasons if not reason.rule.startswith("resembles")}


def test_beside_cakes_and_games_words_of_harm_mean_something_else() -> None:
    """What the post is about decides, not the word: the same words threaten beside nothing else."""
    assert "A3" in by_rules("im gonna batter him at the gates on friday")
    assert "A3" not in by_rules("im gonna batter him at dominoes at the gates on friday")
    assert "S6" in by_rules("a kid in year 9 had a knife in his bag")
    assert "S6" not in by_rules("a kid in year 9 had a knife in his bag for the cupcakes")


@pytest.mark.parametrize("hint", ["tick tock", "mark my words"])
def test_a_hint_counts_only_beside_another(hint: str) -> None:
    """What is said as often in good part makes no finding alone, nor twice, nor pages away from the next."""
    assert "A3" not in by_rules(f"{hint} sir")
    assert "A3" not in by_rules(f"{hint} sir. I say it again: {hint}")
    assert "A3" in by_rules("mark my words sir. tick tock")
    assert "A3" not in by_rules("mark my words sir. " + "The bus was late and it rained. " * 20 + "tick tock")


DISGUISED = [
    "n00ds",
    "noods",
    "nuddies",
    "nu_des",
    "n u d e s",
    "ＮＵＤＥＳ",
    "nudez",
    "🍑 pics dm me",
    "send 🍆",
    "leaked vid of her",
    "send pics",
    "who leaked her pics",
    "bait out page",
    "OF link in bio",
    "AI undress app",
    "app that removes clothes",
    "face on a naked body",
    "yr9_shower_leak.zip",
    "trading cp",
    "up her skirt pics",
    "hidden camera in the girls toilets",
    "dick pic",
    "she sent it to him and it's all over the group chat, she's 13",
]


@pytest.mark.parametrize("text", DISGUISED)
def test_a_disguised_image_stops_every_request(text: str) -> None:
    """R28: nothing of it is ever opened."""
    assert suppression(text) is not None
    assert judged(text).suppressed


ORDINARY = [
    "nude heels for prom",
    "life drawing nudes at the gallery, art trip",
    "the naked mole rat at the zoo",
    "school photos can be ordered for £15",
    "send me a pic of the homework",
    "photos of the trip are on the website",
    "the video of the concert is on youtube",
    "she sent a picture of her cake to her teacher",
    "peach cobbler for pudding",
    "leak in the sports hall roof",
    "we got two goals on film at the match",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_pictures_stop_nothing(text: str) -> None:
    """A trigger that fires on every picture would hide the School's own news."""
    assert suppression(text) is None


@pytest.mark.parametrize("slip", ["stabb", "sttab", "suiside", "shoting", "kil", "htae", "nakde", "petorl"])
def test_a_slip_is_read_as_the_word_that_was_meant(slip: str) -> None:
    """One letter too many, too few, wrong, or two the wrong way round."""
    assert worded(slip).text != slip


@pytest.mark.parametrize(
    "word", ["stag", "slab", "shouting", "nodes", "fright", "bather", "therapist", "gunn", "tamsin"]
)
def test_another_word_or_name_is_no_slip(word: str) -> None:
    """What is in the dictionary, or is somebody's name, stays what it is."""
    assert worded(word).text == word


@settings(max_examples=100, deadline=None)
@given(
    st.text(st.characters(), max_size=40),
    st.sampled_from(["gunna stabb him", "kil  her 🔪", "ihate muslims"]),
)
def test_a_mended_text_still_quotes_the_original(noise: str, text: str) -> None:
    """Every place of the reading leads back into the original, in order."""
    original = noise + " " + text
    reading = worded(original)
    assert len(reading.text) == len(reading.offsets)
    assert all(a <= b for a, b in zip(reading.offsets, reading.offsets[1:], strict=False))
    assert all(0 <= offset < len(original) for offset in reading.offsets)


FOREIGN = [
    "Nauczyciel krzyczy na dzieci w klasie",
    "Domnul profesor nu este bun pentru copii",
    "yeh teacher bohat acha hai yaar",
    "اس اسکول کے استاد بہت اچھے ہیں",
    "ਇਹ ਸਕੂਲ ਬਹੁਤ ਚੰਗਾ ਹੈ",
    "এই স্কুলটি খুব ভালো শিক্ষক",
    "المعلم يضرب الأولاد كل يوم",
    "waxaan rabaa inaan ka tago dugsiga",
    "awon omo ile iwe yii ko gbo",
    "这个学校的老师很好",
    "bu ogretmen cok kotu biri",
    "le prof de maths est trop méchant avec les élèves",
    "el profesor es muy malo con los niños",
    "a professora é muito má com as crianças",
    "эта школа очень плохая для детей",
    "mae pawb yn yr ysgol yn fy nghasáu",
]


@pytest.mark.parametrize("text", FOREIGN)
def test_another_language_waits_for_a_person(text: str) -> None:
    """R49: no category by machine, no mail, but nothing lost."""
    assert other_language(text)
    view = judged(text)
    assert view.asks_person
    assert policy().categories[view.category].finding


ENGLISH = [
    "Kowalski Szczepanska Khan Singh Dhillon",
    "omg tbh ngl fr",
    "Tamsin Quillfeather",
    "LCS y9 pe",
    "ｓｔａｂ ｈｉｍ ｎｏｗ",
    "gunna av a proper scran at nandos innit bruv",
    "thye hvae amde a fkae acocunt",
    "café olé, crème brûlée for pudding",
    "",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_slang_slips_and_names_are_english(text: str) -> None:
    """A person's time is not spent on spelling."""
    assert not other_language(text)


@pytest.mark.parametrize(
    "text", ["zabiję cię jutro, nauczycielu, nie żyjesz", "dw i ddim eisiau byw rhagor, mae pawb yn yr ysgol"]
)
def test_danger_in_another_language_does_not_wait(text: str) -> None:
    """R46 before R49: the few words that are known alarm at once."""
    view = judged(text)
    assert {"A3", "S1"} & set(view.categories)
    assert not view.asks_person


QUOTED = [
    'People who write "gay people are scum" will be excluded',
    "Saying that all immigrants are criminals is racist, full stop",
    "we will never tolerate the bullying of trans people",
]


@pytest.mark.parametrize("text", QUOTED)
def test_counter_speech_is_no_hate(text: str) -> None:
    """R47: quoting and condemning hate reaches at most a person, never a verdict."""
    view = assess(Item("f", "1", "https://x.example/1", text), Matches(), by_id(), policy(), own_source=True)
    assert "A6" not in view.categories or view.asks_person
