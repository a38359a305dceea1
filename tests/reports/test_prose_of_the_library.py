"""What the library's own sentences compare is tied to values, whatever the data are."""

from __future__ import annotations

import pytest

from foistats.publish import Worded
from foistats.reports.notebook import Cell, Notebook
from foistats.reports.prose import faults


def untied(template: str) -> list[str]:
    """Return what a text compares without a claim, by the lint of notebooks."""
    claims = dict.fromkeys(getattr(template, "claims", {}))
    source = (
        f"from foistats import publish\npublish.say({str(template)!r}, claims={dict(claims)!r})"
    )
    notebook = Notebook("n.ipynb", (Cell("c", "code", source, (), {}),), ())
    return [
        found for fault in faults(notebook) if fault.kind == "compared" for found in fault.found
    ]


def test_the_lint_reads_claims() -> None:
    text = "Staff left more often than officers; most did."
    assert untied(text) == ["more often than", "most"]
    assert untied(Worded(text, {"more often than": None})) == ["most"]


class TestForces:
    """The sentences on forces side by side."""

    @pytest.mark.parametrize("estimates", [(0.1, 0.9), (-0.9, -0.1), (-0.2, 0.9)])
    def test_severity_against_volume(self, estimates) -> None:
        import pandas as pd

        from foistats.forces.joint import tell

        low, high = estimates
        frame = pd.DataFrame(
            {
                "estimate": [(low + high) / 2],
                "conf_low": [low],
                "conf_high": [high],
                "level": [0.95],
                "forces": [23],
                "note": [""],
            }
        )
        said = tell.correlation(frame, {"force": ("agency", "agencies"), "case": ("file", "files")})
        assert untied(said) == []
        (claim,) = [one for one in said.claims.values() if one]
        assert claim[0].startswith("correlation")


class TestSeverity:
    """The sentences on severity."""

    @pytest.mark.parametrize(
        ("low", "high", "claim"),
        [
            (1.1, 4.0, ("odds_ratio_staff_low", "more_than", 1.0)),
            (0.2, 0.9, ("odds_ratio_staff_high", "fewer_than", 1.0)),
            (0.5, 2.0, ("odds_ratio_staff", "no_difference", 1.0)),
        ],
    )
    def test_role_effect(self, low, high, claim) -> None:
        from foistats.severity import tell
        from foistats.severity.analysis import RoleEffect

        settled = not low <= 1 <= high
        effect = RoleEffect(
            "staff", "officer", "odds_ratio", (low * high) ** 0.5, low, high, 1.0, settled
        )
        said = tell.role_effect(effect, {"staff": "Staff", "officer": "Officers"}, ["Without A"])
        assert untied(said) == []
        assert list(said.claims.values()) == [claim]

    def test_the_spread_at_its_boundary(self) -> None:
        from types import SimpleNamespace

        from foistats.severity import tell

        said = tell.random_intercept(SimpleNamespace(at_boundary=True, n_forces=5))
        assert untied(said) == []
        assert list(said.claims.values()) == [("random_intercept_sd", "equals", 0)]
        assert untied(tell.random_intercept(SimpleNamespace(at_boundary=False, n_forces=5))) == []


class TestClaims:
    """The sentence on published figures."""

    @pytest.mark.parametrize("possible", [True, False, None])
    @pytest.mark.parametrize("cut", [True, False])
    @pytest.mark.parametrize("complete", [None, 3])
    def test_in_words(self, possible, cut, complete) -> None:
        from types import SimpleNamespace

        from foistats.claims import report

        audit = SimpleNamespace(possible=possible, cut=cut, complete=complete, largest=3)
        assert untied(report.in_words(audit)) == []
