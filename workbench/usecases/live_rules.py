"""Whether a question's pool is ranked anew while people answer."""

from __future__ import annotations

from workbench import catalog
from workbench.domain.runs import Batch
from workbench.store.links import Links
from workbench.store.settings import Settings
from workbench.usecases.project import Project
from workbench.usecases.queue_documents import CONTROL_STRATEGIES

FEWEST_LABELS = {
    "textcat": 2,
    "textcat-multi": 2,
    "ner": 1,
}  # that were met: an entity differs from no entity
SAMPLING = ("bald",)  # by name: the app asks too, and must not import a strategy


def why_not_live(project: Project, question_name: str) -> str:
    """Return why the pool is not ranked live, "" when it is. Raises UnknownNameError.

    | what                                          | ranked live                              |
    |-----------------------------------------------|------------------------------------------|
    | nothing was proposed                          | no: see `ask_first_batch` for the first  |
    | a control sample was proposed last            | no: it must not be covered               |
    | entities, by a strategy of labels             | no: words have none of what it looks at  |
    | a strategy of small-text, or one that samples | no: it takes too long                    |
    | a project connected to Label Studio           | if asked: only a publish is seen there   |
    | else                                          | unless it is switched off                |

    How many answers there are is looked at by the ranking itself.
    """
    question = project.store.question(question_name)
    wish = Settings(project.store).of(question_name).live
    if wish is False:
        return "it is switched off"
    batch = project.store.latest_batch(question_name)
    if batch is None:
        return "no batch was proposed yet"
    if wish is None and Links(project.store).find() is not None:
        return "the project is connected to Label Studio, where a publish changes the order"
    if batch.strategy in set(catalog.strategy_names()) - set(catalog.strategy_names(question.kind)):
        return f"the strategy '{batch.strategy}' is not for {question.kind} questions"
    return why_not_repeated(batch)


def is_live_anywhere(project: Project) -> bool:
    """Tell whether any question of the project is ranked live."""
    return any(not why_not_live(project, question.name) for question in project.store.questions())


def why_not_repeated(batch: Batch) -> str:
    """Return why a batch is not followed by one of the same strategy, "" when it is."""
    if batch.strategy in CONTROL_STRATEGIES:
        return "the newest batch is a control sample"
    if batch.strategy in catalog.SMALL_TEXT_STRATEGIES or batch.strategy not in catalog.STRATEGIES:
        return f"the strategy '{batch.strategy}' is not the workbench's own"
    if batch.strategy in SAMPLING:
        return f"the strategy '{batch.strategy}' asks a model many times"
    return ""
