"""A universe small enough to go through every table of it."""

import itertools

from foistats.claims.table import Cells, Universe
from foistats.claims.vocabulary import kinds_of
from foistats.codebooks import Codebook, Level

TABLE = ("survey", "case")
FORCES = ("Ash", "Beech", "Cedar")
OUTCOMES = ("kept", "left")


def kinds(words):
    book = Codebook("words", "", tuple(Level(word, "") for word in words), ())
    return kinds_of(book, unplaced=False)


def universe(forces=FORCES, outcomes=OUTCOMES, silent=()):
    return Universe(
        table=TABLE,
        forces=tuple(forces),
        asked=frozenset(forces),
        silent=frozenset(silent),
        roles=kinds(["officer"]),
        outcomes=kinds(outcomes),
        members={force: frozenset({force}) for force in forces},
    )


def cells(force="any", outcome="any"):
    """The cells of forces and outcomes, several joined by ``|``."""
    forces = FORCES if force == "any" else force.split("|")
    outcomes = OUTCOMES if outcome == "any" else outcome.split("|")
    return Cells(TABLE, frozenset(forces), frozenset({"officer"}), frozenset(outcomes))


def single_cells():
    return [cells(force, outcome) for force, outcome in itertools.product(FORCES, OUTCOMES)]


def tables(most):
    """Every table with cells up to a count: numbers by force and outcome."""
    keys = list(itertools.product(FORCES, OUTCOMES))
    for numbers in itertools.product(range(most + 1), repeat=len(keys)):
        yield dict(zip(keys, numbers, strict=True))


def count(table, some):
    return sum(n for (f, o), n in table.items() if f in some.forces and o in some.outcomes)


def places(table, place):
    """The places that a force shares, by going through its rivals."""
    sign = -1 if place.from_bottom else 1
    own = sign * count(table, place.cells)
    rivals = [sign * count(table, place.cells.of_force(rival)) for rival in place.rivals]
    first = 1 + sum(n > own for n in rivals)
    return range(first, 1 + sum(n >= own for n in rivals) + 1)
