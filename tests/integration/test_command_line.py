"""The command line on real files: what it prints, what it refuses, and that nothing changes then."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.config import Home
from workbench.usecases.project import open_project

Run = Callable[..., subprocess.CompletedProcess[str]]
SAMPLE = Path(__file__).parents[2] / "projects" / "support-tickets"
pytestmark = pytest.mark.slow

ENTITIES = "# id = a-1\nAnn\tB-PER\nmet\tO\nBob\tB-PER\n\n# id = a-2\nIn\tO\nOslo\tB-LOC\n"
TOPICS = 'id,text,asked,channel\n7,"Ann, met ""Bob""",a,mail\nx/y,In Oslo 😀,b,\n'
TAGS = "id,text,asked\n1,Ann,a|b\n2,Oslo,|\n3,Bob,b\n"


def test_a_file_comes_in_with_its_counts_and_goes_out_as_it_was(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "in.conll").write_text(ENTITIES)
    workbench("init", "p", "--question", "entities:ner")
    printed = workbench("import", "p", "in.conll").stdout
    assert "2 sentences, 5 tokens, 3 entities" in printed
    assert "2 sentences kept, 0 adjusted, 0 rejected" in printed
    printed = workbench("export-data", "p", "-q", "entities", "--format", "iob2", "--out", "out.iob2").stdout
    assert "2 documents kept, 0 adjusted, 0 rejected" in printed
    assert (tmp_path / "out.iob2").read_text() == ENTITIES


@pytest.mark.parametrize(
    ("kind", "file", "content", "formats"),
    [
        ("ner", "in.conll", ENTITIES, ("iob2", "conll2003", "jsonl", "docbin", "label-studio")),
        ("textcat", "in.csv", TOPICS, ("csv", "jsonl", "docbin", "label-studio")),
        ("textcat-multi", "in.csv", TAGS, ("csv", "jsonl", "docbin", "label-studio")),
    ],
)
def test_documents_and_answers_go_out_and_come_back_in_every_format(
    workbench: Run, tmp_path: Path, kind: str, file: str, content: str, formats: tuple[str, ...]
) -> None:
    (tmp_path / file).write_text(content)
    label_column = ("--label-column", "asked") if kind != "ner" else ()
    workbench("init", "p", "--question", f"asked:{kind}")
    workbench("import", "p", file, *label_column)
    before = answers_in(tmp_path, "p")
    assert all(answers for *_, answers in before)
    for format_name in formats:
        out, other = f"out.{format_name}", f"from-{format_name}"
        printed = workbench("export-data", "p", "-q", "asked", "--format", format_name, "--out", out).stdout
        assert f"{len(before)} documents kept, 0 adjusted, 0 rejected" in printed
        assert format_name != "label-studio" or f"wrote {out} and out.label_config.xml" in printed
        workbench("init", other, "--question", f"asked:{kind}")
        again = label_column if format_name == "csv" else ()
        workbench("import", other, out, "--format", format_name, *again)
        assert answers_in(tmp_path, other) == before, format_name


def answers_in(home: Path, project_name: str) -> list[tuple[Any, ...]]:
    """Return what a project holds: id, text and metadata of each document, and its answers."""
    with open_project(Home(home), project_name) as project:
        return [
            (
                found.document.id,
                found.document.text,
                dict(found.document.metadata),
                [(a.question, a.annotator, a.status, set(a.labels), set(a.spans)) for a in found.annotations],
            )
            for found in project.store.labelled_documents("")
        ]


