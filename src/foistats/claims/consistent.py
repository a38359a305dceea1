"""The claims that remain when the least trusted ones that conflict with others are set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from foistats.claims.assembly import Assembly
from foistats.claims.claim import Claim
from foistats.claims.conflicts import Oracle, shrink


def least_trusted(assembly: Assembly, names: Iterable[str]) -> str:
    """Return the claim to set aside first: the least trusted, of equals the later in the file."""
    return max((assembly.claims[name] for name in names), key=_rank).id


def set_aside(
    assembly: Assembly,
    names: Sequence[str],
    known: Iterable[frozenset[str]],
    *,
    until: float | None = None,
) -> tuple[list[str], list[str]]:
    """Return which claims can be kept, and which are set aside.

    Claims are taken from the most trusted to the least; one that cannot be true together with
    those kept before is set aside. So in every conflict the least trusted member that would
    complete it goes, and none goes for a claim that goes itself.

    Parameters
    ----------
    assembly : Assembly
    names : sequence of str
        Claims of one group.
    known : iterable of frozenset of str
        Conflicting sets found before; others are looked for.
    until : float, optional
        The moment (`time.monotonic`) to give up.

    Returns
    -------
    kept, aside : list of str
        In the order of the claims; aside: the most trusted first.
    """
    order = sorted(names, key=lambda name: _rank(assembly.claims[name]))
    conflicts = list(known)
    oracle = Oracle(assembly.problem(names), until)
    while True:
        kept, aside = _taken(order, conflicts)
        if oracle.possible(kept):
            return [name for name in names if name in set(kept)], aside
        conflicts.append(frozenset(shrink(kept, oracle.possible)))


def _rank(claim: Claim) -> tuple[int, int]:
    """Return what orders claims from the most trusted on; of equals the earlier in the file."""
    return -claim.trust, claim.row


def _taken(
    order: Iterable[str], conflicts: Sequence[frozenset[str]]
) -> tuple[list[str], list[str]]:
    """Return the claims that complete no known conflict with earlier ones, and the others."""
    kept: list[str] = []
    aside: list[str] = []
    for name in order:
        completes = any(name in some and some <= {*kept, name} for some in conflicts)
        (aside if completes else kept).append(name)
    return kept, aside
