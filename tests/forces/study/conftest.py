"""An invented study with everything a comparison of its towns can meet.

Of eleven towns ten were asked: seven answered (one with an interval, one picked), one in part, one
without a count in print, one refused. The eleventh has no record of being asked.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from foistats.forces.study.comparison import Comparison, compare
from foistats.register import Register, read_register

KITCHENS = """\
town        school  hospital  caterer  mobile  yearly
Aldermoor      400       100      500      40      20
Brackwater     300       200      300      30       0
Corrie Dun     120        40      140      10      -4
Dunvale        260        60      200       0      10
Eastmark       200       100      300      20       0
Fellgate       150        50      200      20       5
Grimshaw       180        70      250      30       0
Harrowby       100        50      150      10       0
Inverloch      220        80      300      30      10
Jessamy         90        30      120      10       2
Kestrel         60        20       80       0       0
"""
"""Kitchens in 2019, and how many each group gains in a year; mobile ones gain none."""
TOWNS = [line.rsplit(maxsplit=5)[0] for line in KITCHENS.splitlines()[1:]]
YEARS = range(2019, 2024)
ASKED = """\
survey,force,answer,source,note
inspections,Aldermoor,disclosed,T1,
inspections,Brackwater,disclosed,T2,
inspections,Corrie Dun,disclosed,T3,
inspections,Dunvale,disclosed,T4,
inspections,Eastmark,suppressed,T5,fewer than five are not printed
inspections,Fellgate,disclosed,T6,
inspections,Grimshaw,disclosed,T7,
inspections,Harrowby,refused,T8,it would cost too much
inspections,Inverloch,partial,T8,its public kitchens only
inspections,Jessamy,not_in_print,T8,it answered
"""
BREAKS = """\
force,role_group,from,reason
Brackwater,caterer,2021-03-31,the town counts stalls as kitchens
"""
TILES = """\
force,short,row,column
Aldermoor,Ald,0,0
Brackwater,Brack,0,1
Corrie Dun,Corrie,1,0
Dunvale,Dun,1,1
Eastmark,East,1,2
Fellgate,Fell,2,0
Grimshaw,Grim,2,1
Harrowby,Harr,2,2
Inverloch,Inver,3,0
Jessamy,Jess,3,1
Kestrel,Kest,3,2
"""
SETTINGS = """\

[files]
workforce = "workforce.csv"
breaks    = "breaks.csv"
tiles     = "tiles.csv"

[workforce]
day       = "03-31"
hold_days = 30

[[workforce.readings]]
label  = "kitchens with an address"
strata = { public = ["school", "hospital"], private = ["caterer"] }

[[workforce.readings]]
label  = "mobile kitchens among the private"
strata = { public = ["school", "hospital"], private = ["caterer", "mobile"] }

[workforce.populations]
"all kitchens"    = ["public", "private"]
"public kitchens" = ["public"]
"""
GROUPS = """\
inverloch,inspections,Inverloch,2020-01-01,2022-12-31,public kitchens,case,part,rule,no private
vale,inspections,The Vale,2020-01-01,2022-12-31,all kitchens,case,all,rule,the county added
"""
STATEMENTS = """\
inverloch-1,inverloch,T8,total,,,any,any,6,6,printed,rule
vale-1,vale,T8,total,,,any,any,170,170,printed,rule
vale-2,vale,T8,margin,who,,school|hospital,any,80,80,printed,rule
vale-3,vale,T8,margin,who,,caterer,any,60,60,printed,rule
vale-4,vale,T8,remainder,who,,any,any,30,30,derived,rule
"""
SOURCE = "T8,inspections,The county of the Vale,invented,Summary of the county,2023-02-01,,\n"


@dataclass(frozen=True)
class Towns:
    """The folder of the study: plain files that a test changes before it reads them."""

    folder: Path

    def text(self, file: str) -> str:
        return (self.folder / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        (self.folder / file).write_text(text, encoding="utf-8")

    def add(self, file: str, *lines: str) -> None:
        self.write(file, self.text(file) + "".join(f"{line}\n" for line in lines))

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a text wherever it stands; it must stand there."""
        assert old in self.text(file), f"{file} has no {old!r}"
        self.write(file, self.text(file).replace(old, new))

    def drop(self, file: str, *starts: str) -> None:
        """Leave out the lines that start so; each must start one."""
        lines = self.text(file).splitlines(keepends=True)
        for start in starts:
            assert any(line.startswith(start) for line in lines), f"{file} has no line {start!r}"
        self.write(file, "".join(line for line in lines if not line.startswith(starts)))

    def remove(self, file: str) -> None:
        """Delete a file, and the line of study.toml that names it."""
        (self.folder / file).unlink()
        named = [line for line in self.text("study.toml").splitlines() if f'"{file}"' in line]
        if named:
            self.drop("study.toml", *named)

    def without_workforce(self) -> None:
        settings = self.text("study.toml")
        self.write("study.toml", settings[: settings.index("[workforce]")])
        self.remove("workforce.csv")
        self.remove("breaks.csv")

    def read(self) -> Register:
        return read_register(self.folder)

    def compare(self, **options: object) -> Comparison:
        return compare(self.read(), **options)


def headcounts() -> str:
    """Return the table of kitchens as the file that the study names."""
    header, *rows = [line.rsplit(maxsplit=5) for line in KITCHENS.splitlines()]
    lines = ["force,year,role_group,headcount"]
    for town, *numbers in rows:
        yearly = int(numbers.pop())
        for group, number in zip(header[1:-1], map(int, numbers), strict=True):
            gain = 0 if group == "mobile" else yearly
            lines += [f"{town},{y},{group},{number + gain * (y - 2019)}" for y in YEARS]
    return "\n".join(lines) + "\n"


@pytest.fixture
def towns(kitchens: Path) -> Towns:
    """The invented study, to be changed and read."""
    study = Towns(kitchens)
    study.write("forces.csv", "force,kind,within\nThe Vale,nation,\n")
    study.add("forces.csv", *(f"{town},force,The Vale" for town in TOWNS))
    study.write("sources.csv", study.text("sources.csv") + SOURCE)
    study.write("groups.csv", study.text("groups.csv") + GROUPS)
    study.write("statements.csv", study.text("statements.csv") + STATEMENTS)
    study.change("study.toml", 'roles  = "who"', 'roles  = "who"\nnation = "vale"')
    study.write("study.toml", study.text("study.toml") + SETTINGS)
    study.write("workforce.csv", headcounts())
    for file, text in (("asked.csv", ASKED), ("breaks.csv", BREAKS), ("tiles.csv", TILES)):
        study.write(file, text)
    return study


@pytest.fixture
def towns_compared(towns: Towns) -> Comparison:
    return towns.compare()
