"""The arithmetic behind a verdict, in words: which statements of the register were summed."""

from __future__ import annotations

from collections.abc import Sequence

from foistats.claims.printed import Printed, Statement
from foistats.claims.quantities import Answers, Few, Place, Quantity
from foistats.claims.table import Cells
from foistats.describe import number
from foistats.layout import TABLED, UNLIMITED

#: So many statements are listed one by one.
LISTED = 8


def arithmetic(printed: Printed, quantity: Quantity) -> str:
    """Say which statements a quantity rests on.

    Examples of what it returns: ``Ash 55 (S1)``; ``Ash 23 (S1) + Beech 35 (S1) = 58; nothing
    printed for 2 more``.
    """
    if isinstance(quantity, Place):
        return _of_place(printed, quantity)
    parts = [_of_sum(printed, atom) for atom, _ in quantity.top.terms]
    if quantity.bottom is not None:
        base = " and ".join(_of_sum(printed, atom) for atom, _ in quantity.bottom.terms)
        return f"part: {' and '.join(parts)}; base: {base}"
    return " and ".join(parts) or "no force is meant"


def _of_sum(printed: Printed, atom: Cells | Few | Answers) -> str:
    if isinstance(atom, Cells):
        return _of_cells(printed, atom)
    if isinstance(atom, Few):
        return _of_few(printed, atom)
    return "the answers recorded in asked.csv"


def _of_cells(printed: Printed, cells: Cells) -> str:
    whole = [s for s in printed.statements if s.cells == cells and s.part == "total"]
    whole += [s for s in printed.statements if s.cells == cells and s.part != "total"]
    if whole and (len(cells.forces) > 1 or whole[0].part == "total"):
        said = _said(whole[:1])
        return said if len(cells.forces) == 1 else f"{said}; by force: {_by_force(printed, cells)}"
    return _by_force(printed, cells)


def _by_force(printed: Printed, cells: Cells) -> str:
    used: list[Statement] = []
    without = []
    for force in sorted(cells.forces & printed.universe.answering):
        found = _inside(printed, cells.of_force(force))
        used += found
        if not found:
            without.append(force)
    missing = f"nothing printed for {_named(without)}" if without else ""
    if not used:
        return missing or "no force is meant"
    return f"{_said(used)}; {missing}" if missing else _said(used)


def _inside(printed: Printed, cells: Cells) -> list[Statement]:
    """Return statements of a force that lie in the cells and share no case, the most telling."""
    about = [s for s in printed.statements if s.cells.forces == cells.forces and s.low]
    inside = [
        s for s in about if s.cells.roles <= cells.roles and s.cells.outcomes <= cells.outcomes
    ]
    for statement in inside:
        if statement.part == "total":
            return [statement]
    tables: dict[tuple[str, str], list[Statement]] = {}
    for statement in inside:
        key = statement.table if statement.part in TABLED else statement.id
        tables.setdefault((statement.group, key), []).append(statement)
    return max(tables.values(), key=lambda some: sum(s.low for s in some), default=[])


def _said(statements: Sequence[Statement]) -> str:
    parts = [f"{s.force} {_number(s)} ({s.source})" for s in statements]
    if len(parts) == 1:
        return parts[0]
    if len(parts) > LISTED:
        parts = [f"{len(parts)} statements of {len({s.force for s in statements})} areas"]
    low = sum(s.low for s in statements)
    highs = [s.high for s in statements]
    high = UNLIMITED if None in highs else sum(h for h in highs if h is not None)
    return f"{' + '.join(parts)} = {number(low, high)}"


def _number(statement: Statement) -> str:
    return number(statement.low, UNLIMITED if statement.high is None else statement.high)


def _named(forces: Sequence[str]) -> str:
    return ", ".join(forces) if len(forces) <= 3 else f"{len(forces)} forces"


def _of_few(printed: Printed, few: Few) -> str:
    known, partly, without = [], [], []
    for force in sorted(few.cells.forces):
        found = _inside(printed, few.cells.of_force(force))
        if not found:
            without.append(force)
        elif not all(s.whole and s.part in ("total", *TABLED) for s in found):
            partly.append(force)
        elif sum(s.low for s in found) <= few.most:
            known += found
    listed = ", ".join(f"{s.force} {_number(s)} ({s.source})" for s in known)
    said = [f"at most {few.most}: {listed or 'none known'}"]
    said += [f"only a part printed for {_named(partly)}"] if partly else []
    said += [f"nothing printed for {_named(without)}"] if without else []
    return "; ".join(said)


def _of_place(printed: Printed, place: Place) -> str:
    own = _inside(printed, place.cells)
    if not own:
        return f"nothing printed for {place.force}"
    mine = sum(s.low for s in own)
    ahead, without = [], []
    for rival in sorted(place.rivals):
        found = _inside(printed, place.cells.of_force(rival))
        least = sum(s.low for s in found)
        if not found:
            without.append(rival)
        elif (least < mine) if place.from_bottom else (least > mine):
            ahead += found
    order = "fewer" if place.from_bottom else "more"
    listed = ", ".join(f"{s.force} {_number(s)} ({s.source})" for s in ahead) or "none known"
    said = f"{_said(own)}; {order}: {listed}"
    return f"{said}; nothing printed for {_named(without)}" if without else said
