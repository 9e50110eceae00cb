"""Text and Register in, Matches out: pure, compiled once, scanned many times (DESIGN.md).

The search for names happens here, on this machine, after collection; no name ever leaves (promise 1).
A compiled Matcher is personal data: keep it in memory and compile anew when the Register changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from monitor.matching.judgement import rule_in_words
from monitor.matching.matcher import Matcher, compile_matcher
from monitor.matching.people import read_people
from monitor.matching.trust import Schools
from monitor.model import Person, PersonMatch, SchoolTerms

__all__ = ["Matcher", "Schools", "compile", "explains", "read_people", "rule_in_words"]


def compile(register: Sequence[Person], terms: SchoolTerms) -> Matcher:
    """Compile a Register and the School's own terms into a Matcher."""
    return compile_matcher(register, terms)


def explains(matcher: Matcher, text: str, match: PersonMatch) -> bool:
    """Whether the rule that a match cites fits the very words it cites, by themselves. Rule: R42."""
    return matcher.explains(text, match)
