"""What speaks for and against a mention being somebody on the Roll: what its words may be otherwise, what the
text says around it, and what the country's lists say of the names in it. Pure.

Each clue is a name in weights.toml, which says in plain words what it means and what it weighs
(monitor.matching.judgement adds them up).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from monitor.matching.grammar.mentions import Mention
from monitor.matching.lexicon import lexicon
from monitor.matching.names import forename_share, is_forename, is_surname, is_word, surname_share
from monitor.matching.roll import SEX_OF_TITLE, Bearer, Roll, stands_alone
from monitor.matching.spelling import Slip, distance, is_usual_slip, key_of, spoken
from monitor.matching.words import Words

_WIDESPREAD = 2e-4
_RARE = 2e-5
_IS_FORENAME = 2e-5
_MANY_HAVE = 1e-4
_ANOTHER_IF_CUT = 1.2e-4
_ANOTHER_SURNAME = 3e-5
_RARE_SURNAME = 3e-6
_SLIPS_OF_CLERKS = 500
"""How many times as many bear a surname whose slips are in the lists as names of their own ("Huges")."""
_LESS_THAN_A_SURNAME = 1.2e-4
_WELL_KNOWN = 5e-4
_SELDOM_A_SURNAME = 6
"""How many times as many bear a word as a forename if it is hardly ever a surname."""
_LONG = 8
_ANOTHER_FORENAME = 2e-4
_TITLED = frozenset(
    {
        "title_surname",
        "title_half",
        "title_initial_surname",
        "title_initial",
        "title_initials",
        "title_forename",
    }
)
_ECHOES = ("schm", "shm")
"""How a name said twice in mockery begins again ("Smith-Schmith")."""
_BEGIN_NAMES = frozenset({"mac", "mc", "fitz", "de", "la", "le", "van", "o"})
_SENTENCE_ENDS = re.compile(r"[.!?\n][\s\"')]*$")


def of_words(one: Mention, words: Words, roll: Roll, ours: Sequence[tuple[int, int]]) -> Iterator[str]:
    """What the words of the mention, and those beside it, say whoever it is. `ours`: where the School's own
    terms stand in the reading."""
    yield from one.notes
    if _reads_as_words(one, words, roll):
        yield "reads_as_words"
    if _part_of_longer(one, words) or _one_surname(one, words):
        yield "part_of_longer"
    trades = _trade_follows(words, one.last, one.end) or _begins_business(one, words)
    if (trades or _names_shop(one, words)) and not _is_before(one, words, ours):
        yield "business"
    if lexicon().works_elsewhere.match(words.reading, one.end):
        yield "works_elsewhere"


def of_bearers(one: Mention, words: Words, bearers: Sequence[Bearer], *, cue: bool) -> list[str]:
    """What can be said of those who bear the name."""
    evidence: list[str] = []
    wanted = SEX_OF_TITLE.get(one.title, "")
    if wanted and not any(bearer.sex in ("", wanted) for bearer in bearers):
        evidence.append("other_sex")
    weak = one.rule in ("surname", "initial_surname", "transposed_initial")
    if weak and not cue and surname_share(one.surname) > _WIDESPREAD:
        evidence.append("widespread")
    if len(bearers) > 1:
        evidence.append("many")
    if _ends_in_s(one, words) and surname_share(one.surname + "s") > _ANOTHER_SURNAME:
        evidence.append("real_surname" if one.given else "another_surname")
    if one.inside:
        evidence.append("inside")
    elif weak and not words.capital(one.first):
        evidence.append("small_and_widespread" if "widespread" in evidence else "small_letter")
    if one.rule == "title_forename" and not one.slips:
        share = surname_share(one.given)
        if share > max(_LESS_THAN_A_SURNAME, forename_share(one.given) / 2):
            evidence.append("another_surname" if share > _WELL_KNOWN else "rather_a_surname")
        elif share > _ANOTHER_SURNAME and (
            "other_sex" in evidence
            or (share > forename_share(one.given) / _SELDOM_A_SURNAME and not _called(one, bearers, wanted))
        ):
            evidence.append("surname_too")
    return evidence


def _called(one: Mention, bearers: Sequence[Bearer], wanted: str) -> bool:
    """Whether a title and a forename fit somebody to whom the School gives both: no short form of our own,
    and whose sex is known if the title tells one."""
    return any(wanted in ("", bearer.sex) and bearer.given.get(one.given) is False for bearer in bearers)


def _ends_in_s(one: Mention, words: Words) -> bool:
    """Whether an s without apostrophe follows a surname ("Mr Atkins" for Mr Atkin)."""
    return bool(one.surname) and not one.inside and words.reading[one.end : words.ends[one.last]] == "s"


def _one_surname(one: Mention, words: Words) -> bool:
    """Whether what may be an initial and a surname is one word, and a surname by itself ("Beynon")."""
    if one.rule != "initial_surname" or one.first != one.last:
        return False
    original = words.quoted(words.starts[one.last], words.ends[one.last])
    return is_surname(words.written[one.last]) and (original.isupper() or not original[1:2].isupper())


def _names_shop(one: Mention, words: Words) -> bool:
    """Whether a surname by itself names a shop ("Popescu's Bakery", "Hewitts Estate Agents")."""
    i = one.last
    if words.written[i + 1 : i + 2] == ["s"] and words.sign_after(i) == "'":
        i += 1
    if one.rule != "surname" or words.ends[i] == one.end or i + 1 >= len(words.written):
        return False
    return words.capital(i + 1) and not words.shouted(i + 1) and _trade_follows(words, i, words.ends[i])


def _trade_follows(words: Words, i: int, end: int) -> bool:
    """Whether a word of trade stands right after a name that ends with word `i` ("Baldwin Plumbing")."""
    lexical, following = lexicon(), words.written[i + 1 : i + 2]
    if not following or (following[0] not in lexical.trade_words and "&" not in words.reading[end : end + 3]):
        return False
    return bool(lexical.trades.match(words.reading, end))


def _is_before(one: Mention, words: Words, ours: Sequence[tuple[int, int]]) -> bool:
    """Whether the School's own name follows: "Zadie Pellgrove Ashdene Park High School" is no park."""
    i = one.last + 1
    return i < len(words.starts) and any(start <= words.starts[i] < end for start, end in ours)


