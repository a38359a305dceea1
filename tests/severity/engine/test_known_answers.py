"""Every fit that R made of the data in `known_answers`, made again here.

`known_answers/README.md` says which package made which row and how far it is to be trusted. A
nominal effect in R is a shift of its threshold; here it is an effect on severity, with the sign
reversed.
"""

import itertools
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foistats.errors import NotIdentifiedError
from foistats.severity.model import CumulativeLinkModel

KNOWN = Path(__file__).parents[1] / "known_answers"
FITS = pd.read_csv(KNOWN / "fits.csv", keep_default_na=False).set_index("fit")
ESTIMATES = pd.read_csv(KNOWN / "estimates.csv", keep_default_na=False)
LEVELS = pd.read_csv(KNOWN / "levels.csv", dtype=str)
ESTIMATORS = {"maximum_likelihood": "maximum_likelihood", "mean_bias_reduction": "bias_reduced"}


def levels_of(data, variable):
    rows = LEVELS[(LEVELS["data"] == data) & (LEVELS["variable"] == variable)]
    return rows.sort_values("position", key=lambda places: places.astype(int))["level"].tolist()


@cache
def frame_of(data):
    frame = pd.read_csv(KNOWN / data)
    for variable in LEVELS.loc[LEVELS["data"] == data, "variable"].unique():
        if variable in frame:
            values = frame[variable].astype(str)
            frame[variable] = pd.Categorical(values, levels_of(data, variable))
    if "lower" in frame:
        rungs = levels_of(data, "rating")
        frame["rating"] = [
            "|".join(rungs[low - 1 : high])
            for low, high in zip(frame["lower"], frame["upper"], strict=True)
        ]
    return frame


def model_of(row):
    return CumulativeLinkModel(
        row["formula"],
        ladder=levels_of(row["data"], row["formula"].split("~")[0].strip()),
        groups=row["groups"],
        link=row["link"],
        nominal=row["nominal"],
        scale=row["scale"],
        quadrature_points=int(row["quadrature_points"] or 10),
        estimator=ESTIMATORS[row["estimator"]],
    )


@cache
def fitted(name):
    row = FITS.loc[name]
    return model_of(row).fit(frame_of(row["data"]), weights=row["weights"])


def known_estimates(name):
    """Return R's estimates under our names and signs; the modes of groups apart."""
    frame = ESTIMATES[ESTIMATES["fit"] == name].copy()
    column = frame["variable"] + ("[T." + frame["level"] + "]").where(frame["level"] != "", "")
    terms = {
        "threshold": frame["threshold"],
        "nominal": frame["threshold"] + ":" + column,
        "coefficient": column,
        "scale": "scale:" + column,
        "sd": pd.Series("log_sd", index=frame.index),
        "mode": frame["level"],
    }
    frame["term"] = [terms[kind][place] for place, kind in frame["kind"].items()]
    frame["estimate"] *= np.where(frame["kind"] == "nominal", -1.0, 1.0)
    frame["std_error"] = pd.to_numeric(frame["std_error"])
    spread = frame["kind"] == "sd"
    frame.loc[spread, "std_error"] /= frame.loc[spread, "estimate"]
    frame.loc[spread, "estimate"] = np.log(frame.loc[spread, "estimate"])
    modes = frame["kind"] == "mode"
    return frame[~modes].set_index("term"), frame[modes].set_index("term")


def our_estimates(fit):
    """Return ours in the order of the parameter vector."""
    errors = np.sqrt(np.diag(fit.parameter_covariance))
    names = list(fit.solution.problem.names)
    return pd.DataFrame({"estimate": fit.solution.vector, "std_error": errors}, index=names)


def value_at(fit, known):
    """Return our log-likelihood at R's estimates."""
    vector = known.loc[list(fit.problem.names), "estimate"].to_numpy(dtype=float)
    return fit.problem.objective.evaluate(vector, order=0).value


def outer_thresholds_cut(row):
    """Packages that put the outer thresholds at a finite place, which the Cauchy tails notice."""
    return row["link"] == "cauchit" and row["package"] in ("ordinal", "MASS")


def trusted(row):
    """Fits whose maximum is exact to rounding."""
    if row["package"] in ("common.R", "bias_reduction.R", "brglm2"):
        return True
    return row["function"] == "clm" and not outer_thresholds_cut(row)


def names_where(condition):
    return [name for name, row in FITS.iterrows() if condition(row)]


def test_every_row_is_compared():
    compared = [names_where(c) for c in (trusted, of_clmm, of_vglm, of_polr, cut_clm)]
    assert sorted(itertools.chain.from_iterable(compared)) == sorted(FITS.index)