def test_texts_without_answers_come_into_a_project_of_any_kind(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\nAnn met Bob\nOslo\n")
    workbench("init", "p", "--question", "entities:ner")
    assert "documents: 2 new, 0 known; answers: 0 new" in workbench("import", "p", "in.csv").stdout


def test_an_export_says_its_encoding_when_it_is_asked_to(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,topic\n1,naïve 😀,a\n")
    (tmp_path / "b.csv").write_bytes("id,text,topic\n2,café,a\n".encode("cp1252"))
    workbench("init", "p", "--question", "topic:textcat")
    workbench("import", "p", "a.csv")
    workbench("import", "p", "b.csv", "--encoding", "cp1252")
    export = ("export-data", "p", "-q", "topic", "--format", "csv", "--out", "out.csv")
    assert "--encoding utf-8" in workbench(*export, fails=2).stderr
    workbench(*export, "--encoding", "utf-8")
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "id,text,topic\n1,naïve 😀,a\n2,café,a\n"


def test_skipping_bad_records_never_means_to_import_nothing(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,topic\none,a,b\ntwo,a,b\n")
    workbench("init", "p", "--question", "topic:textcat")
    complaint = workbench("import", "p", "in.csv", "--skip-bad", fails=2).stderr
    assert "line 2: 3 cells, but the header has 2 columns" in complaint
    assert "none of the rows" in complaint


def test_each_of_several_files_comes_back_byte_for_byte(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "train.conll").write_bytes(b"Ann\tB-PER\n\t\nRom\tB-LOC\nmet\tO\n\n")
    (tmp_path / "dev.conll").write_bytes(b"\xef\xbb\xbfOslo B-LOC\r\n\r\nis O\r\nbig O")
    (tmp_path / "test.conll").write_bytes(b"Eve\tB-PER\n")
    workbench("init", "p", "--question", "entities:ner")
    for name, held_out in (("train", ()), ("dev", ("--held-out",)), ("test", ("--held-out",))):
        workbench("import", "p", f"{name}.conll", *held_out)
    for name in ("train", "dev", "test"):
        arguments = ("--format", "iob2", "--file", f"{name}.conll", "--out", f"{name}.out")
        workbench("export-data", "p", "-q", "entities", *arguments)
        assert (tmp_path / f"{name}.out").read_bytes() == (tmp_path / f"{name}.conll").read_bytes()
    complaint = workbench(
        *("export-data", "p", "-q", "entities", "--format", "iob2", "--file", "tst.conll", "--out", "x"),
        fails=2,
    ).stderr
    assert "Did you mean 'test.conll'?" in complaint


def test_importing_a_file_again_changes_nothing(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,topic\nwhere is my parcel,delivery\nrefund me,returns\n")
    workbench("init", "p", "--question", "topic:textcat")
    assert "documents: 2 new, 0 known; answers: 2 new, 0 known" in workbench("import", "p", "in.csv").stdout
    assert "documents: 0 new, 2 known; answers: 0 new, 2 known" in workbench("import", "p", "in.csv").stdout


def test_a_wrong_file_is_refused_with_its_line_and_nothing_is_imported(
    workbench: Run, tmp_path: Path
) -> None:
    (tmp_path / "bad.conll").write_text("Ann\tB-PER\nLee\tI-LOC\n\nOslo\tLOC\n")
    (tmp_path / "good.conll").write_text(ENTITIES)
    workbench("init", "p", "--question", "entities:ner")
    complaint = workbench("import", "p", "bad.conll", fails=2).stderr
    assert "bad.conll" in complaint
    assert "line 2" in complaint
    assert "documents: 2 new, 0 known" in workbench("import", "p", "good.conll").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "nowhere", "x.csv"), "There is no project 'nowhere'"),
        (("import", "p", "absent.csv"), "There is no such file"),
        (("import", "p", "x.unknown"), "names no format"),
        (("train", "p", "-q", "topics"), "There is no question 'topics'"),
        (("train", "p", "-q", "topic", "--learner", "berd"), "Did you mean 'bert'?"),
        (("train", "p", "-q", "topic", "--learner", "tfidf", "--set", "depth=3"), "depth"),
        (("propose", "p", "-q", "topic", "--strategy", "margn"), "Did you mean 'margin'?"),
        (("evaluate", "p", "-q", "topic"), "No model was trained"),
        (("export", "p", "-q", "topic"), "No model was trained"),
        (("predict", "nowhere", "x.txt"), "There is no such folder"),
        (("init", "..", "-q", "topic:textcat"), "cannot be the name of a project"),
        (("init", "q", "-q", "topic"), "is not a question"),
        (("init", "p", "-q", "topic:textcat"), "already a project"),
        (("export-data", "p", "-q", "topic", "--format", "xlsx", "--out", "x"), "There is no format 'xlsx'"),
        (("train", "p", "-q", "topic", "--learner", "tfidf", "--report", "nope/x.json"), "no folder 'nope'"),
        (("evaluate", "p", "-q", "topic", "--html", "nope/x.html"), "no folder 'nope'"),
        (
            ("simulate", "p", "-q", "topic", "--learner", "tfidf", "--picture", "nope/x.png"),
            "no folder 'nope'",
        ),
        (
            ("simulate", "p", "-q", "topic", "--learner", "tfidf", "--picture", "x.bmpx"),
            "Let its name end in",
        ),
        (("distil", "p", "-q", "topic", "--report", "nope/x.json"), "no folder 'nope'"),
        (("export", "p", "-q", "topic", "--report", "nope/x.json"), "no folder 'nope'"),
    ],
)
def test_a_wrong_name_or_option_gets_one_clear_message(
    workbench: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "x.unknown").write_text("x")
    workbench("init", "p", "-q", "topic:textcat")
    rows = "".join(f"parcel {n},delivery\nrefund {n},returns\n" for n in range(10))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}")
    workbench("import", "p", "in.csv")
    assert words in workbench(*arguments, fails=2).stderr