def _begins_business(one: Mention, words: Words) -> bool:
    """Whether one more name stands before the word that makes it a business ("Baldwin King Plumbing")."""
    i = one.last + 1
    if one.title or i + 1 >= len(words.written) or words.gap(one.last) != " ":
        return False
    return _trade_follows(words, i, words.ends[i]) and _is_another(words, i)


def _part_of_longer(one: Mention, words: Words) -> bool:
    """Whether a hyphen makes it a piece of another name ("Huggins-Ward")."""
    if one.inside:
        return False
    reading = words.reading
    begun = bool(one.first) and words.written[one.first - 1] in _BEGIN_NAMES
    if begun and reading[words.ends[one.first - 1] : one.start] in ("", "'"):
        return True
    after = reading[one.end : one.end + 2]
    if len(after) == 2 and after[0] == "-" and after[1].isalpha():
        return not words.ends[one.last] - one.end and _is_another(words, one.last + 1)
    before = reading[max(0, one.start - 2) : one.start]
    if one.title or len(before) < 2 or before[1] != "-" or not before[0].isalpha():
        return False
    return _is_another(words, one.first - 1)


def _is_another(words: Words, i: int) -> bool:
    """Whether word `i`, if there is one, is a name and no word hung on with a hyphen ("Smith-bashing")."""
    if not 0 <= i < len(words.written):
        return False
    written = words.written[i]
    if written.startswith(_ECHOES):
        return False
    return is_surname(written) or not is_word(written) or (words.capital(i) and not words.shouted(i))


def of_slips(one: Mention, words: Words) -> list[str]:
    """How far the writing is from the names registered, and what else it may be."""
    evidence = [slip.value for slip in one.slips]
    if len(one.slips) > 1:
        evidence.append("two_slips")
    hidden = Slip.CENSORED in one.slips or Slip.MASKED in one.slips
    if hidden and one.rule == "surname" and not _may_slip_alone(one, words):
        evidence.append("bare_short_slip")
    spelt = {Slip.EDIT, Slip.EDITS, Slip.SOUND, Slip.CUT, Slip.DRAWN, Slip.BLURRED}
    if not spelt & set(one.slips):
        return evidence
    if one.rule in ("surname", "initial_surname", "transposed_initial") and set(one.slips) != {Slip.DRAWN}:
        if not _may_slip_alone(one, words):
            evidence.append("bare_short_slip")
        else:
            evidence.append(
                "bare_slip" if len(one.surname) < _LONG or not words.capital(one.first) else "bare_long_slip"
            )
        if words.written[one.last].startswith(one.surname):
            evidence.append("derived")
    if one.typed and one.typed != one.surname and not _same_clan(one.typed, one.surname):
        evidence += _of_another_surname(one, words)
    slipped = one.typed_given and one.typed_given != one.given and surname_share(one.surname) > _RARE
    if slipped and forename_share(one.typed_given) > _ANOTHER_FORENAME:
        evidence.append("real_forename")
    return evidence


