"""The five links against SciPy's distributions, exact fractions, their mirrors and derivatives."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.severity.engine.links import LINKS, link_named

DISTRIBUTIONS = {
    "logit": stats.logistic,
    "probit": stats.norm,
    "cloglog": stats.gumbel_l,
    "loglog": stats.gumbel_r,
    "cauchit": stats.cauchy,
}
MIDDLE = np.linspace(-6, 3, 37)


def log_interval(link, lower, upper):
    lower, upper = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    return link.log_interval(lower, upper, link.tails(lower)[1], link.tails(upper)[0])


def log_density(link, values):
    return link.log_density(values, *link.tails(values))


@pytest.mark.parametrize("name", LINKS)
def test_it_is_the_distribution_of_its_name(name):
    """Logarithms of probabilities near one are right to the rounding of a sum, which they enter."""
    link, known = LINKS[name], DISTRIBUTIONS[name]
    log_cdf, log_survival = link.tails(MIDDLE)
    np.testing.assert_allclose(link.cdf(MIDDLE), known.cdf(MIDDLE), rtol=1e-12)
    np.testing.assert_allclose(log_cdf, known.logcdf(MIDDLE), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(log_survival, known.logsf(MIDDLE), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(log_density(link, MIDDLE), known.logpdf(MIDDLE), rtol=1e-12)
    share = np.array([0.001, 0.3, 0.5, 0.99])
    np.testing.assert_allclose(link.cdf(link.quantile(share)), share, rtol=1e-12)


@pytest.mark.parametrize("name", LINKS)
def test_the_slope_of_the_density_equals_differences_of_its_logarithm(name):
    link, step = LINKS[name], 1e-5
    differences = (log_density(link, MIDDLE + step) - log_density(link, MIDDLE - step)) / (2 * step)
    np.testing.assert_allclose(link.density_slope(MIDDLE), differences, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", LINKS)
def test_intervals_are_differences_where_these_do_not_cancel(name):
    lower, upper = np.array([-2.0, -0.5, 0.1, -1.0]), np.array([-1.0, 0.7, 1.4, 1.0])
    known = DISTRIBUTIONS[name]
    difference = np.log(known.cdf(upper) - known.cdf(lower))
    np.testing.assert_allclose(log_interval(LINKS[name], lower, upper), difference, rtol=1e-11)


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("place", [-200.0, -37.0, -9.0, 4.0])
def test_short_intervals_in_the_tails_equal_density_times_length(name, place):
    length = 1e-7
    found = log_interval(LINKS[name], place, place + length)
    known = DISTRIBUTIONS[name].logpdf(place + length / 2) + np.log(length)
    assert found == pytest.approx(known, rel=1e-6, abs=1e-6)


def exact_logistic(x):
    return 1 / (1 + (-Decimal(x)).exp())


def exact_gumbel(x):
    return 1 - (-(Decimal(x).exp())).exp()


EXACT = {"logit": exact_logistic, "cloglog": exact_gumbel, "loglog": lambda x: 1 - exact_gumbel(-x)}
BOTH_TAILS = [(-1.0, -0.999999), (0.25, 5.0), (2.0, 2.0625), (-3.0, -2.5)]
FAR_LEFT = [(-300.0, -299.5), (-40.0, -39.999)]
FAR_RIGHT = [(-upper, -lower) for lower, upper in FAR_LEFT]
PLACES = {
    "logit": [*BOTH_TAILS, *FAR_LEFT, *FAR_RIGHT],
    "cloglog": [*BOTH_TAILS, *FAR_LEFT, (5.0, 5.01)],
    "loglog": [*BOTH_TAILS, *FAR_RIGHT, (-5.01, -5.0)],
}


@pytest.mark.parametrize(
    ("name", "lower", "upper"), [(name, *ends) for name in EXACT for ends in PLACES[name]]
)
def test_intervals_have_all_their_digits(name, lower, upper):
    """Against 400 digits; the short tail of a Gumbel ends near 5."""
    with localcontext() as context:
        context.prec = 400
        known = (EXACT[name](upper) - EXACT[name](lower)).ln()
    assert log_interval(LINKS[name], lower, upper) == pytest.approx(float(known), rel=1e-12)


@pytest.mark.parametrize("reach", [5.0, 30.0, 1e3, 1e8, 1e150])
def test_tails_of_the_cauchy_do_not_cancel(reach):
    """``1 - F(x) = 1/(pi x) (1 - 1/(3 x^2) + ...)``."""
    link = LINKS["cauchit"]
    known = -np.log(np.pi * reach) + np.log1p(-(reach**-2) / 3 + reach**-4 / 5)
    allowed = reach**-6 + 1e-14 * abs(known)
    assert link.tails(np.array(reach))[1] == pytest.approx(known, abs=allowed)
    assert link.tails(np.array(-reach))[0] == pytest.approx(known, abs=allowed)
    between = log_interval(link, reach, 2 * reach)
    ratio = np.arctan(1 / (1 / reach + 2 * reach))
    assert between == pytest.approx(np.log(ratio / np.pi), rel=1e-13)


@pytest.mark.parametrize("name", ["logit", "probit", "cauchit"])
def test_symmetric_links_lose_nothing_on_the_right(name):
    link = LINKS[name]
    right, left = log_interval(link, 30.0, 31.0), log_interval(link, -31.0, -30.0)
    assert np.isfinite(right)
    assert right == pytest.approx(left, rel=1e-14)


@pytest.mark.parametrize("name", LINKS)
def test_mirror_images(name):
    link, mirror = LINKS[name], LINKS[LINKS[name].mirror]
    log_cdf, log_survival = link.tails(MIDDLE)
    mirrored = mirror.tails(-MIDDLE)
    np.testing.assert_allclose(log_cdf, mirrored[1], rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(log_survival, mirrored[0], rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(
        log_interval(link, MIDDLE, MIDDLE + 0.5),
        log_interval(mirror, -MIDDLE - 0.5, -MIDDLE),
        rtol=1e-12,
    )
    np.testing.assert_allclose(link.density_slope(MIDDLE), -mirror.density_slope(-MIDDLE))


@pytest.mark.parametrize("name", LINKS)
def test_intervals_of_a_partition_add_up_to_one(name):
    link = LINKS[name]
    edges = np.array([-3.0, -0.2, 0.0, 0.4, 2.5])
    log_cdf, log_survival = link.tails(edges)
    inner = log_interval(link, edges[:-1], edges[1:])
    total = np.exp(log_cdf[0]) + np.exp(inner).sum() + np.exp(log_survival[-1])
    assert total == pytest.approx(1, rel=1e-14)


def test_an_unknown_link_is_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown link 'logitt'; did you mean 'logit'\? \(allow"):
        link_named("logitt")