def test_a_model_is_trained_judged_and_explained_without_a_held_out_set(
    workbench: Run, tmp_path: Path
) -> None:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(20))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}")
    workbench("init", "p", "-q", "topic:textcat")
    workbench("import", "p", "in.csv")
    printed = workbench("train", "p", "-q", "topic", "--learner", "tfidf", "--report", "run.json").stdout
    assert "out-of-fold, 40 documents" in printed
    run = json.loads((tmp_path / "run.json").read_text())
    assert run["basis"] == "out-of-fold"
    assert run["data_hash"]
    assert run["versions"]["scikit-learn"]
    shown = workbench("evaluate", "p", "-q", "topic", "--html", "report.html").stdout
    assert "wrote report.html" in shown
    assert "<script" not in (tmp_path / "report.html").read_text()


def test_a_project_that_comes_back_without_its_models_says_what_is_missing(
    workbench: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(20))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}")
    workbench("init", "p", "-q", "topic:textcat")
    workbench("import", "p", "in.csv")
    workbench("train", "p", "-q", "topic", "--learner", "tfidf")
    assert str(tmp_path / "models" / "p") in workbench("backup", "p", "--out", "saved").stdout
    assert "--move-aside" in workbench("restore", "p", "saved", fails=2).stderr
    workbench("restore", "again", "saved")
    assert "1 run(s) have no folder" in workbench("doctor", "again").stdout
    complaint = workbench("evaluate", "again", "-q", "topic", fails=2).stderr
    assert "are missing" in complaint
    assert "models/again" in complaint
    monkeypatch.setenv("WORKBENCH_THREADS", "abc")
    refused = workbench("train", "p", "-q", "topic", "--learner", "tfidf", fails=2).stderr
    assert "WORKBENCH_THREADS" in refused


def test_a_damaged_run_is_refused(workbench: Run, tmp_path: Path) -> None:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(20))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}")
    (tmp_path / "more.csv").write_text("id,text\nx1,where is it\n")
    workbench("init", "p", "-q", "topic:textcat")
    workbench("import", "p", "in.csv")
    workbench("import", "p", "more.csv")
    workbench("train", "p", "-q", "topic", "--learner", "tfidf")
    weights = next((tmp_path / "models" / "p").glob("topic-tfidf-*/model/*.safetensors"))
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert (
        "not the one that was published"
        in workbench("propose", "p", "-q", "topic", "--strategy", "margin", fails=2).stderr
    )


