"""Formulas: what they may hold, the columns they make, and what is refused."""

import numpy as np
import pandas as pd
import patsy
import pytest

from foistats.errors import DataError, NotIdentifiedError, UsageError
from foistats.severity.engine.formula import (
    design_columns,
    parse_formula,
    parse_terms,
    require_columns,
)

POINTS = pd.DataFrame(
    {
        "role": pd.Categorical(["officer", "staff", "special"], ["officer", "staff", "special"]),
        "year": [2012.0, 2013.0, 2015.0],
        "C": pd.Categorical(["a", "b", "b"]),
        "Q": [1.0, 0.0, 2.0],
        "I": [0.5, 1.5, 0.0],
    }
)


def columns(text):
    terms = parse_terms(text)
    return design_columns(terms, POINTS[list(terms.names)])


def test_a_formula_is_a_response_and_terms():
    response, terms = parse_formula(" severity~ role*year + C( unit )")
    assert response == "severity"
    assert terms.names == ("role", "year", "unit")
    assert parse_formula("severity ~ 1")[1].empty
    assert parse_formula("severity ~")[1].names == ()


@pytest.mark.parametrize("text", ["", "~", "1", "~ 1", " ~ 1 + 1 "])
def test_no_terms_make_no_columns(text):
    assert parse_terms(text).empty
    assert columns(text).matrix.shape == (3, 0)


def test_columns_have_treatment_contrasts_and_no_constant():
    found = columns("role + year")
    assert found.names == ("role[T.staff]", "role[T.special]", "year")
    np.testing.assert_array_equal(found.matrix, [[0, 0, 2012], [1, 0, 2013], [0, 1, 2015]])


@pytest.mark.parametrize("text", ["role*year", "role + year + role:year", "year + role*year"])
def test_interactions(text):
    found = columns(text)
    frame = pd.DataFrame(found.matrix, columns=found.names)
    product = next(n for n in found.names if ":" in n and "staff" in n)
    np.testing.assert_array_equal(frame[product], frame["role[T.staff]"] * frame["year"])
    assert len(found.names) == 5


def test_a_number_may_be_taken_as_categories():
    found = columns("C(year)")
    np.testing.assert_array_equal(found.matrix, [[0, 0], [1, 0], [0, 1]])


MANY = [
    "role",
    "year",
    "role + unit + year",
    "role*unit",
    "role:unit",
    "role:unit:year",
    "role*unit*year",
    "year*Q",
    "year:role",
    "year + year:role",
    "C(year)*role",
    "C(role) + role:unit",
    "unit + role:year + unit:Q",
    "C(flag) + flag",
]


@pytest.mark.parametrize("text", MANY)
def test_the_columns_are_those_of_patsy(text):
    """Whatever the interactions; as a dense matrix, a sparse one, and at other points."""
    rng = np.random.default_rng(3)
    points = pd.DataFrame(
        {
            "role": pd.Categorical(rng.choice(["staff", "officer", "pcso"], 40)),
            "unit": pd.Categorical(rng.choice(["people", "incidents"], 40)),
            "flag": pd.Categorical(rng.choice([True, False], 40)),
            "year": rng.integers(2012, 2016, 40).astype(float),
            "Q": rng.normal(size=40),
        }
    )
    known = patsy.dmatrix(text, points, return_type="dataframe").drop(columns="Intercept")
    found = design_columns(parse_terms(text), points)
    assert list(found.names) == known.columns.tolist()
    np.testing.assert_array_equal(found.matrix, known)
    np.testing.assert_array_equal(found.of(points.iloc[5:9]), known.iloc[5:9])


@pytest.mark.parametrize("name", ["C", "Q", "I"])
def test_columns_may_be_called_like_a_function_of_patsy(name):
    found = columns(name)
    known = (POINTS["C"] == "b").astype(float) if name == "C" else POINTS[name]
    np.testing.assert_array_equal(found.matrix[:, 0], known)
    assert parse_terms(f"C({name})").names == (name,)
    with pytest.raises(UsageError, match="not callable"):
        columns("C + C(year)")


def test_the_same_columns_of_other_points():
    found = columns("role*year")
    np.testing.assert_array_equal(found.of(POINTS.iloc[::-1]), found.matrix[::-1])
    other = POINTS.assign(role=pd.Categorical(["pcso"] * 3))
    with pytest.raises(DataError, match="pcso"):
        found.of(other)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("__import__('os').system('true')", r"found '\('"),
        ("I(x)", r"found '\('"),
        ("np.log(x)", r"found '\.'"),
        ("Q('x')", r"found '\('"),
        ("C(C(x))", r"found '\('"),
        ("C(x, Treatment)", r"found '\('"),
        ("C()", r"found '\('"),
        ("`x`", "found '`'"),
        ("(x + y)", r"found '\('"),
        ("x - 1", "found '-'"),
        ("0 + x", "found '0'"),
        ("x ** 2", "found '2'"),
        ("x ; y", "found ';'"),
        ("x | y", r"found '\|'"),
        ("x \x00", "found '\x00'"),
        ("é", "found 'é'"),
        ("y ~ x", "found '~'"),
        ("1x", "found '1'"),
        ("x\ny", "nothing joins 'x' and 'y'"),
        ("1 x", "nothing joins '1' and 'x'"),
        ("x C(y)", r"nothing joins 'x' and 'C\(y\)'"),
        ("x +", "instead the expression ended"),
        ("+", "instead the expression ended"),
        ("x : ", "instead the expression ended"),
        ("x + x" * 5000, "nothing joins|found|too many"),
        ("x + " * 3000 + "x", "too many terms"),
        ("lambda", "'lambda' cannot be a column here; rename it"),
        ("x + if", "'if' cannot be a column here"),
        ("True", "'True' cannot be a column here"),
        ("Intercept", "'Intercept' cannot be a column here"),
    ],
)
def test_anything_else_is_refused_before_patsy_runs_it(text, found):
    for parse in (parse_terms, lambda text: parse_formula(f"severity ~ {text}")):
        with pytest.raises(UsageError, match=found):
            parse(text)


@pytest.mark.parametrize(
    "text", ["", "severity", "~ role", "a + b ~ role", "np.log(y) ~ role", "1~x"]
)
def test_a_formula_without_a_single_response_is_refused(text):
    with pytest.raises(UsageError, match="write it as 'response ~ term"):
        parse_formula(text)


def test_the_response_is_no_term():
    with pytest.raises(UsageError, match="the response 'role' is among its own terms"):
        parse_formula("role ~ year + role")


def test_missing_columns_are_all_named_with_the_nearest():
    with pytest.raises(UsageError, match=r"'rol'; did you mean 'role'\?; 'zzz' \(the data have ro"):
        require_columns(["rol", "year", "zzz"], ["role", "year"], what="the formula")


def test_a_factor_with_a_single_level_says_nothing():
    points = POINTS.assign(role=pd.Categorical(["staff"] * 3))
    with pytest.raises(NotIdentifiedError, match="'role' has the single level 'staff'"):
        design_columns(parse_terms("role"), points)
