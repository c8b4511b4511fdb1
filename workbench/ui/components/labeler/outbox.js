// Answers that are not acknowledged yet. They are kept in the tab's storage, so that a reload or a
// restart of the server loses none, and the whole outbox is sent until a receipt names each of them:
// a second sending changes nothing, because every answer has an id of its own.

const STORAGE = "workbench-outbox";
const PATIENCE = 3000; // milliseconds to wait for a receipt before sending again

class Outbox {
  constructor() {
    this.send = () => {}; // set by whoever knows the way to the server
    this.sentAt = 0; // 0: nothing is under way
    this.attempts = 0; // sendings since the last receipt
    this.waiting = JSON.parse(sessionStorage.getItem(STORAGE) || "[]");
  }

  add(answer) {
    this.waiting.push({ client_id: newId(), ...answer });
    this.keep();
    this.flush();
  }

  /** Take out what a receipt names, and send at once what came since. */
  settle(receipt) {
    const settled = new Set([...receipt.saved, ...receipt.refused.map((refusal) => refusal.client_id)]);
    const left = this.waiting.filter((answer) => !settled.has(answer.client_id));
    if (left.length === this.waiting.length) return;
    this.waiting = left;
    this.sentAt = this.attempts = 0;
    this.keep();
    this.flush();
  }

  /** Send, unless a sending is under way; called again and again, it repeats one that got lost. */
  flush() {
    const isUnderWay = this.sentAt && performance.now() - this.sentAt < PATIENCE;
    if (!this.waiting.length || isUnderWay) return;
    this.sentAt = performance.now();
    this.attempts++;
    this.send(this.waiting);
  }

  /** Whether a sending was repeated: the server is slow, or gone. */
  isLate() {
    return this.waiting.length > 0 && this.attempts > 1;
  }

  keep() {
    sessionStorage.setItem(STORAGE, JSON.stringify(this.waiting));
  }

  /** The ids of the documents of a task whose newest answer waits and is not withdrawn. */
  documentsOf(task) {
    const newest = new Map();
    for (const answer of this.waiting) {
      if (isOfTask(answer, task)) newest.set(answer.document_id, answer.status);
    }
    return [...newest].filter(([, status]) => status !== "withdrawn").map(([id]) => id);
  }
}

/** A random id; `crypto.randomUUID` would need a secure page. */
function newId() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

function isOfTask(answer, task) {
  return ["project", "question", "annotator"].every((name) => answer[name] === task[name]);
}