@pytest.mark.parametrize("name", names_where(trusted))
def test_an_exact_fit_of_r_is_ours(name):
    fit, (known, modes) = fitted(name), known_estimates(name)
    ours = our_estimates(fit)
    assert sorted(ours.index) == sorted(known.index)
    known = known.loc[ours.index]
    assert fit.log_likelihood == pytest.approx(FITS.loc[name, "log_likelihood"], rel=1e-9)
    np.testing.assert_allclose(ours["estimate"], known["estimate"], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(ours["std_error"], known["std_error"], rtol=1e-5)
    if len(modes):
        found = fit.conditional_modes().set_index("force").loc[modes.index]
        np.testing.assert_allclose(found["estimate"], modes["estimate"], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found["std_dev"], modes["std_error"], rtol=1e-4)


def of_clmm(row):
    return row["function"] == "clmm"


@pytest.mark.parametrize("name", names_where(of_clmm))
def test_clmm_at_its_own_estimate_and_no_higher_than_ours(name):
    """Its search is by numerical derivatives; its value, not its maximum, is what to compare."""
    fit, (known, _) = fitted(name), known_estimates(name)
    there = value_at(fit, known)
    lost = 1e-2 if outer_thresholds_cut(FITS.loc[name]) else 1e-7
    assert there == pytest.approx(FITS.loc[name, "log_likelihood"], abs=lost)
    assert fit.log_likelihood >= there - 1e-9
    if int(FITS.loc[name, "quadrature_points"]) >= 10 and lost < 1e-2:
        ours = our_estimates(fit)
        known = known.loc[ours.index]
        np.testing.assert_allclose(ours["estimate"], known["estimate"], rtol=1e-5, atol=1e-5)


def of_vglm(row):
    return row["function"] == "vglm"


@pytest.mark.parametrize("name", names_where(of_vglm))
def test_vglm_reaches_the_same_maximum(name):
    """Its standard errors are from the expected information: the rows ``*_observed`` have ours."""
    fit, (known, _) = fitted(name), known_estimates(name)
    ours = our_estimates(fit)["estimate"]
    assert fit.log_likelihood == pytest.approx(FITS.loc[name, "log_likelihood"], rel=1e-9)
    np.testing.assert_allclose(ours, known.loc[ours.index, "estimate"], rtol=1e-5, atol=1e-6)


def of_polr(row):
    return row["function"] == "polr"


@pytest.mark.parametrize("name", names_where(of_polr))
def test_polr_is_near_and_no_higher(name):
    """It stops early; with the Cauchy link it also cuts the predictor, and is ten lower."""
    fit, (known, _) = fitted(name), known_estimates(name)
    there = value_at(fit, known)
    assert fit.log_likelihood >= there - 1e-9
    assert there >= FITS.loc[name, "log_likelihood"] - 1e-6
    if not outer_thresholds_cut(FITS.loc[name]):
        assert there == pytest.approx(FITS.loc[name, "log_likelihood"], rel=1e-9)
        if name.endswith("restarted"):
            ours = our_estimates(fit)["estimate"]
            np.testing.assert_allclose(ours, known.loc[ours.index, "estimate"], atol=2e-5)


def cut_clm(row):
    return row["function"] == "clm" and outer_thresholds_cut(row)


@pytest.mark.parametrize("name", names_where(cut_clm))
def test_clm_with_the_cauchy_link_is_as_near_as_its_outer_thresholds_let_it(name):
    """They stand at -1e5 and 1e5; the probability beyond is 3e-6 of every case."""
    fit, (known, _) = fitted(name), known_estimates(name)
    ours = our_estimates(fit)["estimate"]
    assert fit.log_likelihood >= value_at(fit, known) - 1e-9
    assert fit.log_likelihood == pytest.approx(FITS.loc[name, "log_likelihood"], abs=0.02)
    np.testing.assert_allclose(ours, known.loc[ours.index, "estimate"], atol=2e-4)


def test_separated_data_have_no_maximum_likelihood_estimate():
    """The two data sets whose bias-reduced estimates above are finite."""
    for data, formula in (
        ("apart.csv", "outcome ~ x + temp"),
        ("wine_separated.csv", "rating ~ temp + contact"),
    ):
        ladder = levels_of(data, formula.split(" ", 1)[0])
        with pytest.raises(NotIdentifiedError, match="no finite estimate"):
            CumulativeLinkModel(formula, ladder).fit(frame_of(data))
