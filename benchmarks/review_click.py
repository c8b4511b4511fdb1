"""Claim: a confused pair leads to its documents within 300 ms, at 77 labels and 10,000 documents.

Both pages are clicked in turn in Chromium: the time runs from the click event to the frame in which the
documents of that pair are on the page. Peer: a plain Streamlit page of the same data, kept with
`st.cache_data`, that filters with pandas and shows `st.dataframe`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.chromium import open_chromium
from benchmarks.reporting import write_result
from benchmarks.served import plain_page, served, the_app
from workbench import artefacts
from workbench.analysis.confusions import ConfusedPair
from workbench.config import Home
from workbench.domain.annotations import now
from workbench.domain.examples import Example
from workbench.domain.questions import Question
from workbench.domain.runs import Run
from workbench.domain.scores import ClassScores
from workbench.usecases.find_mistakes import find_mistakes
from workbench.usecases.judge import judge
from workbench.usecases.project import create_project, open_project
from workbench.usecases.runs import publish_run

N_LABELS, N_DOCUMENTS, N_PAIRS = 77, 10_000, 25
LIMIT_MS = 300
TALK = """please can you tell me where my new card is it has not come and the app says the payment went
through twice last week but the shop only took one of them I want to change the name on my account"""
QUESTION = Question("intent", "textcat", tuple(f"intent_number_{n:02}" for n in range(N_LABELS)))

PEER = """
import pandas as pd, streamlit as st
st.set_page_config(layout="wide")

@st.cache_data
def load(path):
    return pd.read_json(path, dtype=False)

data = load({path!r})
wrong = data[data.gold != data.predicted]
pairs = wrong.groupby(["gold", "predicted"]).size().sort_values(ascending=False, kind="stable").head({n_pairs})
with st.container(height=400):
    for (gold, predicted), n in pairs.items():
        if st.button(f"{{n}} x {{gold}} -> {{predicted}}", key=f"{{gold}}-{{predicted}}"):
            st.session_state.pair = (gold, predicted)
if "pair" in st.session_state:
    gold, predicted = st.session_state.pair
    found = wrong[(wrong.gold == gold) & (wrong.predicted == predicted)]
    st.dataframe(found)
    st.html(f'<p data-filter="{{gold}}|{{predicted}}">{{len(found)}} documents</p>')
"""

WATCH = """filter => {
  window.measured = new Promise(done => {
    let start;
    document.addEventListener('click', () => { start = performance.now(); }, {capture: true, once: true});
    const look = () => {
      if (start === undefined || !document.querySelector(`[data-filter="${filter}"]`)) return;
      observer.disconnect();
      requestAnimationFrame(() => done(performance.now() - start));
    };
    const observer = new MutationObserver(look);
    observer.observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
  });
}"""


class WeightlessModel:
    """Something that can be published; it is never asked."""

    def score(self, texts: Any) -> Any:
        """Refuse."""
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        """Write no weights."""
        artefacts.write_json(folder / "weights.json", [])


def make_run(home: Home) -> list[ConfusedPair]:
    """Publish a run that was judged on made-up documents, and return its most frequent confused pairs."""
    rng = np.random.default_rng(0)
    gold = rng.integers(0, N_LABELS, size=N_DOCUMENTS)
    logits = rng.normal(size=(N_DOCUMENTS, N_LABELS)).astype(np.float32)
    logits[np.arange(N_DOCUMENTS), gold] += 4
    logits[np.arange(N_DOCUMENTS), (gold + 1 + rng.integers(0, 3, size=N_DOCUMENTS)) % N_LABELS] += 2.5
    odds = np.exp(logits)
    probabilities = (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32)
    examples = [
        Example(
            f"document-{n}",
            " ".join(rng.choice(TALK.split(), size=rng.integers(6, 40))),
            (QUESTION.labels[g],),
        )
        for n, g in enumerate(gold)
    ]
    judgement = judge(QUESTION, examples, ClassScores(QUESTION.labels, probabilities), basis="held-out")
    create_project(home, "bank", [QUESTION])
    run = Run(
        id="intent-made-up-1",
        question="intent",
        learner="linear",
        seed=0,
        labels=QUESTION.labels,
        label_version=0,
        n_examples=5000,
        data_hash="0" * 64,
        figures=judgement.figures.as_dict(),
        basis="held-out",
        created_at=now(),
    )
    with open_project(home, "bank") as project:
        publish_run(project, run, WeightlessModel(), judgement)
        return list(find_mistakes(project, run).pairs[:N_PAIRS])


def write_peer(home: Home) -> Path:
    """Write the peer's data and page, and return the page."""
    (judged,) = home.models("bank").glob("*/judged.json")
    rows = [
        {
            "id": record["id"],
            "text": record["text"],
            "gold": record["gold"]["labels"][0],
            "predicted": record["predicted"]["labels"][0],
            "confidence": record["predicted"]["confidences"][0],
        }
        for record in artefacts.read_json(judged)
    ]
    data, page = home.root / "peer.json", home.root / "peer.py"
    data.write_text(json.dumps(rows))
    page.write_text(PEER.format(path=str(data), n_pairs=N_PAIRS))
    return page


def click(page: Any, button: Any, pair: ConfusedPair) -> float:
    """Click the button of a pair; return the milliseconds until its documents are there."""
    page.evaluate(WATCH, f"{pair.gold}|{pair.predicted}")
    button.click()
    return float(page.evaluate("() => window.measured"))


def measure(ours: str, theirs: str, pairs: list[ConfusedPair], n_rounds: int) -> dict[str, list[float]]:
    """Click every pair of both pages in turn; the first click of each page is not counted."""
    times: dict[str, list[float]] = {"workbench": [], "plain page": []}
    with open_chromium() as browser:
        pages = {name: browser.new_page(viewport={"width": 1280, "height": 800}) for name in times}
        pages["workbench"].goto(f"{ours}/review?project=bank&question=intent")
        pages["plain page"].goto(theirs)
        for place, pair in [(0, pairs[0]), *list(enumerate(pairs))[1:] * n_rounds]:
            for name, page in pages.items():
                key = f"wb-pair-{place}" if name == "workbench" else f"{pair.gold}-{pair.predicted}"
                button = page.locator(f".st-key-{key} button")
                button.wait_for(timeout=60_000)
                times[name].append(click(page, button, pair))
    return {name: found[1:] for name, found in times.items()}


def main() -> None:
    """Make the run, serve both pages, click, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each pair is clicked")
    n_rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="review-") as folder:
        home = Home(Path(folder))
        pairs = make_run(home)
        peer = write_peer(home)
        with served(the_app(), home.root) as ours, served(plain_page(peer), home.root) as theirs:
            times = measure(ours.url, theirs.url, pairs, n_rounds)
    rows: list[dict[str, Any]] = [
        {
            "page": name,
            "median ms": float(np.median(found)),
            "p95 ms": float(np.quantile(found, 0.95)),
            "max ms": max(found),
            "clicks": len(found),
        }
        for name, found in times.items()
    ]
    passed = bool(rows[0]["p95 ms"] <= LIMIT_MS)
    write_result(
        "review_click", rows, labels=N_LABELS, documents=N_DOCUMENTS, limit_ms=LIMIT_MS, passed=passed
    )


if __name__ == "__main__":
    main()
