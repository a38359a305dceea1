"""What the claims jointly imply about a quantity that nobody printed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from foistats.claims.assembly import Assembly, assemble
from foistats.claims.bounds import Range, range_of
from foistats.claims.consistent import set_aside
from foistats.claims.measures import ALLOWED, HEADS, SHARES, Measure, measure_of
from foistats.claims.quantities import Amount, quantity_of
from foistats.claims.table import Key
from foistats.claims.tell import cells_in_words, claim_in_words, measured, range_in_words
from foistats.codebooks import ANY, JOIN, Codebook
from foistats.errors import UsageError, did_you_mean

#: What can be kept and what is set aside, by the claims of a group.
Remaining = dict[tuple[str, ...], tuple[list[str], list[str]]]


@dataclass(frozen=True)
class Implied:
    """The range of a quantity over all tables that the claims allow.

    Attributes
    ----------
    low, high : Fraction or None
        None is no limit.
    set_aside : tuple of str
        Claims that were set aside because they conflict with more trusted ones.
    words : str
        The answer in words; names what was set aside.
    """

    low: Fraction | None
    high: Fraction | None
    set_aside: tuple[str, ...]
    words: str


def implied(
    assembly: Assembly,
    conflicts: Sequence[frozenset[str]],
    *,
    force: Sequence[str],
    role: str,
    outcome: str,
    measure: str,
    population: str | None,
    unit: str | None,
    until: float | None,
    memory: Remaining,
) -> Implied:
    """Return the range of a quantity; see `foistats.claims.audit.Audit.bounds`.

    What remains of a group of claims is worked out once, and kept in ``memory``: it does not
    depend on the quantity.
    """
    names = [] if list(force) in ([ANY], [""]) else list(force)
    table = _table(assembly, population, unit)
    meant = _measure(measure)
    _check_words(assembly, names, role, outcome, meant)
    found = assemble(assembly.register, list(assembly.claims.values()), also={table: names})
    universe = found.universes[table]
    quantity = quantity_of(meant, universe.cells(names, role, outcome), universe)
    if quantity is None:
        raise UsageError(f"'{measure}' has no bounds; ask for {ALLOWED}")
    claims = next((group for group in found.groups() if _in(found, group, table)), [])
    if tuple(claims) not in memory:
        memory[tuple(claims)] = set_aside(found, claims, conflicts, until=until)
    kept, aside = memory[tuple(claims)]
    answer = range_of(found.problem(kept, quantity), kept, quantity, until=until)
    study = found.register.study
    said = measured(meant, cells_in_words(study, names, role, outcome), study)
    words = f"{said}: no table has such cases"
    if answer is not None:
        if isinstance(quantity, Amount) and quantity.bottom is None:
            wider = range_of(found.problem(kept, quantity, scale=10), kept, quantity, until=until)
            if wider is None or wider.high != answer.high:
                answer = Range(answer.low, None)
        words = f"{said}: {range_in_words(answer.low, answer.high)}"
    if aside:
        listed = "; ".join(f"{id} ({claim_in_words(found.claims[id], study)})" for id in aside)
        words += f". Set aside, because more trusted claims contradict them: {listed}"
    low, high = (None, None) if answer is None else (answer.low, answer.high)
    return Implied(low, high, tuple(aside), f"{words}.")


def _in(assembly: Assembly, names: Iterable[str], table: Key) -> bool:
    return any(assembly.claims[name].table == table for name in names)


def _table(assembly: Assembly, population: str | None, unit: str | None) -> Key:
    surveys = assembly.register.surveys.set_index("survey")["unit"]
    population = population or assembly.register.study.analysis.survey
    if population not in surveys.index:
        hint = did_you_mean(population, surveys.index)
        raise UsageError(f"no survey '{population}'; there are {', '.join(surveys.index)}{hint}")
    known = [table[1] for table in assembly.universes if table[0] == population]
    own = surveys[population]
    return population, unit or (own if own in known or not known else known[0]) or "case"


def _measure(text: str) -> Measure:
    measure = measure_of(text)
    if measure is None or measure.kind in ("outside", "ratio"):
        raise UsageError(f"no measure '{text}'; there are {ALLOWED}{did_you_mean(text, HEADS)}")
    return measure


def _check_words(
    assembly: Assembly, force: Sequence[str], role: str, outcome: str, measure: Measure
) -> None:
    study = assembly.register.study
    forces = list(assembly.register.forces["force"])
    wanted = [("force", force, forces), *_words("role", role, study.roles)]
    wanted += _words("outcome", outcome, study.outcomes)
    if measure.kind == "share" and measure.words:
        wanted += _words("outcome", measure.words, study.outcomes)
    elif measure.kind == "share_of_role":
        wanted += _words("role", measure.words, study.roles)
    elif measure.kind == SHARES[-1]:
        wanted.append(("force", measure.words.split(JOIN), [*forces, ANY]))
    for kind, found, known in wanted:
        for word in found:
            if word not in known:
                raise UsageError(f"no {kind} '{word}'{did_you_mean(word, known)}")
    kinds = dict(
        zip(assembly.register.forces["force"], assembly.register.forces["kind"], strict=True)
    )
    if measure.kind == "rank" and (len(force) != 1 or kinds[force[0]] != "force"):
        raise UsageError("a rank is of one force")


def _words(kind: str, text: str, book: Codebook) -> list[tuple[str, Sequence[str], list[str]]]:
    return [(kind, text.split(JOIN), list(book.words))]
