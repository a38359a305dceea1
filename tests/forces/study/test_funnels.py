"""What readers see of funnels: points, lines, who lies outside, how much it scatters."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from foistats import figures, read_register
from foistats.forces.funnels.funnel import funnel
from foistats.forces.study import funnels, worst
from foistats.forces.study.comparison import compare
from foistats.publish.tabular import csv_text, plain_table

from .variants import VARIANTS, all_zero, hostile, one_town, unlimited

ROOT = Path(__file__).parents[3]


def drawn(found):
    return figures.funnel(
        funnels.points(found),
        funnels.lines(found),
        exposure=found.exposure,
        target=found.target,
        xlabel="Size",
        ylabel="Value",
        about="Funnel plot",
    )


def ratios_of(counts, expected, high=None):
    forces = [f"T{number}" for number in range(len(counts))]
    frame = pd.DataFrame({"force": forces, "unit": "case", "n_low": counts})
    frame["n_high"] = counts if high is None else high
    sizes = pd.DataFrame({"force": forces, "expected": expected})
    return funnel(frame, sizes, kind="ratio", target=1)


@pytest.fixture(scope="module")
def real():
    return compare(read_register(ROOT / "data" / "pa-2014"))


@pytest.mark.parametrize("kind", ["ratio", "rate"])
@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_tables_and_figures_of_any_study(towns, change, kind):
    change(towns)
    found = towns.compare().funnel(kind)
    outside, scatter = funnels.outside(found, "Town"), funnels.dispersion(found)
    for frame in (outside, scatter):
        text = csv_text(plain_table(frame, where=change.__name__))
        assert not re.search(r"\b(inf|nan)\b", text)
        assert change is hostile or not re.search(r"\bforces?\b", text)
        assert (frame["Estimate"].notna() | frame["Note"].ne("")).all()
    assert list(outside["Town"]) == sorted(outside["Town"])
    drawing = drawn(found)
    assert drawing.alt
    drawing.figure.canvas.draw()
    plt.close(drawing.figure)


def test_points_have_their_position_against_the_wide_limits(real):
    found = real.funnel()
    points = funnels.points(found)
    assert list(points["force"]) == sorted(points["force"])
    assert points["position"].value_counts().to_dict() == {
        "unknown": 18,
        "inside": 18,
        "above": 5,
        "below": 2,
    }
    above = points[points["position"] == "above"]
    assert (above["p_at_least"] < 0.0015).all()
    assert (points[points["position"] == "inside"]["p_at_least"] > 0.0005).all()


def test_lines_span_all_sizes_and_narrow(real):
    found = real.funnel()
    lines = funnels.lines(found)
    known = found.points[found.points["estimate_low"].notna()]["expected"]
    assert lines["expected"].min() < known.min()
    assert lines["expected"].max() > known.max()
    assert set(lines["family"]) == {"exact", "additive"}
    wide = lines[(lines["family"] == "exact") & (lines["level"] == 0.998)]
    assert wide["limit_high"].is_monotonic_decreasing
    assert (wide["limit_low"] <= 1).all()
    inner = lines[(lines["family"] == "exact") & (lines["level"] == 0.95)]
    assert (inner["limit_high"].to_numpy() < wide["limit_high"].to_numpy()).all()


def test_lines_of_shares_are_at_whole_numbers(real):
    found = funnel(worst.worst_counts(real.register, real.forces), kind="proportion")
    lines = funnels.lines(found)
    assert (lines["of"] == lines["of"].round()).all()
    assert (lines["of"] >= 1).all()
    plt.close(drawn(found).figure)


def test_there_are_no_lines_without_points(towns):
    all_zero(towns)
    towns.change("study.toml", 'nation = "vale"\n', "")
    assert funnels.lines(towns.compare().funnel()).empty


def test_outside_is_held_against_both_kinds_of_limits():
    found = ratios_of([60, 1, 10, 12, 9, 30, 11, 8], [10.0, 12, 10, 12, 9, 16, 11, 8])
    frame = funnels.outside(found, "Town").set_index("Town")
    assert list(frame.index) == ["T0", "T1", "T5"]
    assert list(frame["Beyond"]) == [
        "above the 99.8% limit",
        "below the 99.8% limit",
        "above the 99.8% limit",
    ]
    column = "If true values differ too"
    assert frame.loc["T0", column].startswith("above the ")
    assert frame.loc["T5", column] == "inside"
    assert frame["Note"].eq("").all()


def test_an_interval_outside_has_no_estimate_but_a_note():
    found = ratios_of([60, 10, 12, 9], [10.0, 10, 12, 9], high=[70, 10, 12, 9])
    row = funnels.outside(found, "Town").iloc[0]
    assert row["Town"] == "T0"
    assert np.isnan(row["Estimate"])
    assert row["Note"] == "count known as an interval: no z score"


def test_where_the_scatter_is_unknown_nobody_is_called_inside(towns):
    one_town(towns)
    found = towns.compare().funnel()
    row = funnels.outside(found, "Town").iloc[0]
    assert row["If true values differ too"] == "not known"
    table = funnels.dispersion(found)
    assert list(table["Note"]) == ["", *["only one: no variance between them"] * 2]
    assert np.isnan(table["Estimate"].iloc[1])


def test_nobody_outside_leaves_an_empty_table():
    frame = funnels.outside(ratios_of([10, 12, 9], [10.0, 12, 9]), "Town")
    assert frame.empty
    assert list(frame.columns)[:3] == ["Town", "Estimate", "Beyond"]


def test_the_dispersion_is_that_of_the_funnel(real):
    found = real.funnel()
    table = funnels.dispersion(found)
    spread = found.dispersion
    assert list(table["Estimate"]) == [spread.phi, np.sqrt(spread.tau2), spread.phi_raw]
    assert list(table["p value"]) == ["", "", "below 0.001"]


def test_both_scales_stand_beside_each_other(real):
    frame = funnels.outside(real.funnel(), "Force", stabilised=real.funnel(scale="stabilised"))
    beyond = "above the 99.8% limit"
    assert list(frame.loc[frame["If true values differ too"] == beyond, "Force"]) == [
        "North Yorkshire",
        "Northamptonshire",
    ]
    assert list(frame.loc[frame["The same, by square roots"] == beyond, "Force"]) == [
        "North Yorkshire"
    ]


def test_shares_have_exact_limits_only(real):
    found = funnel(worst.worst_counts(real.register, real.forces), kind="proportion")
    assert set(funnels.lines(found)["family"]) == {"exact"}


def test_a_count_of_a_part_is_marked_and_a_refusal_says_so(real):
    points = funnels.points(real.funnel(), real.forces).set_index("force")
    assert list(points.index[points["partial"]]) == ["Sussex"]
    assert points.loc["Essex", "note"] == "refused"


def test_a_count_without_an_upper_end_is_drawn(towns):
    unlimited(towns)
    found = towns.compare().funnel()
    points = funnels.points(found).set_index("force")
    assert np.isinf(points.loc["Fellgate", "estimate_high"])
    assert points.loc["Dunvale", "position"] == "undecided"
    assert points.loc["Grimshaw", "position"] == "unknown"
    plt.close(drawn(found).figure)
