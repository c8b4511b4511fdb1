// Answers that are not acknowledged yet. Each lies in the browser's storage until a receipt names it, so
// that a reload, a closed tab or a restart of the server loses none. All of them are sent, oldest first; a
// second sending changes nothing, because every answer has an id of its own.

const STORAGE = "workbench-answer-";
const PATIENCE = 1500; // milliseconds between a sending that failed and the next one
const LATE = 4000; // milliseconds after which the annotator is told

class Outbox {
  constructor({ isMine, onReceipt, onTrouble }) {
    this.isMine = isMine; // which of the answers in the storage are this annotator's: only those are sent
    this.onReceipt = onReceipt;
    this.onTrouble = onTrouble;
    this.send = undefined; // set by whoever knows the way to the server
    this.isSending = false;
    this.nextAt = 0;
    this.since = 0;
    this.waiting = [];
    this.ofOthers = []; // answers of whoever labelled on this page before
    this.last = 0;
  }

  /** Take over what is left of earlier visits, also those of tabs that were closed; what others left stays theirs. */
  adopt() {
    const here = [...this.waiting, ...this.ofOthers];
    const known = new Set(here.map((answer) => answer.client_id));
    const found = [...here, ...storedAnswers().filter((answer) => !known.has(answer.client_id))];
    this.waiting = found.filter(this.isMine).sort((a, b) => (a.place || 0) - (b.place || 0));
    this.ofOthers = here.filter((answer) => !this.isMine(answer));
    if (this.waiting.some((answer) => !known.has(answer.client_id))) this.since = performance.now();
    this.nextAt = 0;
    this.flush();
  }

  /** How many answers of other annotators wait in this browser, by name. */
  countOfOthers() {
    const found = new Map();
    const all = new Map([...this.ofOthers, ...storedAnswers()].map((answer) => [answer.client_id, answer]));
    for (const answer of all.values()) {
      if (!this.isMine(answer)) found.set(answer.annotator, (found.get(answer.annotator) || 0) + 1);
    }
    return found;
  }

  add(answer) {
    this.last = Math.max(Date.now(), this.last + 0.001); // several in one millisecond keep their order
    const kept = { client_id: newId(), place: this.last, ...answer };
    if (!this.waiting.length) this.since = performance.now();
    this.waiting.push(kept);
    try {
      localStorage.setItem(STORAGE + kept.client_id, JSON.stringify(kept));
    } catch {
      this.onTrouble("This browser's storage is full: keep the page open until all is saved.");
    }
    setTimeout(() => this.flush(), 0); // the next document is drawn first
    return kept.client_id;
  }

  /** Send all that waits, unless a sending is under way or one failed just now. */
  async flush() {
    if (!this.waiting.length || this.isSending || !this.send || performance.now() < this.nextAt) return;
    this.isSending = true;
    let isSettled = false;
    try {
      const receipt = await this.send(this.waiting.slice(0, 500));
      isSettled = this.settle(receipt);
      if (receipt.error) this.onTrouble(receipt.error);
    } catch (error) {
      if (error.message) this.onTrouble(error.message);
    }
    this.isSending = false;
    if (!isSettled) this.nextAt = performance.now() + PATIENCE;
    if (this.waiting.length && isSettled) this.flush();
  }

  /** Take out what a receipt names; false when it names nothing. */
  settle(receipt) {
    const refused = receipt.refused.map(({ client_id }) => client_id);
    const settled = new Set([...receipt.saved, ...refused]);
    const gone = [...this.waiting, ...this.ofOthers].filter((answer) => settled.has(answer.client_id));
    this.waiting = this.waiting.filter((answer) => !settled.has(answer.client_id));
    this.ofOthers = this.ofOthers.filter((answer) => !settled.has(answer.client_id));
    gone.forEach((answer) => localStorage.removeItem(STORAGE + answer.client_id));
    this.since = performance.now();
    this.onReceipt(receipt, gone);
    return gone.length > 0;
  }

  isLate() {
    return this.waiting.length > 0 && performance.now() - this.since > LATE;
  }

  /** What the newest answer that waits says of each document's questions: the status by document id. */
  statusesOf({ project, annotator, questions }) {
    const newest = new Map();
    for (const answer of this.waiting) {
      const isOurs = answer.project === project && answer.annotator === annotator;
      if (isOurs && questions.some(({ name }) => name === answer.question)) {
        newest.set(answer.document_id, answer.status);
      }
    }
    return newest;
  }
}

/** The answers that lie in the browser's storage, whoever gave them. */
function storedAnswers() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(STORAGE));
  return keys.map((key) => readAnswer(localStorage.getItem(key))).filter((answer) => answer?.client_id);
}

function readAnswer(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A random id; `crypto.randomUUID` would need a secure page. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}
