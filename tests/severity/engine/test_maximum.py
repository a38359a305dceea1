"""Newton's method: maxima are found and proven, and what is no maximum is not called one."""

from dataclasses import dataclass

import numpy as np
import pytest

from foistats.errors import ConvergenceError
from foistats.severity.engine.marginal import Evaluation
from foistats.severity.engine.maximum import maximise, observed_information


@dataclass(frozen=True)
class Function:
    """A function of parameters with gradient and Hessian, as an objective."""

    value: object
    gradient: object
    hessian: object

    def evaluate(self, vector, *, order, modes=None):
        nothing = np.zeros(0)
        found = {"value": float(self.value(vector)), "by_force": nothing}
        if order > 0:
            found["gradient"] = np.asarray(self.gradient(vector))
        if order > 1:
            found["information"] = -np.asarray(self.hessian(vector))
        return Evaluation(**found, modes=nothing, spreads=nothing)


CENTRE = np.array([2.0, -1.0])
SHAPE = np.array([[2.0, 0.6], [0.6, 1.0]])
BOWL = Function(
    lambda x: -0.5 * (x - CENTRE) @ SHAPE @ (x - CENTRE),
    lambda x: -SHAPE @ (x - CENTRE),
    lambda x: -SHAPE,
)
POISSON = Function(
    lambda x: 7 * x[0] - np.exp(x[0]), lambda x: [7 - np.exp(x[0])], lambda x: [[-np.exp(x[0])]]
)
WAVE = Function(lambda x: np.cos(x[0]), lambda x: [-np.sin(x[0])], lambda x: [[-np.cos(x[0])]])
SLOPE = Function(lambda x: x[0], lambda x: [1.0], lambda x: [[-1e-9]])
SADDLE = Function(lambda x: x[0] ** 3, lambda x: [3 * x[0] ** 2], lambda x: [[6 * x[0]]])


def test_a_bowl_takes_one_step():
    found = maximise(BOWL, np.array([1.0, 0.0]), moves=np.eye(2))
    np.testing.assert_allclose(found.vector, CENTRE, rtol=1e-14)
    assert found.proven
    assert found.iterations == 1
    np.testing.assert_array_equal(observed_information(BOWL, found), SHAPE)


def test_parameters_may_be_held():
    found = maximise(BOWL, np.array([0.0, 0.0]), moves=np.eye(2), fixed={1: 3.0})
    assert found.vector[1] == 3.0
    assert found.vector[0] == pytest.approx(2.0 - 0.6 * 4.0 / 2.0)
    assert found.free.tolist() == [True, False]
    both = maximise(BOWL, np.array([0.0, 0.0]), moves=np.eye(2), fixed={0: 5.0, 1: 3.0})
    assert both.proven
    assert both.vector.tolist() == [5.0, 3.0]


@pytest.mark.parametrize("start", [-30.0, -1.0, 0.0, 1.9, 40.0])
def test_steps_that_overshoot_are_cut(start):
    found = maximise(POISSON, np.array([start]), moves=np.eye(1))
    assert found.proven
    assert found.vector[0] == pytest.approx(np.log(7), abs=1e-8)


def test_it_climbs_out_of_where_the_function_is_not_concave():
    found = maximise(WAVE, np.array([2.5]), moves=np.eye(1))
    assert found.proven
    assert np.cos(found.vector[0]) == pytest.approx(1.0, abs=1e-14)


def test_what_rises_without_end_is_not_proven():
    found = maximise(SLOPE, np.zeros(1), moves=np.eye(1))
    assert not found.proven
    assert found.iterations == 200


def test_a_point_without_curvature_is_not_proven():
    found = maximise(SADDLE, np.zeros(1), moves=np.eye(1))
    assert not found.proven


def test_no_step_moves_an_edge_further_than_three():
    seen = []

    def stop(vector, evaluation):
        seen.append(vector[0])
        return False

    maximise(POISSON, np.array([-30.0]), moves=np.array([[2.0]]), stop=stop)
    assert np.max(np.abs(np.diff(seen))) == pytest.approx(1.5)


def test_the_search_ends_where_it_is_told_to():
    found = maximise(
        POISSON, np.array([-9.0]), moves=np.eye(1), stop=lambda vector, evaluation: vector[0] > 0
    )
    assert not found.proven
    assert found.vector[0] > 0
    rough = maximise(POISSON, np.array([2.5]), moves=np.eye(1), least_gain=1e-2)
    assert rough.iterations < maximise(POISSON, np.array([2.5]), moves=np.eye(1)).iterations


def test_a_start_without_a_value_is_refused():
    nothing = Function(lambda x: np.nan, lambda x: [np.nan], lambda x: [[np.nan]])
    with pytest.raises(ConvergenceError, match="not finite at the start"):
        maximise(nothing, np.zeros(1), moves=np.eye(1))


def test_where_the_quadrature_is_coarse_the_information_is_of_differences():
    @dataclass(frozen=True)
    class Coarse:
        def evaluate(self, vector, *, order, modes=None):
            nothing = np.zeros(0)
            return Evaluation(
                float(-np.sum(vector**4) - vector @ vector),
                nothing,
                nothing,
                nothing,
                -4 * vector**3 - 2 * vector,
                None,
                np.diag([9.0, 9.0]),
                node_error=1e-3,
            )

    found = maximise(Coarse(), np.array([0.2, -0.3]), moves=np.eye(2))
    np.testing.assert_allclose(found.vector, 0, atol=1e-7)
    np.testing.assert_allclose(observed_information(Coarse(), found), 2 * np.eye(2), atol=1e-5)
