"""The claims of the earlier version whose wording no longer holds of the later one's values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from foistats.publish.claims import holds, told
from foistats.reports.changes.side import Side
from foistats.reports.changes.values import plain_values

CLAIMS_FILE = "claims.json"


def claim_changes(before: Side, after: Side) -> list[dict[str, Any]]:
    """Return the claims that held before and no longer do, in the order of their ids.

    Each has ``id``, ``text``, ``sentence``, ``predicate``, ``holds`` (false; or null where it
    cannot be judged any more) and ``words``: what the values say now.
    """
    values = plain_values(after.files)
    return [
        found
        for id, claim in sorted(_claims(before).items())
        if (found := _judged(id, claim, values)) is not None
    ]


def _judged(id: str, claim: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any] | None:
    predicate = claim.get("predicate") or ()
    verdict = holds(predicate, values)
    if verdict is True:
        return None
    return {
        "id": id,
        "text": str(claim.get("text", "")),
        "sentence": str(claim.get("sentence", "")),
        "predicate": predicate,
        "holds": verdict,
        "words": told(predicate, values) if verdict is False else "it cannot be judged any more",
    }


def _claims(side: Side) -> dict[str, Mapping[str, Any]]:
    try:
        found = json.loads(side.files.get(CLAIMS_FILE, b"{}"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {id: claim for id, claim in found.items() if isinstance(claim, dict)}
