"""The claims that remain when the least trusted member of every conflict is set aside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from foistats.claims.assembly import Assembly
from foistats.claims.conflicts import Oracle, shrink


def least_trusted(assembly: Assembly, names: Iterable[str]) -> str:
    """Return the claim to set aside first: the least trusted, of equals the later in the file."""
    claims = (assembly.claims[name] for name in names)
    return min(claims, key=lambda claim: (claim.trust, -claim.row)).id


def set_aside(
    assembly: Assembly,
    names: Sequence[str],
    known: Iterable[frozenset[str]],
    *,
    until: float | None = None,
) -> tuple[list[str], list[str]]:
    """Return which claims can be kept, and which are set aside.

    Conflicts are taken in order; one that an earlier choice already ended costs no claim.

    Parameters
    ----------
    assembly : Assembly
    names : sequence of str
        Claims of one group.
    known : iterable of frozenset of str
        Minimal conflicting sets found before, smallest first; others are looked for.
    until : float, optional
        The moment (`time.monotonic`) to give up.

    Returns
    -------
    kept, aside : list of str
    """
    kept, aside = list(names), []
    for conflict in known:
        if conflict <= set(kept):
            aside.append(least_trusted(assembly, conflict))
            kept.remove(aside[-1])
    oracle = Oracle(assembly.problem(names), until)
    while not oracle.possible(kept):
        core = oracle.core(kept)
        conflict = frozenset(shrink([name for name in kept if name in core], oracle.possible))
        aside.append(least_trusted(assembly, conflict))
        kept.remove(aside[-1])
    return kept, aside