def test_words_to_look_for_are_checked_before_anything_is_proposed(workbench: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,topic\nwhere is it,delivery\nrefund please,\n")
    (tmp_path / "words.txt").write_text("delivery,parcel\nreturns,\n")
    workbench("init", "p", "-q", "topic:textcat")
    workbench("import", "p", "in.csv")
    propose = ("propose", "p", "-q", "topic", "--strategy")
    assert "looks for no words" in workbench(*propose, "random", "--term", "refund", fails=2).stderr
    assert "Known: delivery" in workbench(*propose, "seeds", "--term", "a=returns", fails=2).stderr
    assert "line 2" in workbench(*propose, "seeds", "--terms", "words.txt", fails=2).stderr
    shown = workbench(*propose, "seeds", "--batch", 1, "--term", "Refund=delivery").stdout
    assert "refund please" in shown
    round_ = ("round", "p", "-q", "topic", "--strategy", "seeds")
    assert "Known: delivery" in workbench(*round_, "--term", "a=returns", fails=2).stderr


def test_the_strategies_are_listed_with_what_each_needs(workbench: Run, tmp_path: Path) -> None:
    printed = workbench("strategies", "--kind", "ner").stdout
    assert "\nmnlp\n    The lowest log-probability of the best tags" in printed
    assert "badge" not in printed
    assert "small-text/greedy-coreset\n" in printed
    refused = workbench("strategies", "--kind", "spans", fails=2)
    assert "textcat, textcat-multi, ner" in refused.stderr


def test_advice_says_when_it_is_too_early_and_names_points_later(workbench: Run, tmp_path: Path) -> None:
    said_wrongly = {0: "returns", 7: "returns", 14: "returns", 21: "returns", 28: "returns", 35: "returns"}
    rows = [
        f"where is parcel {n},{said_wrongly.get(n, 'delivery')}\nplease refund {n},returns\n"
        for n in range(40)
    ]
    workbench("init", "p", "-q", "topic:textcat")
    assert "Too early to tell" in workbench("advise", "p", "-q", "topic").stdout
    for n in range(4):
        (tmp_path / f"in{n}.csv").write_text("text,topic\n" + "".join(rows[10 * n : 10 * n + 10]))
        workbench("import", "p", f"in{n}.csv")
        workbench("train", "p", "-q", "topic", "--learner", "tfidf")
    said = workbench("advise", "p", "-q", "topic", "--labels", 20, "--report", "advice.json").stdout
    assert said.startswith("The next 20 labels are likely to bring +")
    assert "models agree" in said
    report = json.loads((tmp_path / "advice.json").read_text())
    assert [step["n_labelled"] for step in report["steps"]] == [20, 40, 60, 80]
    for threshold in (0, -5):
        wrong = workbench("advise", "p", "-q", "topic", "--threshold", threshold, fails=2).stderr
        assert "--threshold" in wrong
        assert "greater than or equal to 0.001" in wrong


def test_the_loop_is_replayed_and_its_curve_written(workbench: Run, tmp_path: Path) -> None:
    words = ["parcel late courier", "refund return label", "invoice charge card"]
    names = ["delivery", "returns", "billing"]
    pool = [f"p{n},{words[n % 3]} {n},{names[n % 3]}" for n in range(60)]
    held_out = [f"h{n},{words[n % 3]} again {n},{names[n % 3]}" for n in range(12)]
    (tmp_path / "pool.csv").write_text("\n".join(["id,text,topic", *pool]))
    (tmp_path / "test.csv").write_text("\n".join(["id,text,topic", *held_out]))
    workbench("init", "p", "-q", "topic:textcat")
    workbench("import", "p", "pool.csv", "--label-column", "topic", "--id-column", "id")
    workbench("import", "p", "test.csv", "--held-out", "--label-column", "topic", "--id-column", "id")
    arguments = ("-q", "topic", "--learner", "tfidf", "--strategy", "margin", "--batch", 10, "--rounds", 3)
    for name in ("one.json", "two.json"):
        workbench("simulate", "p", *arguments, "--seed", 4, "--report", name, "--picture", "curve.png")
    one, two = (json.loads((tmp_path / name).read_text()) for name in ("one.json", "two.json"))
    assert [point["n_labelled"] for point in one["curve"]] == [10, 20, 30]
    assert one["alc"] == pytest.approx(sum(p["macro_f1"] for p in one["curve"]) / 3)
    assert one["chosen"] == two["chosen"]
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_batches_are_replayed_and_two_histories_compared(workbench: Run, tmp_path: Path) -> None:
    words, names = ["parcel late courier", "refund return label"], ["delivery", "returns"]
    rows = [f"p{n},{words[n % 2]} {n},{names[n % 2] if n < 20 else ''}" for n in range(60)]
    (tmp_path / "pool.csv").write_text("\n".join(["id,text,topic", *rows]))
    workbench("init", "p", "-q", "topic:textcat")
    workbench("import", "p", "pool.csv", "--label-column", "topic", "--id-column", "id")
    workbench("round", "p", "-q", "topic", "--learner", "tfidf", "--strategy", "margin", "--batch", 4)
    workbench("propose", "p", "-q", "topic", "--strategy", "random", "--batch", 4)
    workbench("backup", "p", "--out", "p.backup")
    workbench("restore", "q", "p.backup")
    printed = workbench("replay", "p", "-q", "topic", "--report", "replay.json").stdout
    assert "batch   1  margin               same, 4 documents" in printed
    assert "2 of 2 batches the same in " in printed
    assert [found["state"] for found in json.loads((tmp_path / "replay.json").read_text())] == ["same"] * 2
    equal = workbench("replay", "p", "-q", "topic", "--against", "q").stdout
    assert equal == "the histories are equal: 2 batches, and the answers since\n"
    for name, seed in (("p", 1), ("q", 2)):
        workbench("propose", name, "-q", "topic", "--strategy", "random", "--batch", 4, "--seed", seed)
    parted = workbench("replay", "p", "-q", "topic", "--against", "q", fails=1).stdout
    assert "2 batches alike; the histories part at batch 3:\n  the seed: 1 in 'p', 2 in 'q'\n" in parted


def test_output_that_nobody_reads_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        "workbench --help | head -1", shell=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert "Traceback" not in done.stderr
