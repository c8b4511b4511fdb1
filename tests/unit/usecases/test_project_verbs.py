"""Verbs on a real project in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.config import Home
from workbench.domain.annotations import Annotation, new_client_id
from workbench.domain.conversion import ReadOptions
from workbench.domain.questions import LabelChange
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores
from workbench.errors import ArtefactError, InputError, NotEnoughDataError, UnknownNameError
from workbench.store.jobs import Jobs
from workbench.usecases.change_labels import count_labels
from workbench.usecases.collect_examples import collect_examples
from workbench.usecases.import_documents import import_documents
from workbench.usecases.project import (
    Project,
    create_project,
    open_project,
    parse_question,
    project_names,
    with_overlaps,
)
from workbench.usecases.propose_batch import Ranking, propose_batch
from workbench.usecases.record_annotations import record_annotations
from workbench.usecases.run_round import run_round
from workbench.usecases.runs import judged_documents, judged_scores, load_model, need_run
from workbench.usecases.simulate import Simulation, simulate
from workbench.usecases.train_model import Training, train_model
from workbench.usecases.unanswered import unanswered
from workbench.worker.loop import run_worker


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    create_project(Home(tmp_path), "p", [parse_question("topic:textcat"), parse_question("entities:ner")])
    with open_project(Home(tmp_path), "p") as opened:
        yield opened


@pytest.fixture
def pool(project: Project, tmp_path: Path) -> Project:
    (tmp_path / "pool.csv").write_text("text,topic\none,a\ntwo,b\nthree,\nfour,\n")
    import_documents(project, tmp_path / "pool.csv", options=ReadOptions(question="topic"))
    return project


def test_an_overlap_is_how_many_annotators_answer_on_what_share(tmp_path: Path) -> None:
    asked = with_overlaps(
        [parse_question("topic:textcat"), parse_question("mood:textcat"), parse_question("names:ner")],
        ["topic:2:0.25", "names:3"],
    )
    create_project(Home(tmp_path), "q", asked)
    with open_project(Home(tmp_path), "q") as opened:
        kept = [(q.name, q.overlap, q.overlap_share) for q in opened.store.questions()]
    assert kept == [("topic", 2, 0.25), ("mood", 1, 1.0), ("names", 3, 1.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topic", "'topic' is no overlap"),
        ("topic:two", "is no overlap"),
        ("topic:2:0.1:3", "is no overlap"),
        ("topic:2:", "is no overlap"),
        ("topic:0", "1 to 1,000 annotators"),
        ("topic:99999999999999999999", "1 to 1,000 annotators"),
        ("topic:2:1.5", "a share from 0 to 1"),
        ("topic:2:nan", "a share from 0 to 1"),
        ("topics:2", "Did you mean 'topic'"),
    ],
)
def test_what_is_no_overlap_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        with_overlaps([parse_question("topic:textcat")], [text])


def test_a_question_without_labels_takes_those_of_its_first_file(pool: Project) -> None:
    assert pool.store.question("topic").labels == ("a", "b")


def test_a_file_with_other_labels_is_refused_and_changes_nothing(pool: Project, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("text,topic\nfive,c\n")
    with pytest.raises(InputError, match="c"):
        import_documents(pool, tmp_path / "more.csv", options=ReadOptions(question="topic"))
    assert pool.store.n_documents() == 4
    assert pool.store.question("topic").labels == ("a", "b")


def test_a_refused_first_file_leaves_no_labels_behind(project: Project, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text('text,topic\none,a\n"two,b\n')
    with pytest.raises(InputError):
        import_documents(project, tmp_path / "bad.csv", options=ReadOptions(question="topic"))
    assert project.store.question("topic").labels == ()
    assert project.store.n_documents() == 0


def asking(tmp_path: Path, *questions: str) -> Path:
    return create_project(Home(tmp_path), "asked", [parse_question(text) for text in questions])


@pytest.mark.parametrize(
    ("name", "content", "questions", "answered"),
    [
        ("x.csv", "text,asked\none,a\n", ("e:ner", "t:textcat"), "t"),
        ("x.csv", "text,asked\none,a\n", ("e:ner", "m:textcat-multi"), "m"),
        ("x.jsonl", '{"text": "one", "label": "a"}\n', ("e:ner", "t:textcat"), "t"),
        ("x.jsonl", '{"text": "one", "label": "a"}\n', ("m:textcat-multi", "t:textcat"), "t"),
        ("x.jsonl", '{"text": "one", "labels": ["a"]}\n', ("m:textcat-multi", "t:textcat"), "m"),
        ("x.jsonl", '{"text": "one", "labels": ["a"]}\n', ("e:ner", "t:textcat"), "t"),
        ("x.jsonl", '{"text": "one", "label": [[0, 3, "P"]]}\n', ("t:textcat", "e:ner"), "e"),
        ("x.conll", "one\tB-P\n", ("t:textcat", "e:ner"), "e"),
    ],
)
def test_the_only_question_of_the_kind_of_a_file_need_not_be_named(
    tmp_path: Path, name: str, content: str, questions: tuple[str, ...], answered: str
) -> None:
    asking(tmp_path, *questions)
    (tmp_path / name).write_text(content)
    with open_project(Home(tmp_path), "asked") as project:
        import_documents(project, tmp_path / name, options=ReadOptions())
        assert len(project.store.current(answered)) == 1


@pytest.mark.parametrize(("name", "content"), [("x.csv", "text\none\n"), ("x.jsonl", '{"text": "one"}\n')])
def test_texts_alone_come_without_naming_a_question(tmp_path: Path, name: str, content: str) -> None:
    asking(tmp_path, "t:textcat", "u:textcat", "e:ner")
    (tmp_path / name).write_text(content)
    with open_project(Home(tmp_path), "asked") as project:
        import_documents(project, tmp_path / name, options=ReadOptions())
        assert project.store.n_documents() == 1


@pytest.mark.parametrize("second", ["u:textcat", "u:textcat-multi"])
def test_the_question_of_a_file_must_be_named_when_several_fit(tmp_path: Path, second: str) -> None:
    asking(tmp_path, "t:textcat", second, "e:ner")
    (tmp_path / "pool.csv").write_text("text,topic\none,a\n")
    with open_project(Home(tmp_path), "asked") as project:
        with pytest.raises(InputError, match="Which question") as caught:
            import_documents(project, tmp_path / "pool.csv", options=ReadOptions())
        assert caught.value.hint == "Say --question, one of: t, u."
        assert project.store.n_documents() == 0


def test_of_several_questions_that_with_most_of_the_labels_of_the_file_is_answered(tmp_path: Path) -> None:
    asking(tmp_path, "t:textcat", "u:textcat", "e:ner")
    (tmp_path / "pool.csv").write_text("text,topic\none,low\ntwo,high\n")
    with open_project(Home(tmp_path), "asked") as project:
        project.store.change_labels("t", LabelChange("add", (), ("billing", "low")))
        project.store.change_labels("u", LabelChange("add", (), ("low", "high")))
        import_documents(project, tmp_path / "pool.csv", options=ReadOptions())
        assert len(project.store.current("u")) == 2
        assert not project.store.current("t")


def test_an_entity_file_in_a_project_that_asks_for_none_is_refused(tmp_path: Path) -> None:
    asking(tmp_path, "t:textcat", "u:textcat")
    (tmp_path / "x.conll").write_text("Ann\tB-PER\n")
    with open_project(Home(tmp_path), "asked") as project:
        with pytest.raises(InputError, match="a ner question, and the project asks none") as caught:
            import_documents(project, tmp_path / "x.conll", options=ReadOptions())
        assert "t (textcat), u (textcat)" in caught.value.hint


def test_an_entity_file_cannot_answer_a_topic(project: Project, tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("Ann\tB-PER\n")
    with pytest.raises(InputError, match="answers a ner question"):
        import_documents(project, tmp_path / "x.conll", options=ReadOptions(question="topic"))


STUDIO_CONFIG = (
    '<View><Text name="text" value="$text"/>'
    '<Choices name="mood" toName="text"><Choice value="good"/></Choices>'
    '<Choices name="topic" toName="text"><Choice value="a"/></Choices></View>'
)


def studio_export(folder: Path) -> Path:
    chosen = {"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["a"]}}
    task = {"id": 1, "data": {"text": "one"}, "annotations": [{"id": 1, "result": [chosen]}]}
    (folder / "label_config.xml").write_text(STUDIO_CONFIG)
    (folder / "export.json").write_text(json.dumps([task]))
    return folder / "export.json"


def test_a_label_studio_file_cannot_be_taken_for_another_question(project: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"No control asks the question 'entities'.*mood, topic"):
        import_documents(project, studio_export(tmp_path), options=ReadOptions(question="entities"))
    assert project.store.n_documents() == 0


def test_one_question_of_a_label_studio_file_is_imported_by_its_name(
    project: Project, tmp_path: Path
) -> None:
    path = studio_export(tmp_path)
    with pytest.raises(InputError, match="'mood' that the project does not ask") as caught:
        import_documents(project, path, options=ReadOptions())
    assert "--question" in caught.value.hint
    import_documents(project, path, options=ReadOptions(question="topic"))
    assert [a.labels for a in project.store.current("topic")] == [("a",)]


def test_held_out_documents_are_never_proposed_nor_examples_of_the_pool(
    pool: Project, tmp_path: Path
) -> None:
    (tmp_path / "gold.csv").write_text("id,text,topic\ng1,nine,a\n")
    options = ReadOptions(question="topic", label_column="topic", id_column="id")
    import_documents(pool, tmp_path / "gold.csv", options=options, held_out=True)
    assert [e.text for e in collect_examples(pool, "topic", part="held-out")] == ["nine"]
    assert [e.text for e in collect_examples(pool, "topic")] == ["one", "two"]
    batch = propose_batch(pool, "topic", Ranking("random", 50))
    assert "g1" not in {proposal.document_id for proposal in batch.proposals}
    assert len(batch.proposals) == 2


def test_a_text_that_is_held_out_too_is_counted_and_never_learned_nor_asked(
    pool: Project, tmp_path: Path
) -> None:
    (tmp_path / "gold.csv").write_text("id,text,topic\ng1,one,a\ng2,three,b\ng3,nine,b\n")
    options = ReadOptions(question="topic", label_column="topic", id_column="id")
    result = import_documents(pool, tmp_path / "gold.csv", options=options, held_out=True)
    assert result.n_twins == 2
    assert [e.text for e in collect_examples(pool, "topic")] == ["two"]
    assert [e.text for e in collect_examples(pool, "topic", part="held-out")] == ["one", "three", "nine"]
    batch = propose_batch(pool, "topic", Ranking("random", 50))
    assert [pool.store.document(p.document_id).text for p in batch.proposals] == ["four"]


def test_the_same_seed_proposes_the_same_batch(pool: Project) -> None:
    one, two = (propose_batch(pool, "topic", Ranking("random", 2, seed=7)) for _ in range(2))
    assert one.proposals == two.proposals


def test_an_answered_or_skipped_document_is_not_asked_again(pool: Project) -> None:
    left = unanswered(pool, "topic")
    skipped = Annotation(new_client_id(), left[0], "topic", "ann", status="skipped")
    version = pool.store.question("topic").label_version
    answered = Annotation(new_client_id(), left[1], "topic", "ann", ("a",), label_version=version)
    record_annotations(pool, [skipped, answered])
    assert unanswered(pool, "topic") == []
    with pytest.raises(NotEnoughDataError, match="answered or skipped") as caught:
        propose_batch(pool, "topic", Ranking("random", 2))
    assert "workbench import p FILE" in caught.value.hint


def test_a_document_that_several_answered_counts_once_by_its_settled_answer(pool: Project) -> None:
    first = pool.store.current("topic")[0]
    version = pool.store.question("topic").label_version
    twice = [
        Annotation(new_client_id(), first.document_id, "topic", name, ("b",), label_version=version)
        for name in ("ann", "bob")
    ]
    record_annotations(pool, twice)
    assert count_labels(pool, "topic") == {"b": 2}
    assert [e.labels for e in collect_examples(pool, "topic")] == [("b",), ("b",)]


def test_a_strategy_that_needs_scores_says_so_before_the_first_model(pool: Project) -> None:
    with pytest.raises(InputError, match="needs scores"):
        propose_batch(pool, "topic", Ranking("margin", 2))


def test_a_run_that_does_not_exist_says_what_to_do(pool: Project) -> None:
    with pytest.raises(NotEnoughDataError, match="workbench train p"):
        need_run(pool, "topic")
    with pytest.raises(UnknownNameError):
        need_run(pool, "topic", "topic-bert-00000000")


def test_a_simulation_without_held_out_answers_says_how_to_bring_some(pool: Project) -> None:
    with pytest.raises(NotEnoughDataError, match="held-out documents") as caught:
        simulate(pool, "topic", Simulation("tfidf", "random", batch=2, rounds=1))
    assert caught.value.hint == "workbench import p FILE --held-out"


def test_a_run_whose_files_are_gone_says_where_they_were_and_what_to_do(pool: Project) -> None:
    labels = pool.store.question("topic").labels
    run = Run("topic-tfidf-1", "topic", "tfidf", 0, labels, 0, n_examples=2, data_hash="0" * 64)
    pool.store.save_run(run)
    for look in (judged_documents, judged_scores, load_model):
        with pytest.raises(ArtefactError, match="files of the run topic-tfidf-1 are missing") as caught:
            look(pool, run)
        assert caught.value.where == str(pool.models / run.id)
        assert "models/p" in caught.value.hint
        assert "workbench train p --question topic" in caught.value.hint


def test_projects_are_listed_and_their_names_cannot_be_taken_twice(pool: Project, tmp_path: Path) -> None:
    assert project_names(Home(tmp_path)) == ["p"]
    with pytest.raises(InputError, match="already a project"):
        create_project(Home(tmp_path), "p", [parse_question("topic:textcat")])
    with pytest.raises(UnknownNameError, match="Known: p"), open_project(Home(tmp_path), "q"):
        pass


@pytest.mark.slow
def test_a_round_learns_notes_its_figures_and_asks_for_more(project: Project, tmp_path: Path) -> None:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(10))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}parcel again,\nrefund again,\n")
    import_documents(project, tmp_path / "in.csv", options=ReadOptions(question="topic"))
    run, batch = run_round(project, Training("topic", "tfidf"), Ranking("margin", 2))
    assert batch.run == run.id
    assert len(batch.proposals) == 2
    (noted,) = project.store.rounds("topic")
    assert (noted["n_labelled"], noted["basis"], noted["batch"]) == (20, "out-of-fold", batch.id)


@pytest.mark.slow
def test_a_round_with_nothing_left_to_ask_is_noted_all_the_same(project: Project, tmp_path: Path) -> None:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(10))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}")
    import_documents(project, tmp_path / "in.csv", options=ReadOptions(question="topic"))
    with pytest.raises(NotEnoughDataError, match=r"answered or skipped.*was trained and noted"):
        run_round(project, Training("topic", "tfidf"), Ranking("margin", 2))
    (noted,) = project.store.rounds("topic")
    assert (noted["run"], noted["batch"]) == (project.store.runs("topic")[0].id, None)


@pytest.mark.slow
def test_out_of_fold_scores_are_kept_with_the_run(project: Project, tmp_path: Path) -> None:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(10))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}")
    import_documents(project, tmp_path / "in.csv", options=ReadOptions(question="topic"))
    run = train_model(project, Training("topic", "tfidf"))
    scores, documents = judged_scores(project, run), judged_documents(project, run)
    assert run.basis == "out-of-fold"
    assert isinstance(scores, ClassScores)
    assert len(scores) == len(documents) == 20
    best = [(scores.labels[k],) for k in scores.probabilities.argmax(axis=1)]
    assert best == [document.predicted_labels for document in documents]


@pytest.mark.slow
def test_the_worker_runs_a_round_as_a_job(project: Project, tmp_path: Path) -> None:
    rows = "".join(f"where is parcel {n},delivery\nplease refund {n},returns\n" for n in range(10))
    (tmp_path / "in.csv").write_text(f"text,topic\n{rows}parcel again,\n")
    import_documents(project, tmp_path / "in.csv", options=ReadOptions(question="topic"))
    jobs = Jobs(project.store)
    arguments = {
        "training": {"question": "topic", "learner": "tfidf"},
        "ranking": {"strategy": "margin", "n": 1},
    }
    job = jobs.enqueue("round", arguments)
    assert run_worker(project.folder, once=True) == 1
    done = jobs.get(job.id)
    assert done.state == "done", done.message
    assert done.result is not None
    assert done.result["n_proposed"] == 1
