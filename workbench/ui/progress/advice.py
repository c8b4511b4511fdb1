"""Whether to go on labelling, below the learning curve."""

from __future__ import annotations

import streamlit as st
from markupsafe import Markup

from workbench.domain.questions import Question
from workbench.ui.progress.kept import kept_advice
from workbench.usecases.advise_stop import Advice
from workbench.usecases.project import Project

ROW = Markup('<tr><th scope="row">{}</th><td class="figure">{}</td><td>{}</td></tr>')


def show_advice(project: Project, question: Question, *, only: str | None = None) -> None:
    """Show what the next labels are likely to bring, and what each stopping rule says."""
    st.html(advice_html(kept_advice(project, question, only)))


def advice_html(advice: Advice) -> str:
    """Return the advice as a sentence and, when it is not too early, a table of the rules."""
    words = Markup('<h3>When to stop</h3><p class="wb-note" data-advice="{}">{}</p>').format(
        advice.decision, advice.words
    )
    if advice.decision == "too early":
        return str(words)
    rows = Markup("").join(ROW.format(rule.name, rule.verdict, rule.state) for rule in advice.rules)
    head = Markup('<tr><th scope="col">rule</th><th scope="col">says</th><th scope="col">because</th></tr>')
    table = Markup('<table class="wb-table"><thead>{}</thead><tbody>{}</tbody></table>').format(head, rows)
    return str(words + table)
