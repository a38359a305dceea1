"""Rank intervals from their definitions, at the edges, and how often they hold."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.forces.ranks.intervals import pointwise_ranks, rank_intervals, simultaneous_ranks
from foistats.forces.ranks.pairs import pairs_summary, pairs_told_apart
from foistats.forces.ranks.region import rate_region
from foistats.layout import UNLIMITED


def ends(frame):
    return frame[["conf_low", "conf_high"]].to_numpy().tolist()


def test_simultaneous_ranks_by_counting_intervals(known_counts):
    counts = known_counts()
    low, high = rate_region(counts, adjustment="sidak")
    places = range(len(low))
    wanted = [
        [
            1 + sum(low[j] >= high[k] for j in places if j != k),
            len(low) - sum(high[j] <= low[k] for j in places if j != k),
        ]
        for k in places
    ]
    assert ends(simultaneous_ranks(counts)) == wanted


def test_pointwise_ranks_by_binomial_tests_and_holm(counts_of):
    counts = counts_of([60, 20, 22, 3, 0], [20, 20, 10, 20, 5])
    for k, found in enumerate(ends(pointwise_ranks(counts))):
        tails = []
        for j in range(5):
            if j != k:
                total = int(counts.low[j] + counts.low[k])
                share = counts.exposure[j] / (counts.exposure[j] + counts.exposure[k])
                tails.append(("above", stats.binom.sf(counts.low[j] - 1, total, share)))
                tails.append(("below", stats.binom.cdf(counts.low[j], total, share)))
        tails.sort(key=lambda pair: pair[1])
        rejected = list(
            itertools.takewhile(lambda pair: pair[1][1] * (8 - pair[0]) <= 0.05, enumerate(tails))
        )
        sides = [side for _, (side, _) in rejected]
        assert found == [1 + sides.count("above"), 5 - sides.count("below")]


def test_pointwise_is_no_wider_than_simultaneous_here_and_both_hold_the_observed_rank(known_counts):
    both = rank_intervals(known_counts()).set_index(["kind", "force"])
    point, joint = both.loc["pointwise"], both.loc["simultaneous"]
    assert (point["conf_low"] >= joint["conf_low"]).all()
    assert (point["conf_high"] <= joint["conf_high"]).all()
    assert (point["observed_low"] >= point["conf_low"]).all()
    assert (point["observed_high"] <= point["conf_high"]).all()


def test_row_order_changes_nothing_and_exposure_units_neither(counts_of):
    low, size = np.array([9.0, 40, 2, 0, 17]), np.array([3.0, 30, 6, 2, 3])
    frame = rank_intervals(counts_of(low, size)).set_index(["kind", "force"])
    order = [3, 1, 4, 0, 2]
    again = rank_intervals(
        counts_of(low[order], size[order] * 1000, force=[f"F{i}" for i in order])
    )
    again = again.set_index(["kind", "force"]).loc[frame.index]
    pd.testing.assert_frame_equal(frame, again)


def test_a_force_without_a_count_can_be_anywhere_and_makes_room_for_itself(counts_of):
    known = counts_of([200, 2, 30], [10, 10, 10])
    more = counts_of([200, 2, 30, np.nan], [10, 10, 10, 10])
    for ranks in (simultaneous_ranks, pointwise_ranks):
        assert ends(ranks(known)) == [[1, 1], [3, 3], [2, 2]]
        found = ranks(more)
        assert ends(found) == [[1, 2], [3, 4], [2, 3], [1, 4]]
        assert found["note"].tolist()[3] == "no count; it can have any rank from 1 to 4"
        assert found["observed_low"].tolist()[:3] == [1, 3, 2]
        assert found["observed_low"].isna().tolist() == [False] * 3 + [True]
    pairs = pairs_told_apart(more)
    assert pairs["apart_by_test"].sum() == pairs["apart_by_region"].sum() == 3
    assert pairs_summary(more)["pairs"].tolist() == [6, 6]
    assert pairs_summary(more)["pairs_with_counts"].tolist() == [3, 3]


def test_one_force(counts_of):
    counts = counts_of([4], [2.0])
    assert ends(rank_intervals(counts)) == [[1, 1], [1, 1]]
    assert pairs_told_apart(counts).empty
    assert pairs_summary(counts)["told_apart"].tolist() == [0, 0]


def test_two_forces(counts_of):
    assert ends(rank_intervals(counts_of([50, 2], [5, 5]))) == [[1, 1], [2, 2]] * 2
    assert ends(rank_intervals(counts_of([5, 4], [5, 5]))) == [[1, 2], [1, 2]] * 2
    assert ends(rank_intervals(counts_of([np.nan, np.nan], [5, 5]))) == [[1, 2], [1, 2]] * 2


def test_all_counts_zero_tell_nothing_apart(counts_of):
    counts = counts_of([0] * 6, [1, 2, 3, 500, 5, 6])
    frame = rank_intervals(counts)
    assert ends(frame) == [[1, 6]] * 12
    assert (frame["observed_low"] == 1).all()
    assert (frame["observed_high"] == 6).all()
    assert pairs_summary(counts)["told_apart"].tolist() == [0, 0]
    assert (pairs_told_apart(counts)["p_value"] == 1).all()


def test_ties_share_their_observed_ranks(counts_of):
    frame = simultaneous_ranks(counts_of([10, 10, 20, 1], [5, 5, 5, 5]))
    assert frame["observed_low"].tolist() == [2, 2, 1, 4]
    assert frame["observed_high"].tolist() == [3, 3, 1, 4]


def test_a_count_known_as_an_interval_gives_what_every_count_in_it_allows(counts_of):
    size = [10.0, 10, 10, 10]
    frame = rank_intervals(counts_of([90, 1, 20, 30], size, high=[90, 40, 20, 30]))
    each = [
        rank_intervals(counts_of([90, n, 20, 30], size))[["conf_low", "conf_high"]]
        for n in range(1, 41)
    ]
    least = np.min([one["conf_low"] for one in each], axis=0)
    most = np.max([one["conf_high"] for one in each], axis=0)
    assert (frame["conf_low"] <= least).all()
    assert (frame["conf_high"] >= most).all()
    observed = frame[frame["kind"] == "pointwise"]
    assert observed["observed_low"].tolist() == [1, 2, 3, 2]
    assert observed["observed_high"].tolist() == [1, 4, 4, 3]
    open_ended = rank_intervals(counts_of([90, 1, 20], size[:3], high=[90, UNLIMITED, 20]))
    assert open_ended["conf_low"].tolist() == [1, 1, 2] * 2


def test_what_is_refused(counts_of):
    counts = counts_of([4, 5], [2.0, 2.0])
    with pytest.raises(UsageError, match="adjustment='sidak' or 'bonferroni'"):
        simultaneous_ranks(counts, adjustment="none")
    with pytest.raises(UsageError, match=r"level is 1\.5"):
        pointwise_ranks(counts, level=1.5)
    many = counts_of(np.ones(3001), np.ones(3001))
    with pytest.raises(UsageError, match="3001 forces have too many pairs; at most 3000"):
        pointwise_ranks(many)
    with pytest.raises(UsageError, match="too many pairs"):
        pairs_told_apart(many)
    assert len(simultaneous_ranks(many)) == 3001


@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_rank_intervals_hold_the_true_ranks(spread, counts_of):
    """All ranks together, and each rank: at least 95 % but for Monte-Carlo error (3 sd)."""
    rng = np.random.default_rng(20)
    size = rng.gamma(1.5, 15, 25) + 1
    rates = np.exp(rng.normal(0, spread, 25))
    least = 1 + (rates[None] > rates[:, None]).sum(axis=1)
    most = (rates[None] >= rates[:, None]).sum(axis=1)
    together, each, replications = 0, np.zeros(25), 300
    for _ in range(replications):
        counts = counts_of(rng.poisson(size * rates), size)
        # forces that tie may have any order among themselves: one order must be allowed to each
        low, high = np.array(ends(simultaneous_ranks(counts))).T
        together += np.all((low <= least) & (high >= most))
        low, high = np.array(ends(pointwise_ranks(counts))).T
        each += (low <= least) & (high >= most)
    assert together / replications >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / replications)
    assert each.min() / replications >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / replications)
