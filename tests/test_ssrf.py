"""No page, feed, redirect or name leads to a machine inside: proved by machines that saw nobody come.

Each attempt of `tests.private_cases` has a server of its own that counts connections, requests and
datagrams. It is made by the product as it is, where nothing may arrive, and by the product with
`allow_private` naming everything, where it must: an attempt that never arrives proves nothing. What
another of our defences stops first is shown to arrive in a Chromium without any.
"""

from __future__ import annotations

import ipaddress
import re

import pytest

from monitor.browser.egress import PRIVATE, refusal
from monitor.outbound import own_addresses
from tests.private_cases import CASES, Case, Way
from tests.private_targets import SITE, Guard, Round, play

EVERY = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def rounds() -> dict[Guard, Round]:
    """All cases, once by each guard."""
    return play()


@pytest.fixture(scope="module")
def shut(rounds: dict[Guard, Round]) -> Round:
    """What the targets saw of the product as it is."""
    return rounds[Guard.SHUT]


def skip_what_needs_a_namespace(case: Case, found: Round) -> None:
    """Most addresses inside are not on this machine, unless it can have a network of its own."""
    if case.fenced and not found.fenced:
        pytest.skip("this system gives no network namespace, so nothing answers at that address")


@EVERY
def test_no_attempt_reaches_a_machine_inside(case: Case, shut: Round) -> None:
    """Not one connection, request or datagram."""
    skip_what_needs_a_namespace(case, shut)
    assert [] == shut.seen.get(case.number, [])


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.never and not case.stopped], ids=lambda case: case.name
)
def test_the_same_attempt_arrives_when_everything_is_allowed(case: Case, rounds: dict[Guard, Round]) -> None:
    """Else its silence would be idle, not a refusal."""
    skip_what_needs_a_namespace(case, rounds[Guard.OPEN])
    assert rounds[Guard.OPEN].seen.get(case.number), (
        "the attempt is idle: mend it, or say why it never arrives"
    )


@pytest.mark.parametrize("case", [case for case in CASES if case.stopped], ids=lambda case: case.name)
def test_what_another_defence_stops_arrives_without_it(case: Case, rounds: dict[Guard, Round]) -> None:
    """WebRTC, preconnections, video: a Chromium without our switches, gate and proxy does go there."""
    if Guard.NONE not in rounds:
        pytest.skip("this system gives no network namespace, so such a browser cannot be let loose")
    assert rounds[Guard.NONE].seen.get(case.number), (
        "the attempt is idle: mend it, or say why it never arrives"
    )


def test_nothing_else_leaves_either(rounds: dict[Guard, Round]) -> None:
    """Of every connection and datagram in the namespace, none went anywhere but to the site, the
    browser's own proxy and the DNS: whatever the port, and also what no case thought of."""
    if not rounds[Guard.SHUT].fenced:
        pytest.skip("this system gives no network namespace to listen in")
    assert [] == rounds[Guard.SHUT].strays
    assert len(rounds[Guard.OPEN].strays) > 100


def test_a_name_that_changes_its_answer_is_judged_each_time(shut: Round) -> None:
    """A real DNS server gave the site first and the target after that; each page came from the site and
    was refused at its second look-up."""
    bound = [case for case in CASES if "rebinding" in case.name or "bound anew" in case.name]
    for case in bound:
        name = f"c{case.number}.rebind.example"
        assert shut.asked[name] >= 2
        if case.way is Way.FETCH:
            assert ["answered 200", "OutboundRefused"] == shut.said[case.number]
        else:
            assert any(line.startswith(f"{name}:") and "private" in line for line in shut.blocked)


def test_this_machine_under_a_public_address_is_inside_as_well() -> None:
    """What listens here behind a firewall must not be reached by the way round; unless it is named."""
    assert ipaddress.ip_address("127.0.0.1") in own_addresses()
    public = "93.184.215.14"
    own = {ipaddress.ip_address(public)}
    assert refusal("site.example", 80, addresses=(public,), allow_private=()) is None
    assert PRIVATE == refusal("site.example", 80, addresses=(public,), allow_private=(), own=own)
    assert refusal("site.example", 80, addresses=(public,), allow_private=("site.example",), own=own) is None


def test_the_proxy_does_not_lead_to_itself(shut: Round) -> None:
    """Its own port is an address on loopback like any other."""
    assert f"127.0.0.1:{shut.own_port} the address is private" in shut.blocked


def test_no_capture_ends_inside(shut: Round) -> None:
    """Who was led away says no other address than the site's, or none."""
    led = [visit for visit in shut.visits if "/all/" not in visit[0]]
    assert len(led) >= 10
    for url, _outcome, final in led:
        assert not final or SITE in final or re.search(r"rebind\.example(:\d+)?/jump/", final), url
    assert any(outcome == "failed" for _url, outcome, _final in led)
