"""Likelihoods of rates integrated out: closed forms, brute force, derivatives, limits."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from foistats.forces.effects.atoms import atoms_of
from foistats.forces.effects.gamma import GammaMixing, negative_binomial
from foistats.forces.effects.likelihood import Likelihood
from foistats.forces.effects.log_normal import LogNormalMixing
from foistats.layout import UNLIMITED

BOTH = ["gamma", "log-normal"]


def brute_log_likelihood(counts, log_mean, spread):
    """The log-normal marginal by scipy's adaptive quadrature."""
    total = 0.0
    for low, high, size in zip(counts.low, counts.high, counts.exposure, strict=True):
        if np.isnan(low):
            continue

        def joint(z, low=low, high=high, size=size):
            mean = size * np.exp(log_mean - spread**2 / 2 + spread * z)
            over = stats.poisson.sf(high, mean) if np.isfinite(high) else 0.0
            inside = stats.poisson.pmf(low, mean) if low == high else 0.0
            return stats.norm.pdf(z) * (inside or stats.poisson.sf(low - 1, mean) - over)

        total += np.log(integrate.quad(joint, -9, 9, epsabs=0, epsrel=1e-9, limit=300)[0])
    return total


def test_log_normal_likelihood_by_brute_force(known_counts):
    counts, mixing = known_counts("c"), LogNormalMixing(41)
    atoms = atoms_of(counts)
    for log_mean, spread in ((0.1, 0.4), (-0.3, 1.1)):
        found = Likelihood(mixing, atoms).at(log_mean, spread).value
        assert found == pytest.approx(brute_log_likelihood(counts, log_mean, spread), abs=1e-6)


@pytest.mark.parametrize("mixing", [GammaMixing(), LogNormalMixing(41)], ids=BOTH)
@pytest.mark.parametrize("place", [(0.1, 0.05), (-0.2, 0.6), (0.3, 1.4)])
def test_derivatives_equal_finite_differences(mixing, place, known_counts):
    atoms, step = atoms_of(known_counts("c")), 1e-4
    here = Likelihood(mixing, atoms).at(*place)
    for axis in (0, 1):
        moved = [
            Likelihood(mixing, atoms).at(*(np.array(place) + sign * step * np.eye(2)[axis]))
            for sign in (-1, 1)
        ]
        slope = (moved[1].value - moved[0].value) / (2 * step)
        curve = -(moved[1].gradient - moved[0].gradient) / (2 * step)
        assert here.gradient[axis] == pytest.approx(slope, rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(here.information[axis], curve, rtol=1e-4, atol=1e-4)


def test_large_shapes_join_smaller_ones():
    count, mean = np.array([0.0, 1, 7, 90, 2000]), np.array([3.0, 1, 5, 60, 2100])
    exact = negative_binomial(count, mean, 999.999, 2)
    series = negative_binomial(count, mean, 1000.001, 2)
    for found, wanted, tolerance in zip(series, exact, (1e-6, 1e-7, 1e-10), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-5, atol=tolerance)
    for a in (1e4, 1e6):
        wanted = stats.nbinom.logpmf(count, a, a / (a + mean)) + special.gammaln(count + 1)
        found = negative_binomial(count, mean, a, 0)[0]
        np.testing.assert_allclose(found, wanted, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("mixing", [GammaMixing(), LogNormalMixing()], ids=BOTH)
def test_no_spread_is_the_limit_of_little_spread(mixing, known_counts):
    atoms = atoms_of(known_counts("c"))
    none, little = (Likelihood(mixing, atoms).at(0.1, spread) for spread in (0.0, 1e-3))
    assert little.value == pytest.approx(none.value - 5e-7 * none.information[1, 1], abs=1e-6)
    np.testing.assert_allclose(little.information, none.information, rtol=1e-3, atol=5)


def test_open_ended_counts_by_the_survival_functions(counts_of):
    for least, size in ((1, 3.0), (71, 20.0), (71, 300.0), (1000, 900.0)):
        atoms = atoms_of(counts_of([least], [size], [UNLIMITED]))
        for spread in (0.05, 0.5, 2.0):
            a = spread**-2
            found = Likelihood(GammaMixing(), atoms).at(0.0, spread).value
            wanted = stats.nbinom.logsf(least - 1, a, a / (a + size))
            assert found == pytest.approx(wanted, abs=1e-9)
        none = Likelihood(GammaMixing(), atoms).at(0.0, 0.0).value
        assert none == pytest.approx(stats.poisson.logsf(least - 1, size), abs=1e-9)