def _of_another_surname(one: Mention, words: Words) -> Iterator[str]:
    """What a surname that is written with a slip may be by itself: other people's name, or a word.

    What hardly anybody bears is rather a slip, if it is one that people make; with more bearers a title alone
    does not tell, and something else must speak for the Person.
    """
    if (one.title or one.given) and _same_surname(one.typed, one.surname):
        return
    cut, usual = Slip.CUT in one.slips, is_usual_slip(one.typed, one.surname)
    share = surname_share(one.typed)
    if share > (_ANOTHER_IF_CUT if cut else _ANOTHER_SURNAME):
        heard = usual and share < _WIDESPREAD and _sound_alike(one)
        yield "real_surname" if one.given else "real_homophone" if heard else "another_surname"
    elif not cut and is_word(one.typed):
        yield "real_word" if one.given else "another_word"
    elif not cut and _in_two_words(one, words):
        yield "another_surname"
    elif cut and not is_surname(one.typed):
        return
    elif share and one.given:
        yield "rare_surname"
    elif share:
        rare = share < max(_RARE_SURNAME, surname_share(one.surname) / _SLIPS_OF_CLERKS)
        rather_a_slip = cut or (rare and usual) or _sound_alike(one)
        yield "seldom_surname" if rather_a_slip else "other_rare_surname"
    elif Slip.EDITS in one.slips and not one.given and one.typed[0] != one.surname[0]:
        yield "begins_otherwise"


def _in_two_words(one: Mention, words: Words) -> bool:
    """Whether a surname is read across a blank where other people's ends ("Mr Howell is" for Mr Howells)."""
    if one.first == one.last or words.gap(one.last - 1) != " ":
        return False
    before, after = words.written[one.last - 1 : one.last + 1]
    return one.typed == before + after and is_word(after) and surname_share(before) > _ANOTHER_SURNAME


def _sound_alike(one: Mention) -> bool:
    """Whether a surname as written sounds as the one registered does: who only heard it writes it so."""
    return bool(one.title) and spoken(one.typed) == spoken(one.surname)


def _may_slip_alone(one: Mention, words: Words) -> bool:
    """Whether a surname by itself may be misspelt: only a long one, and without a capital only a very long
    one, or every odd word of a post would be somebody ("cuppa", "admin")."""
    if Slip.SOUND in one.slips and spoken(one.typed) != spoken(one.surname):
        return (
            len(one.surname) >= 8
            and words.capital(one.first)
            and distance(one.typed, one.surname, most=2) < 3
        )
    return len(one.surname) >= (6 if words.capital(one.first) else 8)


def _same_surname(typed: str, surname: str) -> bool:
    """Whether English letters write one name of another script in both ways ("Chowdhury", "Choudhury")."""
    ways = lexicon().same_surname
    return typed in ways and ways[typed] == ways.get(surname)


def _same_clan(typed: str, surname: str) -> bool:
    """Whether two surnames are the same but for Mac and Mc."""
    return typed.replace("mac", "mc", 1) == surname.replace("mac", "mc", 1)


def _reads_as_words(one: Mention, words: Words, roll: Roll) -> bool:
    """Whether what looks like a name may as well be words ("I miss green tea", "Closed in May")."""
    if one.inside:
        return False
    at = range(one.first, one.last + 1)
    if one.rule == "surname":
        bare = _bare_word(one, words) or _bare_forename(one, words, roll)
        other = _begins_name(one, words) or _of_rank(one, words) or _drawn_out_word(one)
        return (bare and not _vouched_for(one, words, roll)) or other
    if one.rule in _TITLED:
        last = words.written[one.last]
        if (words.written[one.first], last) in lexicon().titled_things:
            return True  # "Dr Pepper"
        if words.capital(one.last) or not is_word(last) or one.title not in ("miss", "sir", "rev"):
            return False
        before = words.written[one.first - 1] if one.first else ""
        return not words.capital(one.first) and (
            before.endswith("s") or last in lexicon().never_bare or one.title != "miss"
        )
    if (
        one.rule == "transposed"
        and one.surname in lexicon().ranks
        and "," not in words.reading[one.start : one.end]
    ):
        return True  # "King Charles"
    if one.slips and one.typed == one.surname and _words_for_names(one):
        return True  # "Mill Lane" is no Millie
    if any(words.capital(i) for i in at):
        return False
    names = [words.written[i] for i in at if len(words.written[i]) > 1]
    if not names or not all(is_word(name) for name in names):
        return False
    return not one.given or one.given in lexicon().verbs_that_are_names or not is_forename(one.given)


def _drawn_out_word(one: Mention) -> bool:
    """Whether a surname by itself is the word it also is, drawn out ("Loooove", "GOOOD")."""
    drawn = one.typed != one.surname and key_of(one.typed) == key_of(one.surname)
    return drawn and is_word(one.surname)


def _words_for_names(one: Mention) -> bool:
    """Whether a forename with a slip is an English word beside another ("Mill Lane" for Millie Lane)."""
    typed = one.typed_given
    slipped = typed != one.given and len(typed) > 1
    return slipped and is_word(typed) and is_word(one.surname) and not is_forename(typed)


