// What was marked or written about a document that is not answered yet: it outlives a reload of the page.

const DRAFTS = "workbench-draft-";
const MOST_DRAFTS = 50;

class Drafts {
  constructor({ project, annotator }) {
    this.prefix = `${DRAFTS}${JSON.stringify([project, annotator])}`;
  }

  key(doc) {
    return `${this.prefix}${JSON.stringify([...doc.asked, doc.id])}`;
  }

  keep(doc) {
    const { answers } = doc;
    const others = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix) && key !== this.key(doc));
    if (others.length >= MOST_DRAFTS) localStorage.removeItem(others[0]);
    try {
      localStorage.setItem(this.key(doc), JSON.stringify({ text: doc.text.length, answers }));
    } catch {
      // The storage is full: the draft is lost with the page, an answer is not (outbox.js says so).
    }
  }

  drop(doc) {
    localStorage.removeItem(this.key(doc));
  }

  /** Lay out what was left of a document, if it still is the same text. */
  restore(doc) {
    const draft = readAnswer(localStorage.getItem(this.key(doc)));
    if (!draft || draft.text !== doc.text.length || !doc.asked.every((name) => draft.answers[name])) return doc;
    const { answers, flagged = false, comment = "" } = draft; // the latter two of drafts from before each question had its own
    const whole = doc.asked.map((name) => [name, { ...emptyAnswer(), flagged, comment, ...answers[name] }]);
    return { ...doc, answers: Object.fromEntries(whole), isTouched: true };
  }
}
