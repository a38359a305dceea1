"""The sentence: every place has a value, and without an estimate it says why."""

import string

import pytest

from foistats.forces.joint import tell
from foistats.forces.joint.answer import severity_and_volume

WORDS = {"force": ("agency", "agencies"), "case": ("file", "files")}


def places(said):
    return {name for _, name, _, _ in string.Formatter().parse(said) if name}


def test_every_place_has_a_value_and_every_value_a_place(fitted, counted):
    frame = severity_and_volume(fitted(), counted())
    said, values = tell.correlation(frame, WORDS), tell.values(frame)
    assert places(said) == set(values) == set(tell.VALUES)
    assert values["correlation"] == frame["estimate"].iloc[0]
    assert values["correlation_forces"] == 23
    assert all(type(value) in (int, float) for value in values.values())
    assert "Over agencies, severity of outcomes and number of files" in said
    assert "(95% interval " in said


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(0.1, 0.9, "more severe."), (-0.9, -0.1, "less severe."), (-0.2, 0.9, "is not settled.")],
)
def test_the_interval_decides_what_is_said(low, high, words, fitted, counted):
    frame = severity_and_volume(fitted(), counted()).assign(conf_low=low, conf_high=high)
    assert tell.correlation(frame, WORDS).endswith(words)
    noted = tell.correlation(frame.assign(note="one thing"), WORDS)
    assert noted.endswith(f"{words.rstrip('.')} (one thing).")


def test_without_an_estimate_the_reason(fitted, counted):
    frame = severity_and_volume(fitted(8), counted(8))
    assert tell.values(frame) == {}
    said = tell.correlation(frame, WORDS)
    assert places(said) == set()
    assert said.startswith("No correlation of severity and volume is given over agencies: 8 with")
