"""The five links against SciPy's distributions, their mirror images and their derivatives."""

import numpy as np
import pytest
from scipy import stats

from foistats.errors import UsageError
from foistats.severity.links import LINKS, link_named

DISTRIBUTIONS = {
    "logit": stats.logistic,
    "probit": stats.norm,
    "cloglog": stats.gumbel_l,
    "loglog": stats.gumbel_r,
    "cauchit": stats.cauchy,
}
MIDDLE = np.linspace(-6, 3, 37)


@pytest.mark.parametrize("name", LINKS)
def test_it_is_the_distribution_of_its_name(name):
    link, known = LINKS[name], DISTRIBUTIONS[name]
    np.testing.assert_allclose(link.cdf(MIDDLE), known.cdf(MIDDLE), rtol=1e-12)
    np.testing.assert_allclose(link.log_cdf(MIDDLE), known.logcdf(MIDDLE), rtol=1e-11)
    np.testing.assert_allclose(link.log_survival(MIDDLE), known.logsf(MIDDLE), rtol=1e-11)
    share = np.array([0.001, 0.3, 0.5, 0.99])
    np.testing.assert_allclose(link.cdf(link.quantile(share)), share, rtol=1e-12)


@pytest.mark.parametrize("name", LINKS)
def test_intervals_are_differences_where_these_do_not_cancel(name):
    lower, upper = np.array([-2.0, -0.5, 0.1, -1.0]), np.array([-1.0, 0.7, 1.4, 1.0])
    known = DISTRIBUTIONS[name]
    difference = np.log(known.cdf(upper) - known.cdf(lower))
    np.testing.assert_allclose(LINKS[name].log_interval(lower, upper), difference, rtol=1e-11)


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("place", [-200.0, -37.0, -9.0, 4.0])
def test_short_intervals_in_the_tails_equal_density_times_length(name, place):
    length = 1e-7
    middle = place + length / 2
    found = LINKS[name].log_interval(np.array(place), np.array(place + length))
    known = DISTRIBUTIONS[name].logpdf(middle) + np.log(length)
    assert found == pytest.approx(known, rel=1e-6, abs=1e-6)


def test_far_out_nothing_is_lost_to_one_minus_nearly_one():
    for name in ("logit", "probit"):
        link = LINKS[name]
        right = link.log_interval(np.array(30.0), np.array(31.0))
        left = link.log_interval(np.array(-31.0), np.array(-30.0))
        assert right == pytest.approx(left, rel=1e-14)
        assert np.isfinite(right)


@pytest.mark.parametrize("name", LINKS)
def test_mirror_images(name):
    link, mirror = LINKS[name], LINKS[LINKS[name].mirror]
    np.testing.assert_allclose(link.log_cdf(MIDDLE), mirror.log_survival(-MIDDLE), rtol=1e-14)
    np.testing.assert_allclose(
        link.log_interval(MIDDLE, MIDDLE + 0.5),
        mirror.log_interval(-MIDDLE - 0.5, -MIDDLE),
        rtol=1e-12,
    )


@pytest.mark.parametrize("name", LINKS)
def test_a_complex_step_gives_the_density(name):
    link, known = LINKS[name], DISTRIBUTIONS[name]
    step = 1e-20j
    slope = np.imag(link.log_cdf(MIDDLE + step)) / 1e-20
    np.testing.assert_allclose(
        slope, np.exp(known.logpdf(MIDDLE) - known.logcdf(MIDDLE)), rtol=1e-9
    )
    slope = np.imag(link.log_survival(MIDDLE + step)) / 1e-20
    np.testing.assert_allclose(
        slope, -np.exp(known.logpdf(MIDDLE) - known.logsf(MIDDLE)), rtol=1e-9
    )
    upper = MIDDLE + 0.8
    gap = link.log_interval(MIDDLE, upper)
    slope = np.imag(link.log_interval(MIDDLE + step, upper)) / 1e-20
    np.testing.assert_allclose(slope, -np.exp(known.logpdf(MIDDLE) - gap), rtol=1e-8)
    slope = np.imag(link.log_interval(MIDDLE, upper + step)) / 1e-20
    np.testing.assert_allclose(slope, np.exp(known.logpdf(upper) - gap), rtol=1e-8)


def test_an_unknown_link_is_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"unknown link 'logitt'; did you mean 'logit'\? \(allow"):
        link_named("logitt")
