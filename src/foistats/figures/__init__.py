"""Figures of the reports: drawn with seaborn, with alternative text made from their data.

::

    style       size, type, colours, legends; a figure that says it has no data
    lettering   text measured and broken before it is drawn; notes below figures
    register    answers, coverage, flow_chart
    intervals   estimates with intervals
    estimates   what is drawn so: probabilities, random_intercepts, variants, predicted_and_printed
    funnels     funnel, with funnel_marks (how it is drawn), funnel_words (what it says) and places
                (where its labels go)
    ranks       ranks
    maps        tile_map
    surveys     surveys, with survey_words (what it says)

Every function takes tidy frames and returns a `Drawing`. Colours are those of seaborn's
``colorblind`` palette, and no figure relies on colour alone. Names are drawn as they are written:
long ones in several lines, a dollar sign as a dollar sign.
"""

from foistats.figures.estimates import (
    predicted_and_printed,
    probabilities,
    random_intercepts,
    variants,
)
from foistats.figures.funnels import funnel
from foistats.figures.intervals import intervals
from foistats.figures.maps import tile_map
from foistats.figures.ranks import ranks
from foistats.figures.register import answers, coverage, flow_chart
from foistats.figures.style import WIDTH, Drawing
from foistats.figures.surveys import surveys

__all__ = [
    "WIDTH",
    "Drawing",
    "answers",
    "coverage",
    "flow_chart",
    "funnel",
    "intervals",
    "predicted_and_printed",
    "probabilities",
    "random_intercepts",
    "ranks",
    "surveys",
    "tile_map",
    "variants",
]
