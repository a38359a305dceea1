"""Variants of the invented study of towns, each with something that reports must survive."""

from foistats import publish
from foistats.publish.record import Record

from .conftest import TOWNS, Towns

HOSTILE = "{x} **b** <b>&$"
COUNTED = ("aldermoor", "brackwater", "corrie-dun", "dunvale", "eastmark", "fellgate", "grimshaw")


def as_it_is(towns: Towns) -> None:
    """Change nothing."""


def without_workforce(towns: Towns) -> None:
    towns.without_workforce()


def without_record_of_asking(towns: Towns) -> None:
    towns.remove("asked.csv")


def without_total(towns: Towns) -> None:
    """Leave the survey without a printed total: expected counts are at the pooled rate."""
    towns.change("study.toml", 'nation = "vale"\n', "")


def all_zero(towns: Towns) -> None:
    lines = towns.text("statements.csv").splitlines()
    vale = [line for line in lines if line.startswith("vale")]
    totals = [line.split(",") for line in lines if ",total," in line and line not in vale]
    zeros = [",".join([*row[:8], "0", "0", *row[10:]]) for row in totals]
    towns.write("statements.csv", "\n".join([lines[0], *zeros, *vale]) + "\n")


def only(towns: Towns, *kept: str) -> None:
    """Leave some of the towns in the study, and nothing of the others."""
    for town in TOWNS:
        group = town.lower().replace(" ", "-")
        if town in kept:
            continue
        if f",{town}," in towns.text("asked.csv"):
            towns.drop("asked.csv", f"inspections,{town},")
        if f"\n{group}," in towns.text("groups.csv"):
            towns.drop("groups.csv", f"{group},")
            towns.drop("statements.csv", f"{group}-")


def one_town(towns: Towns) -> None:
    only(towns, "Fellgate")


def two_towns(towns: Towns) -> None:
    only(towns, "Fellgate", "Harrowby")


def no_town(towns: Towns) -> None:
    only(towns)


def without_any_count(towns: Towns) -> None:
    for group in (*COUNTED, "inverloch"):
        towns.drop("groups.csv", f"{group},")
        towns.drop("statements.csv", f"{group}-")


def unlimited(towns: Towns) -> None:
    """Make one count "17 or more", one "0 or more", and one of unknown size."""
    towns.change("statements.csv", "T6,total,,,any,any,17,17", "T6,total,,,any,any,17,")
    towns.change("statements.csv", "T4,total,,,any,any,20,20", "T4,total,,,any,any,0,")
    towns.drop("statements.csv", *(f"dunvale-{number}" for number in range(2, 7)))
    towns.change(
        "groups.csv", "grimshaw,inspections,Grimshaw,2020-01-01", "grimshaw,inspections,Grimshaw,"
    )


def hostile(towns: Towns) -> None:
    """Give a town, the study's nouns, a population and a break letters that mean something."""
    for file in ("forces.csv", "asked.csv", "workforce.csv", "tiles.csv"):
        towns.write(file, towns.text(file).replace("Aldermoor", HOSTILE))
    towns.change("groups.csv", "inspections,Aldermoor", f"inspections,{HOSTILE}")
    towns.change("groups.csv", "public kitchens", "{public} *kitchens* <i>")
    towns.change("study.toml", '"public kitchens"', '"{public} *kitchens* <i>"')
    towns.change("breaks.csv", "the town counts stalls as kitchens", "{stalls} **are** <kitchens>")
    towns.change("study.toml", '["town", "towns"]', '["Ortschaft {o}", "Örter {o} <b> *x*"]')
    towns.change("study.toml", '["inspection", "inspections"]', '["{c}", "Prüfungen_{c}_"]')


VARIANTS = (
    as_it_is, without_workforce, without_record_of_asking, without_total, all_zero, one_town,
    two_towns, no_town, without_any_count, unlimited, hostile,
)  # fmt: skip


def spoken(monkeypatch, values, template: str) -> tuple[str, str]:
    """Publish values, say the template, and return its plain text and its Markdown."""
    shown: list[dict] = []
    monkeypatch.setattr(publish, "_PUBLISHED", Record())
    monkeypatch.setattr(publish, "_show", shown.append)
    for id, value in values.items():
        publish.value(id, **value)
    publish.say(template)
    return shown[-1]["text/plain"], shown[-1]["text/markdown"]
