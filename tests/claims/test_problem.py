"""Whether requirements can hold together, and the least of a sum, against every small table."""

import importlib.util
import itertools
import random
import time
from pathlib import Path

import numpy as np
import pytest

from foistats.claims.evaluation import Evaluation
from foistats.claims.problem import Problem, UnsettledError
from foistats.claims.problem.system import system_of
from foistats.claims.quantities import Few, Linear, Place, Placed, Sum
from foistats.claims.rows import Unknowns, row_of

SPEC = importlib.util.spec_from_file_location("tiny", Path(__file__).with_name("tiny.py"))
tiny = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(tiny)

MOST = 2
TABLES = list(tiny.tables(MOST))
TARGET = Linear(((tiny.cells("Ash|Beech", "left"), 2), (tiny.cells("Cedar"), -1)))
CELLS = {f"cell{n}": (Sum(Linear.of(some), 0, MOST),) for n, some in enumerate(tiny.single_cells())}


def random_requirement(rng):
    some = tiny.cells(
        rng.choice(["any", "Ash", "Beech", "Ash|Cedar"]), rng.choice(["any", *tiny.OUTCOMES])
    )
    low = rng.randint(0, 4)
    kind = rng.choice(["sum", "gap", "few", "place", "place"])
    if kind == "sum":
        return Sum(Linear.of(some), low, low + rng.randint(0, 2))
    if kind == "gap":
        return Sum(Linear(((some, 1), (tiny.cells("Beech"), -2)), 1), rng.choice([None, 0, 1]), 2)
    if kind == "few":
        return Sum(Linear.of(Few(tiny.cells(outcome="left"), rng.randint(0, 2))), low % 3, 2)
    force = rng.choice(tiny.FORCES)
    rivals = frozenset(tiny.FORCES) - {force}
    place = Place(tiny.cells(force), force, rivals, rng.random() < 0.3)
    first = rng.randint(1, 3)
    return Placed(place, first, rng.choice([first, None]), rng.random() < 0.5)


def true(requirement, table):
    """Whether a table satisfies a requirement, by the words of its definition."""
    if isinstance(requirement, Placed):
        low, high = requirement.low, requirement.high or 3
        inside = [low <= n <= high for n in tiny.places(table, requirement.place)]
        return all(inside) if requirement.strict else any(inside)
    number = requirement.linear.constant
    for atom, times in requirement.linear.terms:
        if isinstance(atom, Few):
            forces = sorted(atom.cells.forces)
            counts = [tiny.count(table, atom.cells.of_force(force)) for force in forces]
            number += times * sum(n <= atom.most for n in counts)
        else:
            number += times * tiny.count(table, atom)
    low, high = requirement.low, requirement.high
    return (low is None or number >= low) and (high is None or number <= high)


def problem_of(named):
    """A problem whose cells hold two cases at most."""
    named = {**named, **CELLS}
    needed = [one for some in named.values() for one in some]
    unknowns = Unknowns({tiny.TABLE: tiny.universe()}, [*needed, Sum(TARGET)], most=50)
    return Problem(unknowns, named)


def random_problem(seed):
    rng = random.Random(seed)
    return {f"n{n}": (random_requirement(rng),) for n in range(4)}


def table_of(problem, solution):
    seen = Evaluation(problem.unknowns, solution.values)
    keys = itertools.product(tiny.FORCES, tiny.OUTCOMES)
    return {key: seen.atom(tiny.cells(*key)) for key in keys}


@pytest.mark.parametrize("seed", range(25))
def test_against_every_table(seed):
    named = random_problem(seed)
    problem = problem_of(named)
    held = [t for t in TABLES if all(true(one, t) for some in named.values() for one in some)]
    names = list(problem.named)
    objective = row_of(problem.unknowns.terms_of(TARGET), None, None)
    solutions = [
        problem.solve(names),
        problem.part(names).solve(names),
        problem.solve(names, presolve=False),
        problem.solve(names, objective=objective),
    ]
    if not held:
        assert solutions == [None] * 4
        assert not problem.refuted(names) or problem.core(names) <= set(names)
        return
    assert None not in solutions
    assert not problem.refuted(names)
    for solution in (solutions[0], *solutions[2:]):
        assert table_of(problem, solution) in held
        assert problem.holding(solution) == set(names)
    ash, cedar = tiny.cells("Ash|Beech", "left"), tiny.cells("Cedar")
    least = min(2 * tiny.count(t, ash) - tiny.count(t, cedar) for t in held)
    assert objective.value(solutions[3].values) == least


@pytest.mark.parametrize("seed", range(25))
def test_what_holds_is_what_is_true(seed):
    """Names that were not asked for hold just where they are true of the solution's table."""
    named = random_problem(seed)
    problem = problem_of(named)
    solution = problem.solve(list(CELLS))
    table = table_of(problem, solution)
    found = problem.holding(solution) - CELLS.keys()
    assert found == {name for name, some in named.items() if all(true(one, table) for one in some)}


