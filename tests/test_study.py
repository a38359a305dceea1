"""A study's folder: found by path or name, its settings and codebooks validated."""

from pathlib import Path

import pytest

from foistats.codebooks import Codebook, Level, Term
from foistats.errors import InvalidStudyError, UsageError
from foistats.study import find_study, read_study

ROOT = Path(__file__).parent.parent
PRESS = ROOT / "data" / "pa-2014"


def findings(study: Path):
    with pytest.raises(InvalidStudyError) as caught:
        read_study(study)
    return caught.value.findings


class TestFinding:
    """A study is found by path or by name, and a wrong name is answered."""

    def test_by_name(self, monkeypatch):
        monkeypatch.delenv("FOISTATS_PROJECT", raising=False)
        for folder in (ROOT, ROOT / "notebooks"):
            monkeypatch.chdir(folder)
            assert find_study("pa-2014") == PRESS

    def test_by_declared_project(self, monkeypatch, tmp_path):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("FOISTATS_PROJECT", str(ROOT))
        assert find_study("pa-2014") == PRESS

    def test_unknown(self, monkeypatch):
        monkeypatch.delenv("FOISTATS_PROJECT", raising=False)
        monkeypatch.chdir(ROOT)
        with pytest.raises(UsageError, match="did you mean 'pa-2014'"):
            find_study("pa-2041")

    def test_not_a_study(self, tmp_path):
        with pytest.raises(UsageError, match=r"holds no study\.toml"):
            find_study(tmp_path)


class TestPrivate:
    """A study may say that its files are not to be kept."""

    def test_only_when_it_says_so(self, kitchens):
        assert not read_study(kitchens).private
        settings = kitchens / "study.toml"
        text = settings.read_text(encoding="utf-8")
        settings.write_text(text.replace("[words]", "private = true\n\n[words]"), encoding="utf-8")
        assert read_study(kitchens).private


class TestCodebook:
    """Words of the sources stand for sets of levels."""

    book = Codebook(
        "outcomes",
        "Outcome",
        (Level("none", "None"), Level("left", "Left")),
        (Term("sacked", "Sacked", ("left",)), Term("open", "Open", (), "not concluded")),
        readings={"doubt": {"sacked": ("none", "left")}},
    )

    @pytest.mark.parametrize(
        ("text", "levels"),
        [
            ("none", {"none"}),
            ("sacked", {"left"}),
            ("none|sacked", {"none", "left"}),
            ("any", {"none", "left"}),
            ("open", set()),
        ],
    )
    def test_levels_of(self, text, levels):
        assert self.book.levels_of(text) == levels

    def test_a_reading_changes_a_term_only(self):
        doubted = self.book.read_as("doubt")
        assert doubted.levels_of("sacked") == {"none", "left"}
        assert doubted.levels_of("left") == {"left"}
        assert self.book.levels_of("sacked") == {"left"}

    def test_unknown_names_are_answered(self):
        with pytest.raises(UsageError, match="has no reading 'dobt'; it has doubt; did you mean"):
            self.book.read_as("dobt")
        with pytest.raises(UsageError, match="has no grouping 'three'; it has none"):
            self.book.grouping("three")


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


BROKEN_SETTINGS = [
    ("study.toml", '"three-steps"', '"three-step"', "did you mean 'three-steps'?"),
    ("study.toml", "[words]", "[wrods]", "did you mean 'words'?"),
    ("study.toml", '["town", "towns"]', '"town"', "a list"),
    ("study.toml", '["town", "towns"]', '["town"]', '["singular", "plural"]'),
    ("study.toml", 'id          = "kitchens"', "", "id = …"),
    ("study.toml", "2023-03-01", '"March"', "a date such as"),
    ("study.toml", 'survey = "inspections"', 'survey = ""', "a text that is not empty"),
    ("study.toml", 'ladder = "three-steps"', 'leave_out = [{ group = 1 }]', "each group once"),
    ("study.toml", "2023-03-01", "2023-03-01T10:00:00", "a date such as"),
    ("study.toml", 'licence     = "CC0"', 'private = "yes"', "true or false"),
    ("codebooks/outcomes.toml", "ordered = true", 'ordered = "yes"', "true"),
    ("codebooks/outcomes.toml", "ordered = true", "ordered = false", "true"),
    ("codebooks/outcomes.toml", '"Measure"', "3", "a text in quotes"),
    ("codebooks/outcomes.toml", '["notice", "fine"]', "1", "levels = [{ id"),
    ("codebooks/outcomes.toml", '"Notice or fine"', '"Nothing found"', "each label once"),
    ("codebooks/outcomes.toml", 'id    = "fine"', 'id    = "a fine"', "an id of letters"),
    ("codebooks/roles.toml", 'label = "School"', 'label = "S"\nstandards = 3', "a list of texts"),
    ("codebooks/roles.toml", 'label = "School"', 'label = "S"\ncovered = 1', "true or false"),
    ("codebooks/roles.toml", 'label = "School"', 'label = "S"\ncovered = true', "this level alone"),
    ("codebooks/roles.toml", '"public"', '"Private"', "ids that differ in letters or digits"),
    ("codebooks/outcomes.toml", '"clean"', '"clean|tidy"', "an id without '|'"),
    ("codebooks/outcomes.toml", 'id    = "notice"', 'id    = "clean"', "each id once"),
    ("codebooks/outcomes.toml", 'levels = ["closed"]', 'levels = ["shut"]', "clean, notice"),
    ("codebooks/outcomes.toml", 'outside = "not settled"', "", "why it is no level"),
    ("codebooks/outcomes.toml", '["notice", "fine"]', '["notice"]', "every level in one group"),
    ("codebooks/outcomes.toml", "[[term]]", "[[trem]]", "did you mean 'term'?"),
    ("codebooks/roles.toml", 'id    = "caterer"', 'id    = "any"', "another id"),
    ("codebooks/roles.toml", 'label = "Hospital"', "", "label = …"),
]  # fmt: skip


class TestBrokenSettings:
    """Settings and codebooks are validated like tables."""

    @pytest.mark.parametrize(("file", "old", "new", "allowed"), BROKEN_SETTINGS)
    def test_setting(self, kitchens, file, old, new, allowed):
        replace(kitchens / file, old, new)
        found = findings(kitchens)
        assert any(f.file.endswith(file) and allowed in f.allowed for f in found), found

    def test_ladder_out_of_order(self, kitchens):
        path = kitchens / "codebooks" / "outcomes.toml"
        replace(path, 'levels = ["clean"]', 'levels = ["swap"]')
        replace(path, 'levels = ["closed"] },', 'levels = ["clean"] },')
        replace(path, 'levels = ["swap"]', 'levels = ["closed"]')
        found = findings(kitchens)
        assert any("the order of the ladder" in f.allowed for f in found)
