"""What the name lists know of the country, and what they take for a word."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import resources

import pytest

from monitor.matching.names import forename_share, is_forename, is_surname, is_word, surname_share


def test_a_widespread_surname_outweighs_a_rare_one() -> None:
    """Shares rank names as anyone in Britain would, whatever background they come from."""
    in_order = ("smith", "patel", "okafor", "womersley")

    shares = [surname_share(name) for name in in_order]

    assert sorted(shares, reverse=True) == shares
    assert all(0 < share < 0.02 for share in shares)
    assert 0.0 == surname_share("qzxvk")


def test_surnames_of_every_background_are_known() -> None:
    """Nobody's name is taken for a slip of somebody else's because of where it comes from (Equality Act)."""
    names = """hughes llewellyn macdonald osullivan nowak kowalska popescu kaur patel hussain begum chowdhury
        adebayo okonkwo mensah abdi warsame alhassan wong zhang yilmaz ozturk pinnock gayle"""

    assert [] == [name for name in names.split() if not is_surname(name)]


def test_forenames_of_every_background_are_known() -> None:
    """The same promise for forenames."""
    names = """rhys niamh hamish agnieszka mateusz ionut andreea gurpreet harpreet hetal muhammad ayesha
        fatema tolulope chidinma kwame ayaan hodan youssef xin elif tyrone"""

    assert [] == [name for name in names.split() if not (is_forename(name) and forename_share(name) < 0.02)]


@pytest.mark.parametrize(
    ("written", "registered"), [("warden", "worden"), ("symonds", "simmonds"), ("clark", "clarke")]
)
def test_a_near_miss_that_is_a_name_itself_can_be_told_from_a_slip(written: str, registered: str) -> None:
    """Both are known surnames, so the one is not a misspelling of the other."""
    assert is_surname(written)
    assert is_surname(registered)
    assert not is_surname("clarkw")


def test_ordinary_words_are_words_even_where_they_are_names() -> None:
    """What anyone writes without a capital is a word, dictionary or class chat."""
    words = "bishop cook summers young green may miss gardening teachers dont colour gonna innit smh ur"

    assert [] == [word for word in words.split() if not is_word(word)]


def test_what_is_only_a_name_is_no_word() -> None:
    """A name in lower case still reads as a name."""
    names = "womersley patel khan harry begum oluwaseun agnieszka littleover"

    assert [] == [name for name in names.split() if is_word(name)]


def test_every_key_is_what_folding_makes_of_it() -> None:
    """Nothing is listed that no look-up could ever ask for."""
    folder = resources.files("monitor.matching")
    for name in ("surnames.csv", "forenames.csv", "words.csv"):
        lines = [line for line in folder.joinpath(name).read_text("utf-8").splitlines() if line[0] != "#"]
        assert all(re.fullmatch(r"(?:[\d.e-]+,)?[a-z]+(?: [a-z]+)*", line) for line in lines)


def test_the_lists_are_small_in_memory() -> None:
    """A register is compiled beside them on a small machine, so they may take 15 MB and no more."""
    asked = (
        "import resource, monitor.matching.names as n;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "n.is_word('a'), n.is_surname('a'), n.is_forename('a');"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )

    grown_kb = int(subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True).stdout)

    assert grown_kb < 15_000


@pytest.mark.parametrize(
    "family",
    [
        "simmonds symonds simonds simmons simons symons",
        "stewart stuart",
        "reid read reed reade",
        "davis davies",
        "phillips philips",
        "mathews matthews",
        "thomson thompson",
        "johnston johnson johnstone",
        "macdonald mcdonald",
        "haworth howarth",
        "hussain hussein husain",
        "ahmed ahmad",
        "shaikh sheikh",
        "chaudhry choudhury chowdhury",
        "oladele oladipo",
    ],
)
def test_names_a_letter_or_two_apart_are_all_borne_by_many(family: str) -> None:
    """Whoever writes one of them means it, so each is too widespread to be a slip of its neighbour."""
    assert [] == [name for name in family.split() if surname_share(name) <= 3e-5]


def test_the_british_share_counts_where_the_american_census_knows_fewer() -> None:
    """What is usual in Britain and rare in America is no rare name."""
    assert all(surname_share(name) > 3e-5 for name in ("simmonds", "varney", "eastwood", "heald"))
    assert surname_share("eastwood") > surname_share("womersley")


def test_a_slip_of_a_usual_name_is_not_a_name() -> None:
    """The lists hold what people are called, not how it is misspelt."""
    slips = "womersly simmmonds thompsn willaims hussian chowdhruy"

    assert [] == [slip for slip in slips.split() if is_surname(slip)]
