"""Separate logits: closed form of a table of two rows, and what does not enter."""

import numpy as np
import pandas as pd
import pytest

from foistats.errors import NotIdentifiedError
from foistats.severity.checks.brant import exact_counts, separate_logits
from foistats.severity.model import CumulativeLinkModel

LADDER = ["none", "advice", "warning", "left"]
COUNTS = {"officer": [40, 25, 20, 15], "staff": [10, 14, 9, 17]}


def table(counts=COUNTS, force="a"):
    rows = [
        (rung, role, force, n)
        for role, numbers in counts.items()
        for rung, n in zip(LADDER, numbers, strict=True)
    ]
    return pd.DataFrame(rows, columns=["severity", "role", "force", "n"])


def counts_of(frame, **options):
    model = CumulativeLinkModel("severity ~ role", LADDER, **options)
    return exact_counts(model.problem(model.observe(frame, "n"))[1])


def test_two_rows_have_a_closed_form():
    """Logits of multinomial shares, and their covariance by the delta method."""
    above = {
        role: 1 - np.cumsum(numbers)[:-1] / np.sum(numbers) for role, numbers in COUNTS.items()
    }
    logits = {role: np.log(share / (1 - share)) for role, share in above.items()}
    covariance = np.zeros((3, 3))
    for role, share in above.items():
        spread = share * (1 - share)
        both = np.minimum.outer(share, share) - np.outer(share, share)
        covariance += both / np.outer(spread, spread) / np.sum(COUNTS[role])
    found = separate_logits(counts_of(table()))
    slopes = logits["staff"] - logits["officer"]
    np.testing.assert_allclose(found.slopes[:, 0], slopes, atol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-6)
    contrasts = np.array([[1, -1, 0], [1, 0, -1]])
    difference = contrasts @ slopes
    wald = difference @ np.linalg.solve(contrasts @ covariance @ contrasts.T, difference)
    statistic, degrees = found.wald([0])
    assert statistic == pytest.approx(wald, rel=1e-5)
    assert degrees == 2


def test_forces_are_added_up():
    halves = pd.concat([table(force="a"), table(force="b")])
    found = counts_of(halves, groups="force")
    assert found.counts.tolist() == (2 * counts_of(table()).counts).tolist()


def test_coarse_and_open_cases_do_not_enter():
    more = pd.DataFrame(
        [("none|advice", "staff", "a", 7), ("left", None, "a", 5)],
        columns=["severity", "role", "force", "n"],
    )
    model = CumulativeLinkModel("severity ~ role", LADDER)
    seen = model.observe(pd.concat([table(), more]), "n", {"role": {"officer": 0.5, "staff": 0.5}})
    assert exact_counts(model.problem(seen)[1]).cases == 150


def test_the_threshold_without_an_estimate_is_named():
    empty = COUNTS | {"staff": [10, 14, 9, 0]}
    with pytest.raises(NotIdentifiedError, match=r"separate logit of warning\|left: no finite"):
        separate_logits(counts_of(table(empty)))
