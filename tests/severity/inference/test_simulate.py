"""Simulated counts: their expectation, the forms they are printed in, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from foistats.errors import UsageError
from foistats.severity.groups.case_groups import CaseGroup, Cell
from foistats.severity.inference.simulate import Simulator, cell_forms, simulate, with_observations
from foistats.severity.model import CumulativeLinkModel

LADDER = ("none", "advice", "warning", "left")
SHARES = {"officer": 0.7, "staff": 0.2, "special": 0.1}


def cell(roles, rungs, low, high=None):
    split = frozenset(rungs.split("|")) if rungs else frozenset()
    return Cell(frozenset(roles.split("|")), split, low, low if high is None else high)


ANYBODY = "officer|staff|special"
ANYTHING = "none|advice|warning|left"


def two_margins(force, roles, rungs):
    """A group with its roles in one table and its outcomes in another."""
    return CaseGroup(
        f"margins of {force}",
        force,
        (
            tuple(cell(role, ANYTHING, n) for role, n in roles.items()),
            tuple(cell(ANYBODY, rung, n) for rung, n in rungs.items()),
        ),
    )


GROUPS = [
    CaseGroup(
        "in full",
        "a",
        (
            tuple(
                cell(role, rung, n)
                for role, counts in (
                    ("officer", (20, 14, 8, 5)),
                    ("staff", (4, 5, 6, 6)),
                    ("special", (3, 2, 4, 4)),
                )
                for rung, n in zip(LADDER, counts, strict=True)
            ),
        ),
    ),
    two_margins(
        "b",
        {"officer": 14, "staff": 9, "special": 2},
        {"none": 10, "advice|warning": 9, "left": 6},
    ),
]


GROUPS_IN_FULL = 81


def group_fit():
    model = CumulativeLinkModel("severity ~ role", ladder=LADDER)
    return model.fit(GROUPS, composition={"role": SHARES})


def frame():
    rows = [
        ("none", "x", 30), ("advice", "x", 20), ("left", "x", 12), ("advice|left", "x", 9),
        ("none", "y", 11), ("advice", "y", 17), ("left", "y", 21), ("none|left", "y", 6),
        ("none", None, 8), ("left", None, 5), ("advice", None, 3),
    ]  # fmt: skip
    data = pd.DataFrame(rows, columns=["outcome", "kind", "n"])
    data["kind"] = pd.Categorical(data["kind"], ["x", "y"])
    return data


def frame_fit():
    model = CumulativeLinkModel("outcome ~ kind", ladder=("none", "advice", "left"))
    return model.fit(frame(), weights="n", composition={"kind": {"x": 0.4, "y": 0.6}})


def tallied(observations):
    """Return the count of every kind of cell, under a name of its points and rungs."""
    names = [named([p for p, _ in form.points], form.rungs) for form in cell_forms(observations)]
    return pd.Series(observations.count, index=names)


def named(points, rungs):
    return f"{list(points)} {list(rungs)}"


def mean_tally(fit, replications, seed=1):
    generator = np.random.default_rng(seed)
    simulator = Simulator(fit.solution.problem)
    draws = [
        tallied(simulator.draw(fit.solution.problem, fit.solution.vector, generator))
        for _ in range(replications)
    ]
    return pd.concat(draws, axis=1).fillna(0.0)


def test_mean_counts_are_the_expected_ones_in_every_form_of_printing():
    fit, replications = frame_fit(), 3000
    draws = mean_tally(fit, replications)
    p = fit.probabilities(pd.DataFrame({"kind": ["x", "y"]}))["estimate"].to_numpy().reshape(2, 3)
    mixed = 0.4 * p[0] + 0.6 * p[1]
    by_point = {(0,): p[0], (1,): p[1], (0, 1): mixed}
    exact = {(0,): 62, (1,): 49, (0, 1): 16}
    pooled = {(0,): ((1, 2), 9), (1,): ((0, 2), 6)}
    for points, probability in by_point.items():
        members, n = pooled.get(points, ((), 0))
        for rung in range(3):
            outside = 0 if rung in members else n
            expected = (exact[points] + outside) * probability[rung]
            found = draws.loc[named(points, [rung])]
            assert abs(found.mean() - expected) < 4.5 * found.std() / np.sqrt(replications)
        if members:
            found = draws.loc[named(points, members)]
            expected = n * probability[list(members)].sum()
            assert abs(found.mean() - expected) < 4.5 * found.std() / np.sqrt(replications)


def test_totals_points_and_forces_stay():
    fit = frame_fit()
    drawn = simulate(fit, np.random.default_rng(3))
    assert drawn.count.sum() == fit.observations.count.sum()
    assert drawn.points is fit.observations.points
    assert drawn.cases is fit.observations.cases
    assert drawn.forces == fit.observations.forces


def test_a_seed_makes_the_same_counts():
    fit = frame_fit()
    one, other = (simulate(fit, np.random.default_rng(8)) for _ in range(2))
    np.testing.assert_array_equal(one.count, other.count)
    third = simulate(fit, np.random.default_rng(9))
    assert not np.array_equal(one.count, third.count)


def test_disjoint_sets_are_the_form_of_a_force():
    data = pd.DataFrame({"outcome": ["a", "b|c"], "n": [40, 30]})
    model = CumulativeLinkModel("outcome ~ 1", ladder=("a", "b", "c", "d"))
    observations = model.observe(data, "n")
    _, problem = model.problem(observations)
    drawn = Simulator(problem).draw(problem, np.array([0.0, 1.0, 1.5]), np.random.default_rng(0))
    assert {form.rungs for form in cell_forms(drawn)} == {(0,), (1, 2), (3,)}


def test_the_outcomes_of_two_margins_are_drawn_given_the_roles():
    fit, replications = group_fit(), 400
    assert len(fit.observations.tables) == 1
    generator = np.random.default_rng(5)
    simulator = Simulator(fit.solution.problem)
    roles, rungs = [], []
    for _ in range(replications):
        drawn = simulator.draw(fit.solution.problem, fit.solution.vector, generator)
        (table,) = drawn.tables
        forms = cell_forms(drawn)
        # Any table that the plan runs through has its margins: its expected inside has them too.
        inside = inside_of(table)
        roles.append(inside.sum(axis=1))
        held = [forms[table.cells[0, j]].rungs for j in range(inside.shape[1])]
        rungs.append(
            [sum(inside[:, j].sum() for j, h in enumerate(held) if k in h) for k in (0, 1, 3)]
        )
    np.testing.assert_array_equal(np.ptp(roles, axis=0), 0)
    assert sorted(roles[0]) == [2, 9, 14]
    levels = pd.DataFrame({"role": ["officer", "staff", "special"]})
    p = fit.probabilities(levels)["estimate"].to_numpy().reshape(3, 4)
    expected = np.array([14, 9, 2]) @ np.column_stack([p[:, 0], p[:, 1] + p[:, 2], p[:, 3]])
    errors = np.std(rungs, axis=0) / np.sqrt(replications)
    assert np.all(np.abs(np.mean(rungs, axis=0) - expected) < 4.5 * errors)


def inside_of(table):
    """Return one table that has the margins of the plan."""
    inside = np.zeros(table.cells.shape)
    last = table.steps[-1]
    inside[last.row], state = last.counts[last.choice[0]], last.source[0]
    for step in reversed(table.steps[:-1]):
        at = step.starts[state]
        inside[step.row], state = step.counts[step.choice[at]], step.source[at]
    return inside


def test_cases_off_the_ladder_and_intervals_are_kept():
    groups = [
        GROUPS[0],
        CaseGroup(
            "with others",
            "b",
            (
                (cell("officer", ANYTHING, 14), cell("staff", ANYTHING, 9)),
                (
                    cell(ANYBODY, "none", 8),
                    cell(ANYBODY, "advice|warning|left", 10),
                    cell(ANYBODY, "", 5),
                ),
            ),
        ),
        CaseGroup(
            "few",
            "c",
            ((cell("officer", "none|advice", 3, 9), cell("officer", "warning|left", 4)),),
        ),
    ]
    model = CumulativeLinkModel("severity ~ role", ladder=LADDER)
    fit = model.fit(groups, composition={"role": SHARES})
    for seed in range(20):
        drawn = simulate(fit, np.random.default_rng(seed))
        (table,) = drawn.tables
        inside = inside_of(table)
        assert sorted(inside.sum(axis=1)) == [9, 14]
        forms = cell_forms(drawn)
        whole = [
            j for j in range(inside.shape[1])
            if any(c >= 0 and len(forms[c].rungs) == 4 for c in table.cells[:, j])
        ]  # fmt: skip
        assert inside[:, whole].sum() == 5
        few = drawn.count.sum() - GROUPS_IN_FULL
        assert 4 + 3 <= few <= 4 + 9
        assert model.fit_observations(drawn).converged


def test_refitting_recovers_the_parameters_on_average():
    """Thirty forces; the mean of the estimates over replications within Monte-Carlo error."""
    generator = np.random.default_rng(2)
    rows = [
        (rung, kind, f"f{force}", int(generator.integers(2, 9)))
        for force in range(30)
        for kind in "xy"
        for rung in ("none", "advice", "left")
    ]
    data = pd.DataFrame(rows, columns=["outcome", "kind", "force", "n"])
    model = CumulativeLinkModel(
        "outcome ~ kind", ("none", "advice", "left"), groups="force", quadrature_points=5
    )
    _, problem = model.problem(model.observe(data, "n"))
    truth = np.array([-0.5, 0.8, 1.0, np.log(0.7)])
    simulator = Simulator(problem)
    found = []
    for _ in range(40):
        drawn = simulator.draw(problem, truth, generator)
        found.append(model.fit_observations(drawn).solution.vector)
    errors = np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    gap = np.abs(np.mean(found, axis=0) - truth) / errors
    assert np.all(gap < 4), gap


def test_new_counts_make_the_same_problem():
    fit = frame_fit()
    problem = fit.solution.problem
    same = with_observations(problem, replace(fit.observations))
    vector = fit.solution.vector
    assert same.objective.evaluate(vector, order=0).value == pytest.approx(fit.log_likelihood)


def test_fractions_of_cases_are_refused():
    data = frame().assign(n=lambda rows: rows["n"] / 2)
    model = CumulativeLinkModel("outcome ~ kind", ladder=("none", "advice", "left"))
    fit = model.fit(data, weights="n", composition={"kind": {"x": 0.4, "y": 0.6}})
    with pytest.raises(UsageError, match="only whole numbers of cases can be simulated"):
        simulate(fit, np.random.default_rng(0))
