"""The tags of a file: which scheme they keep to, and what is refused (rows 1 to 6, 20 to 22)."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.domain.conversion import Imported, ReadOptions, WriteOptions
from workbench.errors import SourceError, UnknownNameError
from workbench.sources.iob2 import Iob2Source
from workbench.sources.iob_schemes import Entity, Tag, entities_of, faults, parse_tag, tags_of

SCHEMES = ("iob2", "iob1", "bioes", "bilou")


def read(tmp_path: Path, *tags: str, **options: object) -> Imported:
    """Read a file with one token a tag; '' ends a sentence."""
    path = tmp_path / "a.conll"
    path.write_text("".join(f"t{n}\t{tag}\n" if tag else "\n" for n, tag in enumerate(tags)))
    return Iob2Source().read(path, ReadOptions(**options))  # type: ignore[arg-type]


def refusal(tmp_path: Path, *tags: str, **options: object) -> SourceError:
    with pytest.raises(SourceError) as caught:
        read(tmp_path, *tags, **options)
    return caught.value


def spans(imported: Imported) -> list[list[tuple[str, str]]]:
    return [[(s.covered, s.label) for s in d.annotations[0].spans] for d in imported.documents]


def places(error: SourceError) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.line) for problem in error.problems]


def test_an_inside_tag_at_the_start_of_a_sentence_is_refused_with_its_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, "B-LOC", "O", "", "I-PER", "O")
    assert ("stray-inside", 4) in places(error)
    assert "--repair-iob" in error.hint


def test_repair_takes_a_stray_inside_tag_as_a_beginning_and_counts_it(tmp_path: Path) -> None:
    imported = read(tmp_path, "B-LOC", "O", "", "I-PER", "I-PER", repair_iob=True)
    assert spans(imported) == [[("t0", "LOC")], [("t3 t4", "PER")]]
    assert (imported.report.kept, imported.report.adjusted) == (1, 1)
    assert sum(n for reason, n in imported.report.warnings.items() if "repaired" in reason) == 1


def test_a_type_change_inside_an_entity_is_refused_with_its_line(tmp_path: Path) -> None:
    assert ("type-change", 2) in places(refusal(tmp_path, "B-PER", "I-LOC"))


def test_repair_makes_a_type_change_a_new_entity(tmp_path: Path) -> None:
    imported = read(tmp_path, "B-PER", "I-LOC", repair_iob=True)
    assert spans(imported) == [[("t0", "PER"), ("t1", "LOC")]]
    assert imported.report.adjusted == 1


def test_an_iob1_file_is_recognised_and_named(tmp_path: Path) -> None:
    error = refusal(tmp_path, "O", "I-PER", "I-PER", "B-PER", "", "I-LOC")
    assert places(error) == [("other-scheme", 2)]
    assert "looks like IOB1" in error.message
    assert "--scheme iob1" in error.hint


def test_an_iob1_file_converts_exactly_when_it_is_asked_for(tmp_path: Path) -> None:
    imported = read(tmp_path, "I-PER", "I-PER", "B-PER", "I-LOC", scheme="iob1")
    assert spans(imported) == [[("t0 t1", "PER"), ("t2", "PER"), ("t3", "LOC")]]


@pytest.mark.parametrize(
    ("tags", "name"),
    [
        (("B-PER", "E-PER", "S-LOC"), "BIOES"),
        (("B-PER", "L-PER", "U-LOC"), "BILOU"),
    ],
)
def test_bioes_and_bilou_are_recognised_and_read_under_bioes(
    tmp_path: Path, tags: tuple[str, ...], name: str
) -> None:
    error = refusal(tmp_path, *tags)
    assert f"looks like {name}" in error.message
    assert "--scheme bioes" in error.hint
    assert spans(read(tmp_path, *tags, scheme="bioes")) == [[("t0 t1", "PER"), ("t2", "LOC")]]


@pytest.mark.parametrize(
    ("tags", "line"),
    [
        (("O", "E-PER"), 2),
        (("O", "I-PER", "E-PER"), 2),
        (("B-PER", "S-PER", "E-PER"), 1),
        (("S-PER", "B-LOC", "E-PER"), 2),
        (("S-PER", "B-LOC"), 2),
    ],
)
def test_entities_that_are_not_opened_or_closed_are_refused_with_the_line(
    tmp_path: Path, tags: tuple[str, ...], line: int
) -> None:
    found = places(refusal(tmp_path, *tags, scheme="bioes"))
    assert line in {place for code, place in found if code in ("stray-inside", "unclosed")}


def test_mixed_schemes_are_refused_with_the_first_line_of_each(tmp_path: Path) -> None:
    error = refusal(tmp_path, "B-PER", "I-PER", "", "S-LOC", "", "I-LOC", "", "U-LOC")
    assert "IOB2 first at line 1, BIOES first at line 4, IOB1 first at line 6, BILOU first" in error.message


def test_an_iob2_file_read_as_iob1_is_named(tmp_path: Path) -> None:
    assert "looks like IOB2" in refusal(tmp_path, "B-PER", "I-PER", scheme="iob1").message


def test_an_unknown_scheme_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="bioes"):
        read(tmp_path, "O", scheme="bioe")


@pytest.mark.parametrize("tag", ["B-", "B", "PER", "b-per", "B_PER", "B--PER", " B-PER", "o", "B-PER "])
def test_a_malformed_tag_is_refused_with_its_line(tmp_path: Path, tag: str) -> None:
    assert [line for _, line in places(refusal(tmp_path, "O", tag))] == [2]


def test_a_type_may_hold_a_hyphen(tmp_path: Path) -> None:
    assert spans(read(tmp_path, "B-PER-X")) == [[("t0", "PER-X")]]


@pytest.mark.parametrize("label", ["a,b", 'say "x"', "<b>", "😀", "שלום", "x" * 300, "two words"])
def test_a_declared_label_of_any_characters_is_taken_and_written_back(tmp_path: Path, label: str) -> None:
    imported = read(tmp_path, f"B-{label}", labels=(label,))
    assert imported.questions[0].labels == (label,)
    Iob2Source().write(
        imported.documents, imported.questions, tmp_path / "b", WriteOptions(), imported.file_layout
    )
    assert (tmp_path / "b").read_bytes() == (tmp_path / "a.conll").read_bytes()


def test_a_label_of_301_characters_is_refused(tmp_path: Path) -> None:
    assert "300" in refusal(tmp_path, "B-" + "x" * 301).message


def test_labels_that_are_not_declared_are_listed_with_their_counts(tmp_path: Path) -> None:
    error = refusal(tmp_path, "B-LOC", "B-LOC", "B-PER", "B-ORG", labels=("PER",))
    assert "'LOC' (2), 'ORG' (1)" in error.message


def test_skip_bad_leaves_out_sentences_and_keeps_the_sum(tmp_path: Path) -> None:
    imported = read(
        tmp_path, "B-PER", "", "I-LOC", "", "O", "", "B-x ", "", "B-NEW", labels=("PER",), skip_bad=True
    )
    report = imported.report
    assert [d.document.id for d in imported.documents] == ["a-1", "a-3"]
    assert (report.kept, report.adjusted, report.rejected) == (2, 0, 3)
    assert [problem.line for problem in report.rejects] == [3, 7, 9]
    assert report.counts == {"sentences": 2, "tokens": 2, "entities": 1}


def test_a_file_in_another_scheme_is_refused_even_when_bad_sentences_are_skipped(tmp_path: Path) -> None:
    assert "looks like BIOES" in refusal(tmp_path, "S-PER", "O", skip_bad=True).message


@pytest.mark.parametrize("scheme", SCHEMES)
def test_entities_that_touch_come_back_from_every_scheme(scheme: str) -> None:
    entities = [Entity(0, 2, "A"), Entity(2, 3, "A"), Entity(3, 4, "B"), Entity(5, 6, "B"), Entity(6, 8, "B")]
    tags = [parse_tag(tag) for tag in tags_of(entities, 8, scheme)]
    assert entities_of(tags) == entities
    assert faults(tags, scheme) == []


def test_the_tags_of_each_scheme_are_the_published_ones() -> None:
    entities = [Entity(0, 1, "A"), Entity(1, 3, "A"), Entity(4, 7, "B")]
    expected = {
        "iob2": "B-A B-A I-A O B-B I-B I-B",
        "iob1": "I-A B-A I-A O I-B I-B I-B",
        "bioes": "S-A B-A E-A O B-B I-B E-B",
        "bilou": "U-A B-A L-A O B-B I-B L-B",
    }
    assert {scheme: " ".join(tags_of(entities, 7, scheme)) for scheme in SCHEMES} == expected


def test_a_label_is_never_mistaken_for_the_outside_tag() -> None:
    assert parse_tag("O") == Tag("O")
    assert parse_tag("B-O") == Tag("B", "O")


def test_a_single_stray_tag_is_named_with_both_ways_to_read_it(tmp_path: Path) -> None:
    error = refusal(tmp_path, "O", "I-PER", "B-PER", "", "O")
    assert "1 tag says so (line 2)" in error.message
    assert "--scheme iob1" in error.hint
    assert "--repair-iob" in error.hint
    repaired = read(tmp_path, "O", "I-PER", "B-PER", "", "O", repair_iob=True)
    assert spans(repaired) == spans(read(tmp_path, "O", "I-PER", "B-PER", "", "O", scheme="iob1"))


def test_a_broken_bioes_file_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "x.conll"
    path.write_text("Ann\tS-PER\nin\tO\nOslo\tE-LOC\n")
    with pytest.raises(SourceError, match="E-LOC without a B-LOC before") as caught:
        Iob2Source().read(path, ReadOptions(scheme="bioes"))
    assert "--repair-iob" in caught.value.hint
    repaired = Iob2Source().read(path, ReadOptions(scheme="bioes", repair_iob=True))
    assert [span.label for span in repaired.documents[0].annotations[0].spans] == ["PER", "LOC"]
