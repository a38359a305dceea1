"""What the sentences on forces compare is claimed of published values, whatever the data are."""

from __future__ import annotations

import re

import pytest

from foistats.comparisons import VALUE, compared
from foistats.forces.study import profile_tell, tell, unprinted
from foistats.forces.study.comparison import variants
from foistats.forces.study.standing import standing

from .variants import VARIANTS, hostile, spoken


def untied(template: str) -> list[str]:
    """Return the phrases that compare and are none of a text's claims."""
    text = re.sub(r"(?<!\{)\{\w+\}", VALUE, template)
    for words in getattr(template, "claims", {}):
        assert words in text
        text = text.replace(words, VALUE)
    return compared(text)


@pytest.mark.parametrize("change", VARIANTS, ids=lambda change: change.__name__)
def test_every_comparison_is_tied(towns, change) -> None:
    change(towns)
    found = towns.compare()
    stand = standing(found, draws=50)
    words = found.register.study.words
    ratios = found.funnel()
    said = [
        tell.largest_in_words(found),
        tell.funnel_in_words(ratios, stand, words),
        tell.reference_in_words(found),
        tell.together_in_words(unprinted.together(found), words),
        tell.variants_in_words(found, variants(found)),
        *(profile_tell.in_words(stand, ratios, force) for force in found.forces["force"]),
    ]
    if change is not hostile:
        said.append(tell.notes_in_words(found))
    assert [untied(one) for one in said] == [[]] * len(said)


def test_the_largest_count_claims_to_be_so(towns_compared, monkeypatch) -> None:
    said = tell.largest_in_words(towns_compared)
    assert said.claims["The largest count"] == ("largest_count", "highest", ["next_largest_count"])
    values = tell.largest_values(towns_compared)
    assert values["next_largest_count"]["number"] < values["largest_count"]["number"]
    values |= {"forces_all": {"number": 10}, "next_largest_count": {"number": 1000}}
    with pytest.raises(Exception, match="'The largest count' does not hold"):
        spoken(monkeypatch, values, said)
