"""Rank a question's pool anew after every few answers, within a moment, by a head that is fitted warm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from workbench.domain.examples import Example
from workbench.domain.history import Moment
from workbench.domain.questions import Question
from workbench.domain.runs import Batch
from workbench.errors import NotEnoughDataError, WorkbenchError
from workbench.store.answer_log import AnswerLog
from workbench.store.rankings import replace_batch
from workbench.store.settings import Settings
from workbench.store.vectors import VectorFile, stored_vectors
from workbench.store.word_vectors import WordVectorFile, stored_words
from workbench.usecases.ask_for_work import ask_for, same_job
from workbench.usecases.live_answers import LiveAnswers, labels_met
from workbench.usecases.live_batch import next_batch
from workbench.usecases.live_heads import live_heads
from workbench.usecases.live_inputs import LiveHeads, LiveModel, LiveView
from workbench.usecases.live_pool import LivePool
from workbench.usecases.live_rules import FEWEST_LABELS, why_not_live
from workbench.usecases.live_takeover import Takeover, head_options
from workbench.usecases.live_troubles import Trials
from workbench.usecases.project import Project
from workbench.usecases.train_meanwhile import ask_for_training, encoder_name

Report: TypeAlias = Callable[[str, Exception], None]


class LiveRanking:
    """Follows the answers to one question and ranks what is open.

    It may be ended at any moment: everything it keeps can be made again from the project, and gives the
    same ranking again (see `AnchoredHead`, `AnchoredTags`).
    """

    def __init__(self, project: Project, question_name: str) -> None:
        self._project = project
        self._name = question_name
        self._heads: LiveHeads | None = None
        self._ranked: LiveView | None = None  # of what the newest ranking was made, until `prepare`
        self._takeover = Takeover(project)
        self._answers: LiveAnswers | None = None
        self._pool: LivePool | None = None
        self._lacks_words = False
        self._fresh: int | None = None  # answers since the newest batch; None: not known yet
        self._newest = ""  # the id of that batch

    @property
    def without_vector(self) -> int:
        """How many documents of the pool were left out of the newest ranking: nobody embedded them yet."""
        return self._pool.without_vector if self._pool is not None else 0

    @property
    def wants_work(self) -> bool:
        """Whether the job `embed` would make the next ranking better, or possible where words are ranked by."""
        if self._pool is None:
            return self._lacks_words
        return self._pool.without_vector > 0 or self._pool.lacks_neighbours or self._pool.lacks_names

    def refresh(self) -> Batch | None:
        """Rank anew when enough answers came since the newest batch; return what was saved, if anything.

        The batch repeats the newest one: its strategy and its size; the seed is the number of answers.
        """
        newest = self._project.store.latest_batch(self._name)
        if newest is None or why_not_live(self._project, self._name):
            return None
        answers = self._follow()
        pool = self._ready_pool(answers.question)
        if pool is None or not self._is_due(answers, newest):
            return None
        examples = answers.examples(pool.text_of)
        if labels_met(examples) < FEWEST_LABELS[answers.question.kind]:
            return None
        runs = self._project.store.runs(self._name)
        view = live_view(answers, pool, examples, head=head_options(answers.question, runs))
        try:
            model = self._model(view)
        except NotEnoughDataError:  # e.g. the same labels everywhere: there is nothing to rank by yet
            return None
        self._ranked = view
        return self._save(view, model, newest)

    def prepare(self) -> None:
        """In the pause after a ranking, do ahead what would keep a later one waiting."""
        view, self._ranked = self._ranked, None
        if view is not None and self._heads is not None:
            self._heads.prepare(view)

    def _follow(self) -> LiveAnswers:
        """Return the answers as they are now, counting those that are new."""
        question = self._project.store.question(self._name)
        if self._answers is None or self._answers.question != question:
            self._answers, self._fresh = LiveAnswers(self._project, question), None
            self._answers.update()
        elif changed := self._answers.update():
            self._fresh = None if self._fresh is None else self._fresh + len(changed)
        return self._answers

    def _is_due(self, answers: LiveAnswers, newest: Batch) -> bool:
        if self._fresh is None or newest.id != self._newest:
            self._fresh, self._newest = answers.n_after(newest.created_at), newest.id
        return self._fresh >= Settings(self._project.store).of(self._name).live_every

    def _ready_pool(self, question: Question) -> LivePool | None:
        """Return the pool as it is today; None while no document of it has a vector.

        Read before anything is due, with what a fit needs: the first ranking is as fast as the others.
        """
        if self._pool is None or not self._pool.is_today(self._project):
            self._heads = self._heads or live_heads(question)
            self._pool = open_pool(self._project, question)
            self._lacks_words = self._pool is None and question.kind == "ner"
        return self._pool

    def _model(self, view: LiveView) -> LiveModel:
        better = self._takeover.model(view.question, view.pool, len(view.answered))
        if better is not None:
            return better
        self._heads = self._heads or live_heads(view.question)
        return self._heads.fit(view)

    def _save(self, view: LiveView, model: LiveModel, newest: Batch) -> Batch | None:
        """Store the next batch with what the model says of it, unless somebody proposed another one."""
        every = Settings(self._project.store).of(self._name).live_every
        found = next_batch(self._project, view, model, newest, every=every)
        if not replace_batch(self._project.store, found.batch, found.suggestions, newest=newest.id):
            return None
        self._fresh, self._newest = 0, found.batch.id
        ask_for_training(self._project, view.question, len(view.answered))
        return found.batch


class LiveRankings:
    """All questions of a project that are ranked live.

    `report` is told of whatever keeps a question from being ranked, each time; without one it is raised.
    """

    def __init__(self, project: Project, *, report: Report | None = None) -> None:
        self._project = project
        self._report = report
        self._trials = Trials(project)
        self._log = AnswerLog(project.store)
        self._seen = -1
        self._embedded: dict[str, tuple[int, int]] = {}
        self._rankings: dict[str, LiveRanking] = {}

    def look(self) -> list[Batch]:
        """Rank what is due and return the new batches; without a new annotation it takes one query.

        Documents without a vector are left out, and a job is asked for that embeds them, once an import or change
        of labels. A question that cannot be ranked, for whatever reason, keeps no other waiting. It is tried again
        after pauses that grow.
        """
        newest = self._log.newest()
        if newest == self._seen and not self._trials.is_one_due:
            return []
        asked = [question.name for question in self._project.store.questions()]
        tried = [name for name in asked if not self._trials.rests(name)]
        found = [self._tried(name, self._refreshed) for name in tried]
        self._seen = newest
        for name in [
            name for name in tried if name in self._rankings
        ]:  # one that failed just now is made anew
            self._tried(name, self._prepared)
        return [batch for batch in found if batch is not None]

    def _tried(self, question: str, work: Callable[[str], Batch | None]) -> Batch | None:
        if self._trials.rests(question):
            return None
        try:
            batch = work(question)
            self._trials.succeeded(question)
            return batch
        except Exception as error:  # a fault in one ranking must not end the others
            # What it keeps may be half done; it can be made again, and the files are read anew.
            self._rankings.pop(question, None)
            self._embedded.pop(question, None)
            if self._report is not None:
                self._report(question, error)  # first: a full disk keeps the note from being written
            self._note(question, error)
            if self._report is None:
                raise
            return None

    def _note(self, question: str, error: Exception) -> None:
        """Have people told; where not even that can be written, as on a full disk, the others go on all the same."""
        try:
            self._trials.failed(question, error)
        except (OSError, WorkbenchError) as unwritten:
            if self._report is not None:
                self._report(question, unwritten)

    def _refreshed(self, question: str) -> Batch | None:
        ranking = self._rankings.setdefault(question, LiveRanking(self._project, question))
        batch = ranking.refresh()
        known = self._log.last_position(), self._project.store.question(question).label_version
        if ranking.wants_work and known != self._embedded.get(question):
            self._embedded[question] = known
            ask_for_vectors(self._project, question)
        return batch

    def _prepared(self, question: str) -> None:
        self._rankings[question].prepare()


def ask_for_vectors(project: Project, question: str) -> None:
    """Ask the worker to embed the pool for the newest run on vectors, unless it was asked already."""
    arguments = {"encoder_name": encoder_name(project, question)}
    if same_job(project, "embed", arguments) is None:
        ask_for(project, "embed", arguments)


def live_view(
    answers: LiveAnswers, pool: LivePool, examples: Sequence[Example], *, head: Mapping[str, Any]
) -> LiveView:
    """Return what may be looked at now; `head` as in `LiveView`."""
    moment = Moment(answers.sequence, pool.n_documents, answers.question.label_version)
    places = pool.open_places(answers.done)
    waiting = frozenset(answers.waiting)
    return LiveView(answers.question, pool, places, examples, moment, answers.in_order(), waiting, head)


def open_pool(project: Project, question: Question) -> LivePool | None:
    """Return the pool by the files that it is ranked from; None while one of them is missing."""
    file = vector_file(project, question.name)
    if file is None or question.kind != "ner":
        return LivePool(project, file) if file is not None else None
    words = word_file(project)
    return LivePool(project, file, words) if words is not None else None


def word_file(project: Project) -> WordVectorFile | None:
    """Return the word vectors to rank by: those that most texts of the project have; None without any."""
    files = stored_words(project.folder / "data" / "words")
    texts = [document.text for document in project.store.documents()] if len(files) > 1 else []
    return max(files, key=lambda file: int((file.rows(texts) >= 0).sum()), default=None)


def vector_file(project: Project, question: str) -> VectorFile | None:
    """Return the vectors to rank by: of the newest run on vectors, else of the newest batch, else of most texts.

    No encoder is loaded. None while nothing was embedded.
    """
    files = stored_vectors(project.folder / "data" / "vectors")
    used = [run.config["encoder_id"] for run in project.store.runs(question) if "encoder_id" in run.config]
    batch = project.store.latest_batch(question)
    used += [batch.recipe.get("encoder_id")] if batch is not None else []
    if len(files) < 2:
        return files[0] if files else None
    texts = [document.text for document in project.store.documents()]
    return max(
        files, key=lambda file: (file.encoder_id == (used or [""])[0], int((file.rows(texts) >= 0).sum()))
    )
