"""Counts given the severity intercept: the integral of the definition, and its derivatives."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, stats

from foistats.forces.effects.atoms import atoms_of
from foistats.forces.effects.log_normal import LogNormalMixing
from foistats.forces.joint.volume import EDGE, Coupling, Volume

LOW, HIGH, EXPECTED = [4, 0, 30, 1, 9], [4, 0, 30, 4, np.inf], [2.0, 3.0, 25.0, 2.5, 8.0]
COUPLINGS = [
    Coupling(0.1, np.log(0.6), 0.7),
    Coupling(-0.3, np.log(1.6), -0.9),
    Coupling(0.2, np.log(0.4), 0.0),
    Coupling(0.0, np.log(0.5), 3.0),
]
Z = np.array([-2.0, -0.3, 0.0, 1.4]) * np.ones((5, 1))


@pytest.fixture(scope="module")
def volume(counts_of):
    return Volume(atoms_of(counts_of(LOW, EXPECTED, HIGH)), LogNormalMixing(21))


def by_definition(coupling, force, z):
    """Integrate the probability of a count over *w*, at one severity intercept."""
    rho, tau = coupling.correlation, coupling.spread

    def integrand(w):
        v = tau * (rho * z + np.sqrt(1 - rho**2) * w)
        rate = EXPECTED[force] * np.exp(coupling.log_rate + v)
        low, high = LOW[force], HIGH[force]
        if np.isinf(high):
            probability = stats.poisson.sf(low - 1, rate)
        else:
            probability = stats.poisson.pmf(np.arange(low, high + 1), rate).sum()
        return probability * stats.norm.pdf(w)

    return integrate.quad(integrand, -9, 9, epsabs=0, epsrel=1e-11, limit=400)[0]


@pytest.mark.parametrize("coupling", COUPLINGS, ids=str)
def test_it_is_the_integral_over_the_rest_of_the_rate(coupling, volume):
    wanted = [[np.log(by_definition(coupling, f, z)) for z in Z[0]] for f in range(len(LOW))]
    np.testing.assert_allclose(volume.terms(coupling, Z).value, wanted, rtol=0, atol=1e-7)
    found = volume.log_probability(coupling, Z)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-7)


@pytest.mark.parametrize("sign", [-1, 1])
def test_at_a_correlation_of_one_nothing_is_left_to_integrate(sign, volume):
    coupling = Coupling(0.1, np.log(0.6), sign * EDGE)
    assert coupling.correlation == sign
    rate = EXPECTED[0] * np.exp(0.1 + sign * 0.6 * Z[0])
    np.testing.assert_allclose(
        volume.terms(coupling, Z).value[0], stats.poisson.logpmf(4, rate), atol=1e-12
    )


@pytest.mark.parametrize("coupling", COUPLINGS, ids=str)
def test_derivatives_are_those_of_differences(coupling, volume):
    step, found = 1e-5, volume.terms(coupling, Z)
    for place, name in enumerate(("log_rate", "log_spread", "bend")):
        after, before = (
            volume.terms(replace(coupling, **{name: getattr(coupling, name) + way * step}), Z)
            for way in (1, -1)
        )
        slope = (after.value - before.value) / (2 * step)
        np.testing.assert_allclose(found.slope[..., place], slope, rtol=0, atol=2e-6)
        curvature = (after.slope - before.slope) / (2 * step)
        np.testing.assert_allclose(found.curvature[..., place], curvature, rtol=0, atol=2e-5)
    after, before = (volume.terms(coupling, Z + way * step) for way in (1, -1))
    along = (after.value - before.value) / (2 * step)
    np.testing.assert_allclose(found.along, along, rtol=0, atol=2e-6)
    twice = (after.along - before.along) / (2 * step)
    np.testing.assert_allclose(found.along_twice, twice, rtol=0, atol=2e-5)


def test_a_force_without_a_count_says_nothing(counts_of):
    counts = Volume(atoms_of(counts_of([np.nan, 3], [2.0, 3.0])), LogNormalMixing(21))
    found = counts.terms(COUPLINGS[0], Z[:2])
    for part in (found.value, found.slope, found.curvature, found.along, found.along_twice):
        np.testing.assert_allclose(part[0], 0, atol=1e-12)
        assert np.all(np.any(part[1] != 0, axis=None))


def test_no_forces_at_all(counts_of):
    none = Volume(atoms_of(counts_of([], [])), LogNormalMixing(21))
    found = none.terms(COUPLINGS[0], np.zeros((0, 3)))
    assert found.slope.shape == (0, 3, 3)
    assert found.curvature.shape == (0, 3, 3, 3)
    assert none.log_probability(COUPLINGS[0], np.zeros((0, 3))).shape == (0, 3)
