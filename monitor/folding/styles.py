"""Letters that are letters only in company: flags, borrowed alphabets, and signs for several letters.

Rare in any feed, so nothing here is done for a batch without such signs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.folding.letters import (
    FLAG,
    FOREIGN,
    LONGEST,
    OTHER,
    SEVERAL,
    STYLED,
    UNSPACED,
    WRITTEN_OUT,
    Codes,
    flags,
)

Places = NDArray[np.intp]


def read_flags(codes: Codes) -> None:
    """Read regional indicators in place: a row of flags as blanks, anything else as letters."""
    places = np.flatnonzero((codes >= FLAG) & (codes < SEVERAL))
    if not places.size:
        return
    letters = codes[places] - FLAG
    begins = np.ones(len(places), dtype=bool)
    begins[1:] = np.diff(places) > 1
    run = np.cumsum(begins) - 1
    odd = (np.arange(len(places)) - np.flatnonzero(begins)[run]) % 2 == 1
    # An indicator is half a flag if it and its partner in the run name one.
    following, before = np.roll(letters, -1), np.roll(letters, 1)
    same_after = np.append(run[1:] == run[:-1], False)
    half = np.where(odd, flags()[before, letters], flags()[letters, following] & same_after)
    spelt = np.bincount(run, weights=~half) > 0
    codes[places] = np.where(spelt[run], letters + np.uint8(ord("a")), np.uint8(ord(" ")))


def read_styles(codes: Codes, latin: NDArray[np.bool_]) -> None:
    """Read borrowed letters in place. `latin` says where an a to z was typed as such.

    In a run of letters with one of ours they are ours, and so are styled ones among themselves; but a run
    with a letter that is plainly of another alphabet is in another language.
    """
    styled = (codes >= STYLED) & (codes < FOREIGN)
    foreign = (codes >= FOREIGN) & (codes < FLAG)
    if not (styled.any() or foreign.any()):
        return
    unspaced = codes == UNSPACED
    plainly_other = (codes == OTHER) | unspaced
    letters = styled | foreign | plainly_other | ((codes >= ord("a")) & (codes <= ord("z")))
    begins = letters.copy()
    begins[1:] &= ~letters[:-1]
    run = np.cumsum(begins)

    def with_any(of: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether the run of each code has one of these."""
        has: NDArray[np.bool_] = (np.bincount(run[of], minlength=int(run[-1]) + 1) > 0)[run]
        return has

    with_latin, with_other = with_any(latin & letters), with_any(plainly_other)
    styled_ours = styled & ~with_other & (with_latin | ~with_any(foreign))
    foreign_ours = foreign & with_latin
    codes[(styled & ~styled_ours) | (foreign & ~foreign_ours)] = OTHER
    codes[styled & with_any(unspaced)] = UNSPACED
    codes[styled_ours] -= STYLED - ord("a")
    codes[foreign_ours] -= FOREIGN - ord("a")


def write_out(codes: Codes) -> tuple[Codes, Places | None]:
    """The codes with each sign for several letters written out, and from where each now comes.

    None when there was none.
    """
    places = np.flatnonzero(codes >= SEVERAL)
    if not places.size:
        return codes, None
    letters, lengths = _written_out()
    which = codes[places] - SEVERAL
    counts = np.ones(len(codes), dtype=np.intp)
    counts[places] = lengths[which]
    sources = np.repeat(np.arange(len(codes)), counts)
    longer = codes[sources]
    now_at = places + np.concatenate(([0], np.cumsum(lengths[which] - 1)[:-1]))
    for step in range(LONGEST):
        there = lengths[which] > step
        longer[now_at[there] + step] = letters[which[there], step]
    return longer, sources


def _written_out() -> tuple[Codes, Places]:
    letters = np.zeros((len(WRITTEN_OUT), LONGEST), dtype=np.uint8)
    for number, word in enumerate(WRITTEN_OUT):
        letters[number, : len(word)] = list(word)
    return letters, np.array([len(word) for word in WRITTEN_OUT], dtype=np.intp)
