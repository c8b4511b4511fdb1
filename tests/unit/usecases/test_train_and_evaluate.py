"""What a training and its evaluation say of themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

from workbench.analysis.wording import remarks_on_training
from workbench.config import Home
from workbench.domain.annotations import Annotation
from workbench.domain.conversion import ReadOptions
from workbench.domain.examples import Example
from workbench.domain.questions import LabelChange, Question
from workbench.domain.runs import Run
from workbench.domain.spans import Span
from workbench.domain.steps import STEPS, step_of
from workbench.errors import InputError
from workbench.usecases.change_labels import change_labels
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.distil_model import distil_model
from workbench.usecases.evaluate_model import evaluate_model
from workbench.usecases.export_model import export_model
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import Project, create_project, open_project, parse_question
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.record_annotations import record_annotations
from workbench.usecases.run_round import run_round
from workbench.usecases.runs import RECORDED, remark_on_labels
from workbench.usecases.simulate import Simulation, simulate, simulate_on
from workbench.usecases.train_model import Training, contradictions, recorded_config, train_model

TOPIC = Question("topic", "textcat", ("delivery", "returns"))
NAMES = Question("names", "ner", ("PER",))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(10))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}Where  is parcel 1,returns\n")
    create_project(Home(tmp_path), "p", [parse_question("topic:textcat")])
    with open_project(Home(tmp_path), "p") as opened:
        import_documents(opened, tmp_path / "in.csv", options=ReadOptions(question="topic"))
        yield opened


def test_texts_that_answers_contradict_are_counted_and_the_first_is_named() -> None:
    examples = [
        Example("d1", "My parcel", ("delivery",)),
        Example("d2", "my  parcel ", ("returns",)),
        Example("d3", "MY PARCEL", ("delivery",)),
        Example("d4", "a refund", ("returns",)),
        Example("d5", "A refund", ("returns",)),
    ]
    facts = contradictions(TOPIC, examples)
    assert facts == {"contradicted_texts": 1, "contradicting_documents": ["d1", "d2"]}
    (remark,) = remarks_on_training(facts)
    assert remark.startswith("1 text stands more than once with different answers (documents d1, d2)")
    assert contradictions(TOPIC, examples[3:]) == {}


def test_entities_of_texts_with_other_spacing_contradict_nothing() -> None:
    one = Example("d1", "Ann is", spans=(Span(0, 3, "PER", "Ann"),))
    two = Example("d2", " Ann is", spans=(Span(1, 4, "PER", "Ann"),))
    assert contradictions(NAMES, [one, two]) == {}


@pytest.mark.slow
def test_a_run_and_a_simulation_record_the_whole_configuration_and_not_only_the_overrides(
    project: Project, tmp_path: Path
) -> None:
    run = train_model(project, Training("topic", "tfidf", config={"c": 3.0}))
    head = {"c": 3.0, "balance": "none", "max_iterations": 1000, "offsets": "none", "give_up": 0.01}
    whole = {"longest_run": 2, **head}
    assert project.store.run(run.id).config == whole
    (tmp_path / "gold.csv").write_text("text,topic\nnew parcel,delivery\nnew refund,returns\n")
    options = ReadOptions(question="topic")
    import_documents(project, tmp_path / "gold.csv", options=options, held_out=True)
    report = simulate(project, "topic", Simulation("tfidf", "random", batch=20, rounds=1))
    assert report.as_dict()["config"] == {**whole, "c": 20.0}


@pytest.mark.slow
def test_a_simulation_says_when_the_pool_was_too_small_for_its_rounds(project: Project) -> None:
    question = project.store.question("topic")
    pool = collect_examples(project, "topic")
    small = simulate_on(question, pool, pool[:4], Simulation("tfidf", "random", batch=1000, rounds=2))
    assert small.remark == (
        "The pool has only 21 answered documents, too few for 2 x 1,000: it was used up in round 1."
    )
    assert small.as_dict()["remark"] == small.remark
    large = simulate_on(question, pool, pool[:4], Simulation("tfidf", "random", batch=10, rounds=2))
    assert large.remark == ""
    short = replace(large, n_labelled=(10, 14))
    assert short.remark.startswith("Only 14 of 20 documents were asked: batches were short")


def test_a_learner_on_vectors_is_recorded_with_name_and_id_of_its_encoder() -> None:
    class Encoder:
        id = "all-MiniLM-L6-v2@1-fp32-128"

    class Learner:
        config: ClassVar[dict[str, float]] = {"c": 1.0}

    recorded = recorded_config(Learner(), Encoder(), "minilm")  # type: ignore[arg-type]
    assert recorded == {"c": 1.0, "encoder": "minilm", "encoder_id": Encoder.id}
    assert recorded_config(Learner(), None, "minilm") == {"c": 1.0}  # type: ignore[arg-type]


def test_a_learner_that_is_given_as_an_encoder_is_said_to_be_one(project: Project) -> None:
    with pytest.raises(InputError, match="'tfidf' is a learner") as caught:
        train_model(project, Training("topic", encoder="tfidf"))
    assert caught.value.hint == "Say --learner tfidf."


def test_a_round_names_its_steps_in_the_order_that_is_shown(project: Project) -> None:
    steps: list[str] = []
    import_documents(project, more_texts(project.folder.parent), options=ReadOptions())
    run_round(
        project,
        Training("topic", "tfidf"),
        Ranking("margin", 2),
        progress=lambda done, total, what: steps.append(step_of(what)[0]),
    )
    assert tuple(dict.fromkeys(steps)) == STEPS["round"]


def more_texts(folder: Path) -> Path:
    path = folder / "more.csv"
    path.write_text("text\nwhere is it\nrefund it\nsend it back\n", encoding="utf-8")
    return path


def test_the_versions_of_every_package_that_shapes_a_model_are_recorded() -> None:
    assert {"onnxruntime", "sentence-transformers", "spacy"} <= set(RECORDED)


@pytest.mark.slow
def test_a_training_and_its_evaluation_say_which_answers_contradict_each_other(project: Project) -> None:
    run = train_model(project, Training("topic", "tfidf"))
    evaluation = evaluate_model(project, "topic")
    assert "different answers" in remarks_on_training(run.facts)[0]
    assert "different answers" in evaluation.warnings[0]
    assert "different answers" in evaluation.html.read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [LabelChange("rename", ("returns",), ("refunds",)), LabelChange("split", ("returns",), ("a", "b"))],
)
def test_a_run_of_other_labels_is_refused_by_whoever_uses_it_and_reported_with_a_warning(
    project: Project, change: LabelChange
) -> None:
    run = train_model(project, Training("topic", "tfidf"))
    change_labels(project, "topic", [change])
    record_annotations(project, [withdrawal(project)])
    uses = (
        lambda: propose_batch(project, "topic", Ranking("margin", 2)),
        lambda: distil_model(project, "topic"),
        lambda: export_model(project, "topic"),
    )
    for use in uses:
        with pytest.raises(InputError, match=f"labels of 'topic' changed since the run {run.id}") as caught:
            use()
        assert caught.value.hint == "Train again: workbench train p --question topic"
    assert propose_batch(project, "topic", Ranking("random", 1)).run is None
    evaluation = evaluate_model(project, "topic")
    assert "labels of 'topic' changed" in evaluation.warnings[0]
    assert "changed since the run" in evaluation.html.read_text(encoding="utf-8")


def test_a_label_that_was_renamed_and_got_its_name_back_is_another_version() -> None:
    old = Run("r", "topic", "tfidf", 0, TOPIC.labels, 0, n_examples=2, data_hash="0" * 64)
    assert remark_on_labels(TOPIC, old) == ""
    assert "version 0, today they are version 2" in remark_on_labels(replace(TOPIC, label_version=2), old)


def withdrawal(project: Project) -> Annotation:
    """Take the first answer back, so that a document waits for an answer."""
    first = project.store.current("topic")[0]
    return replace(first, client_id="w", status="withdrawn")
