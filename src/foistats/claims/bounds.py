"""The least and the greatest value of a quantity over all tables that satisfy requirements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from foistats.claims.evaluation import Evaluation
from foistats.claims.problem import Problem
from foistats.claims.quantities import Amount, Linear, Place, Quantity, Sum
from foistats.claims.rows import Row, row_of


@dataclass(frozen=True)
class Range:
    """The least and the greatest value; None is no limit."""

    low: Fraction | None
    high: Fraction | None


def range_of(
    problem: Problem, names: Iterable[str], quantity: Quantity, *, until: float | None = None
) -> Range | None:
    """Return the range of a quantity over the tables that satisfy some requirements.

    Both ends are reached by a table. Of a percentage, tables without a base are left aside.

    Parameters
    ----------
    problem : Problem
        Made with this quantity among those it may be asked for.
    names : iterable of str
    quantity : Quantity
    until : float, optional
        The moment (`time.monotonic`) to give up.

    Returns
    -------
    Range or None
        None if no table satisfies the requirements.

    Raises
    ------
    UnsettledError
        If the moment came first.
    """
    names = list(names)
    ends: list[Fraction] = []
    end: Fraction | int | None
    for sign in (1, -1):
        if isinstance(quantity, Place):
            end = last_place(problem, names, quantity, greatest=sign < 0, until=until)
        elif quantity.bottom is None:
            end = _extreme(problem, names, quantity.top, sign, until)
        else:
            end = _extreme_share(problem, names, quantity, sign, until)
        if end is None:
            return None
        ends.append(Fraction(end))
    return Range(ends[0], ends[1])


def last_place(
    problem: Problem,
    names: Sequence[str],
    place: Place,
    *,
    greatest: bool,
    level: bool | None = None,
    until: float | None = None,
) -> int | None:
    """Return the least or greatest place that a force can have.

    Parameters
    ----------
    greatest : bool
        Whether the greatest is asked for.
    level : bool, optional
        Whether the last of the places is meant that a force shares with its equals, or the first;
        by default the last if the greatest is asked for.
    """
    if not problem.unknowns.answered(place):
        return None
    level = greatest if level is None else level
    switches, rows = problem.unknowns.ahead(place, level=level, forced=not greatest)
    if not switches:
        return 1
    sign = -1 if greatest else 1
    objective = row_of([(switch, sign) for switch in switches], None, None)
    found = problem.solve(names, also=rows, objective=objective, until=until)
    return None if found is None else 1 + sign * objective.value(found.values)


def _extreme(
    problem: Problem,
    names: Sequence[str],
    linear: Linear,
    sign: int,
    until: float | None,
    also: Sequence[Row] = (),
) -> int | None:
    rows = [*problem.unknowns.definitions(linear), *also]
    objective = row_of(problem.unknowns.terms_of(linear.times(sign)), None, None)
    found = problem.solve(names, also=rows, objective=objective, until=until)
    if found is None:
        return None
    return linear.constant + sign * objective.value(found.values)


def _extreme_share(
    problem: Problem, names: Sequence[str], amount: Amount, sign: int, until: float | None
) -> Fraction | None:
    """Return the least or greatest ratio of two sums, by Dinkelbach's iteration.

    From a table with ratio p/q, the next one minimises q times the top less p times the bottom;
    when that cannot be below zero, p/q is the least ratio. All in whole numbers.

    Source: Dinkelbach, *On nonlinear fractional programming*, Management Science 13 (1967) 492-498.
    """
    bottom = amount.bottom or Linear((), 1)
    some = problem.unknowns.rows_of(Sum(bottom, 1, None))
    some += problem.unknowns.definitions(amount.top)
    start = problem.solve(names, also=some, until=until)
    if start is None:
        return None
    top, base = (_value(problem, linear, start.values) for linear in (amount.top, bottom))
    while True:
        gap = amount.top.times(base).plus(bottom.times(-top))
        objective = row_of(problem.unknowns.terms_of(gap.times(sign)), None, None)
        found = problem.solve(names, also=some, objective=objective, until=until)
        if found is None or objective.value(found.values) + sign * gap.constant >= 0:
            return amount.factor * Fraction(top, base)
        top, base = (_value(problem, linear, found.values) for linear in (amount.top, bottom))


def _value(problem: Problem, linear: Linear, values: object) -> int:
    return Evaluation(problem.unknowns, values).linear(linear)  # type: ignore[arg-type]
