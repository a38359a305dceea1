"""A review on one page, in plain words: what was checked, what was found, what remains open."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import foistats
from foistats.reports.pages.page import date_text, rendered
from foistats.reports.replay.review import Review
from foistats.reports.replay.terminal import counted, told

_TEXT = 200


def certificate(review: Review, *, title: str, on: datetime.date) -> bytes:
    """Write the certificate of a review: one HTML page without script or anything to fetch.

    Parameters
    ----------
    review : Review
        What was found.
    title : str
        The report's title.
    on : date
        The day of the review.
    """
    answer = review.answer
    return rendered(
        "certificate.html.j2",
        review=review,
        title=title,
        day=date_text(on.isoformat()),
        release=foistats.__version__,
        is_good=not review.complaints,
        counted=list(counted(answer)) if answer else [],
        bad=[told(one) for one in answer.bad] if answer else [],
        values=list(_values(review)),
    )


def _values(review: Review) -> Iterator[dict[str, Any]]:
    """Yield each value with its verdict; what is identical needs no numbers beside it."""
    for one in review.answer.verdicts if review.answer else ():
        if one.kind == "value":
            yield {
                "id": one.id,
                "verdict": one.verdict,
                "recorded": one.recorded[:_TEXT],
                "replayed": one.replayed[:_TEXT],
                "where": one.where,
            }
