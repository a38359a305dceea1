"""Tables of forces by stratum: the same strata on both sides, one column each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foistats.errors import UsageError
from foistats.forces.columns import AMOUNT_IF_KNOWN, NAME, check, numbers


def same_strata(
    found: pd.Series, strata: list[str], label: str, other: str, *, complete: bool = True
) -> None:
    """Refuse tables of different strata; where not ``complete``, of unknown ones only.

    Raises
    ------
    UsageError
        Naming what only one of the tables has.
    """
    unknown = sorted(set(found) - set(strata))
    absent = sorted(set(strata) - set(found)) if complete and len(found) else []
    if unknown or absent:
        raise UsageError(
            f"strata of the {label} and of the {other} differ: only the {label} have "
            f"{', '.join(unknown) or 'none'}, only the {other} have {', '.join(absent) or 'none'}; "
            "both must have the same"
        )


def spread(frame: pd.DataFrame, column: str, forces: pd.Index, strata: list[str]) -> pd.DataFrame:
    """Return a column as one row per force and one column per stratum, NaN where there is none."""
    values = frame.set_index(["force", "stratum"])[column].astype(float)
    places = pd.MultiIndex.from_product([forces, strata], names=["force", "stratum"])
    table = values.reindex(places).to_numpy().reshape(len(forces), len(strata))
    return pd.DataFrame(table, index=forces, columns=strata)


def years_by_stratum(person_years: pd.DataFrame, strata: list[str], other: str) -> pd.DataFrame:
    """Return person-years, checked, as one row per force and one column per stratum."""
    label = "person-years"
    rules = {"force": NAME, "stratum": NAME, "person_years": AMOUNT_IF_KNOWN}
    check(person_years, label, rules, key=("force", "stratum"))
    same_strata(person_years["stratum"], strata, label, other)
    values = person_years.assign(person_years=numbers(person_years["person_years"]))
    forces = pd.Index(np.unique(person_years["force"].to_numpy(dtype=object)), name="force")
    return spread(values, "person_years", forces, strata)