@pytest.mark.parametrize("seed", range(40))
def test_a_core_is_impossible_without_the_rest(seed):
    named = random_problem(100 + seed)
    problem = problem_of(named)
    names = list(problem.named)
    if problem.solve(names) is None:
        core = problem.core(names)
        asked = [one for name in core for one in problem.named[name]]
        assert not any(all(true(one, t) for one in asked) for t in TABLES)
    for name in names:
        assert problem.solve([name]) is not None or problem.core([name]) == {name}


def test_bounds_follow_row_by_row():
    ash, beech = tiny.cells("Ash"), tiny.cells("Beech")
    both = Linear(((ash, 1), (beech, 1)))
    named = {"both": (Sum(both, 9, 10),), "ash": (Sum(Linear.of(ash), 7, None),)}
    unknowns = Unknowns(
        {tiny.TABLE: tiny.universe()}, [r for n in named.values() for r in n], most=50
    )
    problem = Problem(unknowns, named)
    box = problem.box(named)
    (of_ash,), (of_beech,) = unknowns.columns_of(ash), unknowns.columns_of(beech)
    assert (box.low[of_ash], box.high[of_ash]) == (7, 10)
    assert (box.low[of_beech], box.high[of_beech]) == (0, 3)


def test_a_clash_names_what_it_rests_on():
    named = {
        "ash": (Sum(Linear.of(tiny.cells("Ash")), 6, None),),
        "total": (Sum(Linear.of(tiny.cells("Ash|Beech")), None, 5),),
        "cedar": (Sum(Linear.of(tiny.cells("Cedar")), 1, 1),),
    }
    unknowns = Unknowns(
        {tiny.TABLE: tiny.universe()}, [r for n in named.values() for r in n], most=50
    )
    problem = Problem(unknowns, named)
    assert problem.refuted(named)
    assert problem.core(named) == {"ash", "total"}
    assert problem.box(named) is None
    assert not problem.refuted(["ash", "cedar"])


def test_direct_pairs_put_one_sum_into_ranges_apart():
    ash, beech = Linear.of(tiny.cells("Ash")), Linear.of(tiny.cells("Beech"))
    named = {
        "a": (Sum(ash, 3, 3),),
        "b": (Sum(ash, 4, None),),
        "c": (Sum(ash, None, 3),),
        "d": (Sum(beech, 9, 9),),
        "e": (Sum(ash.plus(Linear((), 2)), 5, 5),),
    }
    unknowns = Unknowns(
        {tiny.TABLE: tiny.universe()}, [r for n in named.values() for r in n], most=50
    )
    pairs = Problem(unknowns, named).direct(list(named))
    assert {frozenset(pair) for pair in pairs} == {
        frozenset("ab"),
        frozenset("bc"),
        frozenset("be"),
    }


def test_rows_of_one_definition_are_of_all_names_that_use_it():
    few = Linear.of(Few(tiny.cells(), 1))
    named = {"one": (Sum(few, 1, 1),), "other": (Sum(few, 2, 2),)}
    unknowns = Unknowns({tiny.TABLE: tiny.universe()}, [Sum(few)], most=5)
    problem = Problem(unknowns, named)
    own = [row for row in problem.all_rows(["one", "other"]) if len(problem.owners(row)) == 1]
    assert [problem.owners(row) for row in own] == [["one"], ["other"]]
    assert problem.behind(own) == {"one", "other"}
    shared = [row for row in problem.rows("one") if row not in own]
    assert shared
    assert problem.behind(shared) == set()


def test_out_of_time_is_an_error():
    problem = problem_of({"n": (Sum(TARGET, 1, 1),)})
    with pytest.raises(UnsettledError, match="not settled in the time given"):
        problem.solve(list(problem.named), until=time.monotonic() - 1)


def test_a_solution_known_before_is_given_where_none_can_be_cheaper(monkeypatch):
    problem = problem_of({"n": (Sum(Linear.of(tiny.cells("Ash")), 0, 4),)})
    names = list(problem.named)
    target = Linear.of(tiny.cells("Ash", "left"))
    cheap = row_of(problem.unknowns.terms_of(target), None, None)
    dear = row_of(problem.unknowns.terms_of(target.times(-1)), None, None)
    assert dear.value(problem.solve(names, objective=dear).values) == -2
    monkeypatch.setattr("foistats.claims.problem.solver.settle_pieces", None)
    assert dear.value(problem.solve(names, objective=dear).values) == -2
    with pytest.raises(TypeError):
        problem.solve(names, objective=cheap)


def test_broken_rows_are_told_exactly_however_large():
    unknowns = Unknowns({tiny.TABLE: tiny.universe()}, [Sum(Linear.of(tiny.cells("Ash")))], most=1)
    large = 2**60
    rows = [row_of([(0, large)], large, None), row_of([(0, 1)], None, 1), row_of([], 0, 0)]
    system = system_of(rows, unknowns)
    assert system.broken(np.array([1], dtype=object)) == []
    assert system.broken(np.array([2], dtype=object)) == [rows[1]]
    exact = [row_of([(0, large + 1)], large + 1, large + 1)]
    assert system_of(exact, unknowns).broken(np.array([1], dtype=object)) == []
