"""The rates of the whole survey, by role: what expected counts are made from.

With the number of cases N of the whole survey, n_r of them with role r in print, and T_r the
person-years of the role in the forces that answered::

    rate_r = N n_r / (sum_r n_r) / T_r

so cases whose role is not stated are shared out like the rest. Forces that refused are in neither.
Where the total is not printed, or in another unit, one rate holds for all roles: that of the forces
with an exact count. So it is where the total cannot be divided: who answered is not recorded, the
person-years of one who did are not known, or only a part of an answer that was given whole is in
print. Where no roles are printed, the total is divided by the person-years of all roles.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from foistats.codebooks import ANY
from foistats.errors import UsageError, did_you_mean
from foistats.forces.rates.strata import spread
from foistats.forces.study.answers import NO_UNIT
from foistats.layout import NOT_ANSWERED, TABLED, UNLIMITED
from foistats.register import Register

WHOLE = "the printed total of the survey, by role"
WHOLE_ONLY = "the printed total of the survey; roles not printed"
POOLED = "the forces with an exact count, all roles alike"


def reference_rates(
    register: Register,
    forces: pd.DataFrame,
    years: pd.DataFrame,
    *,
    without: str = "",
    per: float = 1000,
) -> pd.DataFrame:
    """Return the reference rate of every role.

    Parameters
    ----------
    register : Register
    forces : DataFrame
        One row per force (`foistats.forces.study.answers.answers`).
    years : DataFrame
        One row per force and role: ``force, stratum, person_years``; zero where a role is not in
        the population that a force's count covers.
    without : str
        A force with an exact count to leave out: its count is taken off the total, its
        person-years off those of who answered. The shares of the roles stay those of the whole
        survey.
    per : float

    Returns
    -------
    DataFrame
        One row per role: ``stratum, unit, cases`` (of the role, those without a stated role shared
        out), ``person_years, rate`` per ``per`` person-years, ``forces`` (how many the rate is of),
        ``method``. NaN where no person-years are known.

    Raises
    ------
    UsageError
        If there is no exact count of the force to leave out.
    """
    less = _count_of(forces, without)
    forces = forces[forces["force"] != without]
    grouping = register.study.roles.grouping(register.study.analysis.roles)
    roles = list(dict.fromkeys(years["stratum"])) or list(grouping.ids)
    table = spread(years, "person_years", pd.Index(forces["force"]), roles)
    answered = forces.loc[~forces["answer"].isin(NOT_ANSWERED), "force"]
    time = table.reindex(answered)
    unit = forces["unit"].iloc[0] if len(forces) else NO_UNIT
    ends = printed_total(register, unit)
    if ends is None or time.isna().to_numpy().any() or time.empty or not recorded(forces):
        return _pooled(forces, table, unit, per)
    total, by_role = max(sum(ends) / 2 - less, 0), national_roles(register)
    whole = time.sum()
    printed = pd.Series({role: float(by_role.get(role, 0)) for role in roles})
    method = WHOLE if printed.sum() else WHOLE_ONLY
    shares = printed if printed.sum() else whole
    cases = total * shares / shares.sum()
    return _rates(cases, whole, unit=unit, per=per, forces=len(time), method=method)


def _count_of(forces: pd.DataFrame, force: str) -> float:
    """Return the exact count of a force; zero for none, refused if there is none."""
    if not force:
        return 0.0
    exact = forces[forces["n_low"] == forces["n_high"]].set_index("force")["n_low"]
    if force not in exact.index:
        raise UsageError(
            f"reference rates cannot leave out '{force}': there is no exact count of it; there are "
            f"{', '.join(exact.index) or 'none'}{did_you_mean(force, exact.index)}"
        )
    return float(exact[force])


def printed_total(register: Register, unit: str) -> tuple[int, int] | None:
    """Return the cases of the whole survey, as an interval.

    None where no total is printed, or one without an upper end, of a part of the cases, of another
    survey or in another unit.
    """
    analysis, groups = register.study.analysis, register.groups
    whole = groups[(groups["group"] == analysis.nation) & (groups["coverage"] == "all")]
    whole = whole[(whole["survey"] == analysis.survey) & (whole["unit"] == unit)]
    statements = register.statements_of(analysis.nation)
    totals = statements[statements["part"] == "total"]
    if whole.empty or totals.empty or int(totals["n_high"].iloc[0]) >= UNLIMITED:
        return None
    return int(totals["n_low"].iloc[0]), int(totals["n_high"].iloc[0])


def national_roles(register: Register) -> Mapping[str, float]:
    """Return the cases of each role in the table of the whole survey that tells most of them.

    Of an interval its middle. Cases of a role set that spans two roles are with neither.
    """
    statements = register.statements_of(register.study.analysis.nation)
    entries = statements[statements["part"].isin(TABLED) & (statements["roles"] != ANY)]
    grouping = register.study.roles.grouping(register.study.analysis.roles)
    best: dict[str, float] = {}
    for _, table in entries.groupby("table"):
        found: dict[str, float] = {}
        if (table["n_high"] >= UNLIMITED).any():
            continue
        for roles, middle in zip(
            table["roles"], table[["n_low", "n_high"]].mean(axis=1), strict=True
        ):
            named = grouping.of(register.study.roles.levels_of(roles))
            if len(named) == 1:
                role = next(iter(named))
                found[role] = found.get(role, 0) + float(middle)
        best = max(best, found, key=lambda counts: sum(counts.values()))
    return best


def recorded(forces: pd.DataFrame) -> bool:
    """Whether it is known who is in the total of the survey, and with what.

    It is not where a count has no record of being asked, or is of another population or period than
    an answer that was whole: the rest of that is in the total, but not in the count. Who answered
    in part had nothing else to give.
    """
    part = (forces["coverage"] == "part") & (forces["n_high"] < UNLIMITED)
    part &= ~forces["answer"].isin(("partial", *NOT_ANSWERED))
    return not (forces["answer"].eq("") | part).any()


def _pooled(forces: pd.DataFrame, table: pd.DataFrame, unit: str, per: float) -> pd.DataFrame:
    exact = forces[forces["n_low"] == forces["n_high"]].set_index("force")
    time = table.reindex(exact.index).dropna()
    whole = time.sum()
    cases = float(exact.loc[time.index, "n_low"].sum())
    shares = whole / whole.sum() if whole.sum() else whole * float("nan")
    return _rates(cases * shares, whole, unit=unit, per=per, forces=len(time), method=POOLED)


def _rates(
    cases: pd.Series, years: pd.Series, *, unit: str, per: float, forces: int, method: str
) -> pd.DataFrame:
    time = years.where(years > 0)
    frame = pd.DataFrame({"cases": cases, "person_years": years, "rate": per * cases / time})
    frame = frame.rename_axis("stratum").reset_index()
    frame.insert(1, "unit", unit)
    return frame.assign(forces=forces, method=method)
