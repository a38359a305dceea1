"""Flow charts add up."""

from pathlib import Path

import pytest

from foistats.register import read_register
from foistats.severity.flow import flow_of_cases, flow_of_forces
from foistats.severity.groups.cells import severity_data

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["data/pa-2014", "tests/studies/kitchens"])
def flows(request):
    register = read_register(ROOT / request.param)
    flow = severity_data(register).flow
    return flow_of_forces(register, flow), flow_of_cases(register, flow)


def test_every_stage_is_the_one_before_less_and_plus_what_stands_between(flows):
    for flow in flows:
        running = None
        for row in flow.itertuples():
            if row.kind == "stage":
                assert running in (None, (row.n_low, row.n_high)), flow
                running = (row.n_low, row.n_high)
            else:
                sign = 1 if row.kind == "more" else -1
                running = (running[0] + sign * row.n_low, running[1] + sign * row.n_high)


def test_press_association():
    register = read_register(ROOT / "data" / "pa-2014")
    flow = severity_data(register).flow
    forces = flow_of_forces(register, flow)
    assert list(forces.loc[forces["kind"] == "stage", "n_low"]) == [43, 39, 25, 14, 7]
    cases = flow_of_cases(register, flow)
    assert list(cases.loc[cases["kind"] == "stage", "number"]) == ["828", "624", "250"]
