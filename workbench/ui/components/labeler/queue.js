// The documents of the card: those that come, of which the first one is shown, and those that are decided, which
// undo can reach.

const REMEMBERED = 50; // decided documents that undo can reach
const REFILL = 10; // documents left at which the next ones are fetched

class Queue {
  constructor() {
    this.clear();
  }

  clear() {
    this.past = this.upcoming = [];
    this.ranked = {};
  }

  get doc() {
    return this.upcoming[0];
  }

  /** The documents that stay when others come: what the annotator sees or will see next, and what is touched. */
  get kept() {
    return this.upcoming.filter((doc, place) => place < 2 || doc.isTouched);
  }

  /** Whether few documents are left. */
  get isShort() {
    return this.upcoming.length <= REFILL;
  }

  /**
   * Replace the documents behind the next one; those touched already stay. `statuses` has, by document, what is on its
   * way to the server; `askedAt` is when the server was asked; `drafts` has what was begun.
   */
  take({ documents, decisions, ranking, ranked, is_awaited, n_answered, n_pool }, { questions, drafts, statuses, askedAt }) {
    const [withdrawn, waiting] = parted([...statuses.keys()], (id) => statuses.get(id) === "withdrawn");
    const decided = this.past.length ? [] : decisions.map((doc) => decidedDocument(doc, questions)).reverse();
    // What was taken back just before the page was loaded anew comes first, as if it had not been.
    const [undone, past] = parted(decided, ({ id }) => withdrawn.includes(id));
    if (!this.past.length) this.past = past;
    const open = undone.filter(({ id }) => !this.upcoming.some((doc) => doc.id === id));
    this.upcoming = [...open.map((doc) => ({ ...drafts.restore(doc), isCounted: false, wasCounted: doc.isCounted })), ...this.upcoming];
    const { kept } = this;
    const here = new Set([...waiting, ...kept.map((doc) => doc.id)]);
    const known = new Set([...here, ...this.past.map((doc) => doc.id)]);
    const fresh = documents.filter(({ id }) => !known.has(id) || (!here.has(id) && this.isAskedAgain(id, askedAt)));
    this.upcoming = [...kept, ...fresh.map((doc) => drafts.restore(newDocument(doc, questions)))];
    this.isDry = documents.length === 0 || fresh.length === 0;
    this.ranking = ranking;
    this.ranked = ranked;
    this.isAwaited = is_awaited; // the first batch is being chosen
    const unheard = this.upcoming.filter((doc) => doc.wasCounted && withdrawn.includes(doc.id)); // the server counts them
    this.nAnswered = n_answered + waiting.length - unheard.length;
    this.nPool = n_pool;
  }

  /** Whether a decided document is asked again, as its label was split or retired since it was saved. */
  isAskedAgain(id, askedAt) {
    const decided = this.past.find((doc) => doc.id === id);
    // A queue that was made before the answer was saved does not know of it.
    if (!decided || !(decided.savedAt < askedAt)) return false;
    this.past = this.past.filter((doc) => doc !== decided);
    return true;
  }

  /** The first document is answered or skipped: the next one takes its place. */
  decide() {
    const { doc } = this;
    this.count(doc, isAnsweredWhole(doc));
    this.past = [...this.past.filter((other) => other.id !== doc.id), doc].slice(-REMEMBERED);
    this.upcoming = this.upcoming.slice(1);
  }

  /** Take the last decision back and return its document, which comes first again; undefined when there is none. */
  undo() {
    const doc = this.past.at(-1);
    if (!doc) return undefined;
    this.past = this.past.slice(0, -1);
    doc.wasCounted = doc.isCounted;
    this.count(doc, false);
    this.upcoming = [doc, ...this.upcoming];
    return doc;
  }

  /** A refused answer was never recorded: its document comes again, as it was answered. */
  takeBack(answer) {
    const doc = this.past.find(({ id }) => id === answer?.document_id);
    if (!doc || answer.status === "withdrawn") return;
    this.past = this.past.filter((other) => other !== doc);
    this.upcoming = [doc, ...this.upcoming];
    this.count(doc, false);
  }

  /** Put a decided document first again, as a copy; false when it is no decision any more. */
  reopen(doc) {
    const place = this.past.indexOf(doc);
    if (place < 0) return false;
    this.past = this.past.filter((other) => other !== doc);
    this.upcoming = [{ ...structuredClone(doc), decided: { doc, place } }, ...this.upcoming];
    return true;
  }

  /** Leave the first document, which was reopened, as it was decided. */
  putBack() {
    const { doc, place } = this.doc.decided;
    this.past = this.past.toSpliced(place, 0, doc);
    this.upcoming = this.upcoming.slice(1);
  }

  /** Leave out a document that was decided elsewhere, unless it is being worked on. */
  leaveOut(id) {
    this.upcoming = this.upcoming.filter((doc) => doc.id !== id || doc.isTouched);
  }

  /** Remember when the decisions about these documents were saved. */
  noteSaved(ids) {
    this.past.filter((doc) => ids.has(doc.id)).forEach((doc) => (doc.savedAt = performance.now()));
  }

  /** Count a document as answered, or not any more. */
  count(doc, isAnswered) {
    this.nAnswered += Number(isAnswered) - Number(doc.isCounted);
    doc.isCounted = isAnswered;
  }
}

/** The elements for which the test holds, and the others. */
function parted(elements, test) {
  return [elements.filter(test), elements.filter((element) => !test(element))];
}
