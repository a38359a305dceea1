"""What a claim speaks of: the quantity that its measure takes of its cells."""

from __future__ import annotations

from collections.abc import Mapping

from foistats.claims.claim import Claim
from foistats.claims.measures import Measure
from foistats.claims.quantities.terms import Amount, Answers, Few, Linear, Place, Quantity
from foistats.claims.table import Cells, Key, Universe
from foistats.claims.wordings import MAJORITY, PLACES
from foistats.codebooks import ANY, JOIN


def quantity_of(
    measure: Measure, cells: Cells, universe: Universe, *, over: Cells | None = None
) -> Quantity | None:
    """Return what a measure measures of cells; None for what is outside the table.

    Parameters
    ----------
    measure : Measure
    cells : Cells
    universe : Universe
    over : Cells, optional
        The cells of the claim that a ratio divides by.
    """
    if measure.kind in ("count", "ratio"):
        return Amount(Linear.of(cells), Linear.of(over) if over else None)
    if measure.is_share:
        return Amount(Linear.of(cells), Linear.of(_base(measure, cells, universe)), 100)
    if measure.kind == "rank":
        return _place(cells, universe)
    if measure.kind == "answers":
        words = frozenset(measure.words.split(JOIN))
        return Amount(Linear.of(Answers(cells.table, cells.forces, words)))
    if measure.kind == "forces":
        return Amount(_forces(measure, cells, universe))
    return None


def claimed_quantity(
    claim: Claim, claims: Mapping[str, Claim], universes: Mapping[Key, Universe]
) -> Quantity | None:
    """Return the quantity that a claim says something of; None for what is outside the table.

    A place, where it gives one, and a share where it speaks of a majority.
    """
    universe = universes[claim.table]
    cells = universe.cells(claim.force, claim.role, claim.outcome)
    if claim.comparison in PLACES:
        return _place(cells, universe, from_bottom=claim.comparison == "lowest")
    if claim.comparison in MAJORITY and claim.measure.kind == "count":
        return quantity_of(Measure("share"), cells, universe)
    return measured_quantity(claim, claims, universes)


def measured_quantity(
    claim: Claim, claims: Mapping[str, Claim], universes: Mapping[Key, Universe]
) -> Quantity | None:
    """Return what the measure of a claim takes of its cells, whatever the claim says of it."""
    universe = universes[claim.table]
    cells = universe.cells(claim.force, claim.role, claim.outcome)
    over = None
    if claim.measure.kind == "ratio":
        other = claims[claim.measure.words]
        over = universes[other.table].cells(other.force, other.role, other.outcome)
    return quantity_of(claim.measure, cells, universe, over=over)


def _base(measure: Measure, cells: Cells, universe: Universe) -> Cells:
    words = measure.words or ANY
    if measure.kind == "share_of_role":
        return Cells(cells.table, cells.forces, universe.roles.of(words), cells.outcomes)
    if measure.kind == "share_of_force":
        forces = universe.forces_of(words.split(JOIN))
        return Cells(cells.table, forces, cells.roles, cells.outcomes)
    return Cells(cells.table, cells.forces, cells.roles, universe.outcomes.of(words))


def _place(cells: Cells, universe: Universe, *, from_bottom: bool = False) -> Place:
    (force,) = cells.forces
    rivals = (universe.asked & universe.answering) - {force}
    return Place(cells, force, rivals, from_bottom)


def _forces(measure: Measure, cells: Cells, universe: Universe) -> Linear:
    forces = cells.forces & universe.answering
    cells = Cells(cells.table, forces, cells.roles, cells.outcomes)
    if not forces:
        return Linear(())
    up_to = Linear((), len(forces)) if measure.most is None else Linear.of(Few(cells, measure.most))
    if not measure.least:
        return up_to
    return up_to.plus(Linear.of(Few(cells, measure.least - 1)).times(-1))
