"""The words that studies lend to parameters, and what is said when they cannot be read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foistats.errors import DataError, UsageError
from foistats.reports.ask.vocabulary import Vocabularies, listed, study_folder

ROOT = Path(__file__).parents[3]


@pytest.fixture
def words(kitchens):
    """Return a function that reads a vocabulary of the invented study anew."""
    return lambda vocabulary: Vocabularies(kitchens.parent).words(vocabulary, kitchens)


def test_each_vocabulary(words) -> None:
    assert words("force")[:3] == ("Aldermoor", "Brackwater", "Corrie Dun")
    assert words("role") == ("school", "hospital", "caterer")
    assert words("ladder") == ("three-steps", "all-steps")


def test_forces_are_those_with_groups_but_no_areas(words, kitchens) -> None:
    groups = kitchens / "groups.csv"
    header, first, *_ = groups.read_text().splitlines()
    area = first.replace("aldermoor", "county").replace("Aldermoor", "The whole county")
    groups.write_text("\n".join([header, first, area, ""]))
    assert words("force") == ("Aldermoor", "The whole county")
    with (kitchens / "forces.csv").open("a") as file:
        file.write("The whole county,region\n")
    assert words("force") == ("Aldermoor",)


def test_without_groups_the_forces_file_counts(words, kitchens) -> None:
    (kitchens / "groups.csv").unlink()
    with (kitchens / "forces.csv").open("a") as file:
        file.write("The whole county,region\n")
    assert "Aldermoor" in words("force")
    assert "The whole county" not in words("force")
    (kitchens / "forces.csv").unlink()
    with pytest.raises(DataError, match=r"^kitchens/groups\.csv: .*it names no force"):
        words("force")


def test_the_forces_file_may_lie_elsewhere(words, kitchens) -> None:
    (kitchens / "groups.csv").unlink()
    (kitchens / "forces.csv").rename(kitchens.parent / "shared.csv")
    settings = kitchens / "study.toml"
    settings.write_text(settings.read_text() + '\n[files]\nforces = "../shared.csv"\n')
    assert "Aldermoor" in words("force")


@pytest.mark.parametrize(
    ("vocabulary", "file", "content", "said"),
    [
        ("force", "groups.csv", b"group\nx\n", r"kitchens/groups\.csv: .*no column 'force'"),
        ("force", "groups.csv", b"group,force\nx\n", r"kitchens/groups\.csv: .*row 2 has no"),
        ("force", "groups.csv", b"force\n\xff\n", r"kitchens/groups\.csv: .*codec"),
        ("force", "groups.csv", b'force\n"x\n', r"kitchens/groups\.csv: cannot be read"),
        ("force", "forces.csv", b"name\nx\n", r"kitchens/forces\.csv: .*no column 'force'"),
        ("force", "study.toml", b"[study", r"kitchens/study\.toml: .*Expected ']'"),
        ("force", "study.toml", b"[files]\nforces = 1", r"kitchens/study\.toml: .*no text"),
        ("role", "codebooks/roles.toml", b"level = 1", r"kitchens/codebooks/roles\.toml"),
        ("ladder", "codebooks/outcomes.toml", b"[[", r"kitchens/codebooks/outcomes\.toml"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(
    words, kitchens, vocabulary, file, content, said
) -> None:
    (kitchens / file).write_bytes(content)
    with pytest.raises(DataError, match=f"(?s){said}") as caught:
        words(vocabulary)
    assert caught.value.exit_code == 3


def test_a_missing_codebook_and_one_without_groupings(words, kitchens) -> None:
    roles, outcomes = (kitchens / "codebooks" / name for name in ("roles.toml", "outcomes.toml"))
    roles.unlink()
    with pytest.raises(DataError, match=r"(?s)codebooks/roles\.toml.*no such file"):
        words("role")
    outcomes.write_text(outcomes.read_text().split("[[grouping]]")[0])
    with pytest.raises(DataError, match=r"codebooks/outcomes\.toml: .*it names no ladder"):
        words("ladder")


def test_a_file_is_read_once(kitchens) -> None:
    vocabularies = Vocabularies(kitchens.parent)
    before = vocabularies.words("force", kitchens)
    (kitchens / "groups.csv").write_text("rubbish")
    assert vocabularies.words("force", kitchens) is before


@pytest.mark.parametrize(
    "study", ["", "../../etc", "x" * 10_000, "a\nb", "~nobody-of-this-name", "{{ x }}", "\0"]
)
def test_a_study_that_is_none(folder, study: str) -> None:
    with pytest.raises(UsageError, match="is not a study") as caught:
        study_folder(folder.root, study)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_the_only_study_serves_a_report_that_asks_for_none(folder) -> None:
    vocabularies = Vocabularies(folder.root)
    assert vocabularies.only_study(where="x") == folder.root / "data/pa"
    folder.write("data/other/study.toml", "")
    with pytest.raises(UsageError, match=r'allowed = "study", and data/ holds 2 studies'):
        vocabularies.only_study(where="x")


def test_long_lists_are_shortened() -> None:
    assert listed(("a", "b")) == "a, b"
    shown = listed(tuple(f"force {number}" for number in range(43)))
    assert shown.endswith(", … (43 in all)")
    assert len(shown) < 230


def test_the_committed_study_has_no_areas_among_its_forces() -> None:
    press = ROOT / "data" / "pa-2014"
    found = Vocabularies(ROOT).words("force", press)
    assert "Kent" in found
    assert "England and Wales" not in found


def test_reading_words_is_light(kitchens) -> None:
    text = (
        "import sys; from pathlib import Path; from foistats.reports.ask.vocabulary import *\n"
        "v = Vocabularies(Path('.'))\n"
        f"[v.words(word, Path({str(kitchens)!r})) for word in VOCABULARIES]\n"
        "print([m for m in ('pandas', 'numpy', 'papermill', 'nbformat') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
