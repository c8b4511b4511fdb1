"""Claim: killed twenty times by SIGKILL while somebody labels, the app loses no acknowledged answer.

What was not acknowledged arrives once after the restart. Chromium types an answer every 100 ms; the server
is killed at random moments and started again. Peer: the same hours without a kill.
"""

from __future__ import annotations

import argparse
import random
import signal
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from benchmarks.chromium import open_chromium
from benchmarks.reporting import write_result
from benchmarks.served import Served, make_project, make_up_texts, open_card, the_app
from workbench.config import Home
from workbench.domain.questions import Question
from workbench.usecases.project import open_project

KILLS = 20
LABELS = ("delivery", "billing", "fault", "other")
# Note every answer that is typed, and every one that the server acknowledges.
WATCH = """() => {
  const { card } = [...document.querySelectorAll("*")].find((one) => one.workbenchCard).workbenchCard;
  window.typed = [];
  window.acknowledged = [];
  const [add, settle] = [card.outbox.add.bind(card.outbox), card.outbox.settle.bind(card.outbox)];
  card.outbox.add = (answer) => window.typed.push(add(answer));
  card.outbox.settle = (receipt) => { window.acknowledged.push(...receipt.saved); return settle(receipt); };
  window.left = () => card.outbox.waiting.length;
}"""


def label_for(page: Any, milliseconds: float) -> None:
    """Type an answer every 100 ms for some time; without a document on the card nothing is typed."""
    for place in range(round(milliseconds / 100)):
        page.keyboard.press(str(1 + place % len(LABELS)))
        page.wait_for_timeout(100)


def main() -> None:
    """Label, kill, start again, and compare what was acknowledged with the store."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    chance = random.Random(0)
    with tempfile.TemporaryDirectory(prefix="card-") as folder:
        home = Home(Path(folder))
        make_project(home, "texts", [Question("topic", "textcat", LABELS)], make_up_texts(5000))
        rows = []
        with open_chromium() as browser:
            for name, n_kills in (("no kill", 0), ("twenty kills", KILLS)):
                app = Served(the_app(), home.root)
                app.start()
                page = open_card(browser, app.url, "texts", "topic", name.replace(" ", "-"))
                page.evaluate(WATCH)
                for _ in range(n_kills or 3):
                    label_for(page, chance.uniform(1500, 3500))
                    if n_kills:
                        app.end(signal.SIGKILL)
                        label_for(page, 700)  # typed while nobody answers
                        app.start()
                label_for(page, 1000)
                page.wait_for_function("window.left() === 0", timeout=60_000)
                typed, acknowledged = page.evaluate("[window.typed, window.acknowledged]")
                page.close()
                app.end()
                with open_project(home, "texts") as project:
                    stored = Counter(a.client_id for a in project.store.annotations("topic"))
                rows.append(
                    {
                        "run": name,
                        "typed": len(typed),
                        "acknowledged": len(set(acknowledged)),
                        "acknowledged and lost": sum(stored[one] == 0 for one in set(acknowledged)),
                        "typed and lost": sum(stored[one] == 0 for one in typed),
                        "stored twice": sum(stored[one] > 1 for one in typed),
                    }
                )
    write_result("card_killed", rows, kills=KILLS)


if __name__ == "__main__":
    main()