def _vouched_for(one: Mention, words: Words, roll: Roll) -> bool:
    """Whether a capital makes a word a name, and the School says that nobody else bears it."""
    capital = words.capital(one.first) and not words.shouted(one.first) and not _begins_sentence(one, words)
    return capital and all(stands_alone(roll.bearer(place)) for place in one.people)


def _begins_sentence(one: Mention, words: Words) -> bool:
    before = words.reading[max(0, one.start - 4) : one.start]
    return not before.strip() or bool(_SENTENCE_ENDS.search(before))


def _bare_word(one: Mention, words: Words) -> bool:
    """Whether a surname by itself is more likely the word it also is."""
    written = words.written[one.first]
    if one.first != one.last:
        return not words.capital(one.first) and all(
            is_word(w) for w in words.written[one.first : one.last + 1]
        )
    if not is_word(written):
        return False
    if written in lexicon().never_bare or not words.capital(one.first) or words.shouted(one.first):
        return True
    begins = _begins_sentence(one, words)
    following = words.written[one.last + 1] if one.last + 1 < len(words.written) else ""
    possessive = words.sign_after(one.last) == "'"
    if (
        one.last + 1 < len(words.written)
        and words.gap(one.last) in (" ", "-")
        and words.capital(one.last + 1)
    ):
        return True
    if begins:  # "Rice and peas" is no more of a name
        return not (possessive or (following in lexicon().after_a_name and following != "and"))
    previous = words.written[one.first - 1] if one.first else ""
    if words.capital(one.first - 1) and len(previous) > 1:
        return True
    return not (possessive or following in lexicon().after_a_name or previous in lexicon().before_a_name)


def _of_rank(one: Mention, words: Words) -> bool:
    """Whether a surname by itself is some lord's ("Lord Burton's ghost")."""
    before = one.first - 1
    return one.first > 0 and words.gap(before) == " " and words.written[before] in lexicon().ranks


def _begins_name(one: Mention, words: Words) -> bool:
    """Whether a surname by itself begins somebody else's full name ("Sharif Zidan's", "Taylor Swift")."""
    i = one.last + 1
    if i >= len(words.written) or words.gap(one.last) != " " or words.ends[one.last] != one.end:
        return False
    following = words.written[i]
    if not words.capital(i) or words.shouted(i) or following in lexicon().after_a_name:
        return False
    return is_surname(following)


def _bare_forename(one: Mention, words: Words, roll: Roll) -> bool:
    """Whether a surname by itself is more likely the forename it also is: somebody here has it, or many."""
    written = words.written[one.first]
    share = forename_share(written)
    if one.first != one.last or share <= max(_IS_FORENAME, surname_share(written) / 2):
        return False
    name = roll.names.get(words.keys[one.first])
    return share > _MANY_HAVE or bool(name and name.forenames)


def of_other_schools(
    one: Mention, words: Words, ours: Sequence[tuple[int, int]], others: Sequence[tuple[int, int]]
) -> list[str]:
    """Whether another school named in the text is the one they belong to: spans of our own terms and of
    other schools, in order."""
    nearest_own = min((_apart(one, span) for span in _beside(one, ours)), default=10_000)
    nearest_other = 10_000
    for span in _beside(one, others):
        if _said_of(one, span, words.reading):
            return ["other_school_said"]
        nearest_other = min(nearest_other, _apart(one, span))
    return ["other_school_near"] if nearest_other < nearest_own else ["other_school"]


def _beside(one: Mention, spans: Sequence[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The last span before a mention and the first after it; `spans` are in order."""
    at = bisect_right(spans, (one.start, one.start))
    return spans[max(0, at - 1) : at + 1]


def _apart(one: Mention, span: tuple[int, int]) -> int:
    return max(span[0] - one.end, one.start - span[1], 0)


_LINK = re.compile(
    r"[\s,(\-]*(?:\w+, )?(?:(?:\w+ ){0,4}?"
    r"(?:who (?:\w+ ){0,3}\w+|runs|coaches|leads|teaches at|head of|over at|at|from|of|@|with|in)\b"
    r"[\s@#]*(?:the )?(?:\w+ ){0,1}|\s*[,(\-]\s*)$"
)
"""What ties a name to the school after it."""


def _said_of(one: Mention, span: tuple[int, int], reading: str) -> bool:
    """ "Miss Hall of Bemrose School", "Bemrose School's Miss Hall", "Miss Hall (Bemrose School)"."""
    if span[0] >= one.end:
        between = reading[one.end : span[0]]
        return len(between) < 60 and bool(_LINK.fullmatch(between))
    between = reading[span[1] : one.start]
    return len(between) < 40 and bool(re.fullmatch(r"(?:'?s)?[\s:\-]*(?:\w+ ){0,3}", between))
