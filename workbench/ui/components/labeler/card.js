// The card: one document after the other, and the annotator's answer to it. It advances at once and
// leaves the saving to the outbox.

const REMEMBERED = 50; // answered documents that undo can reach
const EMPTY = "Nothing is left to label: every document is answered or skipped, or somebody else has it.";

class Card {
  constructor(root) {
    this.frame = root.querySelector(".wb-card");
    this.parts = Object.fromEntries(
      [...root.querySelectorAll("[data-part]")].map((element) => [element.dataset.part, element]),
    );
    this.outbox = new Outbox();
    this.spans = new SpanEditor(this.parts.text);
    this.past = [];
    this.upcoming = [];
    this.wasSaved = false;
  }

  get doc() {
    return this.upcoming[0];
  }

  situation() {
    const { project, question, annotator } = this.task;
    const showing = this.upcoming.slice(0, 2).map((doc) => doc.id);
    return { task: [project, question, annotator], n_left: this.upcoming.length, showing };
  }

  // What the server says

  update({ task, queue, receipt }) {
    const isOther = !this.task || !isOfTask(this.task, task);
    const isRelabelled = this.task?.label_version !== task.label_version;
    this.task = task;
    if (isOther) this.past = this.upcoming = [];
    if (queue.version !== this.version) this.takeQueue(queue);
    const refusal = receipt.number === this.receipt ? "" : this.takeReceipt(receipt);
    if (isOther || isRelabelled || this.shown !== this.doc) this.show();
    else this.drawStatus();
    if (isOther) this.drawKeys();
    if (isOther) this.frame.focus({ preventScroll: true });
    if (refusal) this.notice(refusal);
  }

  /** Replace the documents behind the next one; those touched already stay. */
  takeQueue({ version, documents, n_answered, n_pool }) {
    const waiting = this.outbox.documentsOf(this.task);
    const kept = this.upcoming.filter((doc, place) => place < 2 || doc.isTouched);
    const known = new Set([...waiting, ...[...kept, ...this.past].map((doc) => doc.id)]);
    const fresh = documents.filter((doc) => !known.has(doc.id));
    this.upcoming = [...kept, ...fresh.map((doc) => ({ ...doc, labels: [], spans: [], isTouched: false }))];
    this.version = version;
    this.nAnswered = n_answered + waiting.length;
    this.nPool = n_pool;
  }

  /** Take note of what was saved; return in words what was refused. */
  takeReceipt(receipt) {
    this.receipt = receipt.number;
    if (receipt.saved.length) this.wasSaved = true;
    const refused = receipt.refused.filter(({ client_id: id }) => this.takeBack(id));
    this.outbox.settle(receipt);
    return refused.map(({ message }) => `This answer was refused: ${message}`).join(" ");
  }

  /** A refused answer was never recorded: its document comes again, as it was answered. */
  takeBack(clientId) {
    const answer = this.outbox.waiting.find((waiting) => waiting.client_id === clientId);
    if (!answer) return false;
    const place = this.past.findIndex((doc) => doc.id === answer.document_id);
    if (place >= 0) {
      this.upcoming = [...this.past.splice(place, 1), ...this.upcoming];
      if (answer.status === "answered") this.nAnswered--;
    }
    return true;
  }

  // What the annotator does

  pressLabel(label) {
    const { doc, task } = this;
    if (!doc || label === undefined) return;
    doc.isTouched = true;
    if (task.kind === "ner") return this.notice(this.spans.mark(label));
    if (task.kind === "textcat") {
      doc.labels = [label];
      return this.commit("answered");
    }
    doc.labels = doc.labels.includes(label)
      ? doc.labels.filter((other) => other !== label)
      : task.labels.filter((other) => other === label || doc.labels.includes(other));
    this.drawLabels();
  }

  accept() {
    if (!this.doc) return;
    if (this.task.kind === "textcat" && !this.doc.labels.length) {
      return this.notice("Choose a label first, or skip the document with the space bar.");
    }
    this.commit("answered");
  }

  skip() {
    if (this.doc) this.commit("skipped");
  }

  commit(status) {
    const doc = this.doc;
    doc.isTouched = true;
    doc.status = status;
    if (status === "answered") this.nAnswered++;
    this.post(doc, status);
    this.past = [...this.past, doc].slice(-REMEMBERED);
    this.upcoming = this.upcoming.slice(1);
    this.say(status === "answered" ? `Answered: ${answerInWords(doc)}` : "Skipped");
    this.show();
  }

  /** Withdraw the last answer and show its document again, with what was marked. */
  undo() {
    const doc = this.past.at(-1);
    if (!doc) return this.notice("There is nothing to undo on this page.");
    this.past = this.past.slice(0, -1);
    this.upcoming = [doc, ...this.upcoming];
    if (doc.status === "answered") this.nAnswered--;
    this.post(doc, "withdrawn");
    this.show();
    this.say("Undone");
  }

  post(doc, status) {
    const { project, question, annotator, label_version } = this.task;
    const isAnswer = status === "answered";
    const spans = isAnswer ? doc.spans.map((span) => spanForStore(doc.text, span)) : [];
    this.outbox.add({
      project,
      question,
      annotator,
      label_version,
      document_id: doc.id,
      status,
      labels: isAnswer ? doc.labels : [],
      spans,
      seconds: Math.round(performance.now() - this.since) / 1000,
    });
  }

  selectWithMouse(event) {
    if (this.doc && this.task.kind === "ner") this.spans.selectWithMouse(event);
  }

  // Drawing

  show() {
    this.shown = this.doc;
    this.since = performance.now();
    this.notice("");
    this.frame.classList.toggle("wb-empty", !this.doc);
    this.frame.classList.toggle("wb-spans", this.task.kind === "ner");
    this.frame.dataset.document = this.doc?.id ?? "";
    this.parts.text.scrollTop = 0;
    if (this.doc) this.spans.open(this.doc, this.task.labels);
    else this.parts.text.textContent = EMPTY;
    this.drawLabels();
    this.drawStatus();
  }

  drawLabels() {
    const { labels, kind } = this.task;
    const buttons = labels.map((label, place) =>
      drawButton({
        key: LABEL_KEYS[place],
        text: label,
        colour: kind === "ner" ? colourOf(labels, label) : undefined,
        isPressed: kind === "ner" ? undefined : this.doc?.labels.includes(label),
        press: () => this.pressLabel(label),
      }),
    );
    this.parts.labels.replaceChildren(...(this.doc ? buttons : []));
    this.parts.labels.classList.toggle("wb-many", labels.length > 20);
  }

  drawStatus() {
    const { count, reason, saved } = this.parts;
    count.textContent = `${this.nAnswered} of ${this.nPool} answered`;
    reason.textContent = this.doc?.reason ?? "";
    const n = this.outbox.waiting.length;
    const isLate = this.outbox.isLate();
    if (isLate) saved.textContent = `${n} not saved yet – trying again`;
    else if (n) saved.textContent = `saving ${n} …`;
    else saved.textContent = this.wasSaved ? "✓ all saved" : "";
    saved.classList.toggle("wb-late", isLate);
  }

  drawKeys() {
    const isSpans = this.task.kind === "ner";
    const strip = [
      ["a", isSpans ? "done" : "accept", () => this.accept()],
      ["space", "skip", () => this.skip()],
      ["backspace", "undo", () => this.undo()],
      ["?", "all keys", () => this.toggleHelp()],
    ];
    this.parts.keys.replaceChildren(...strip.map(([key, text, press]) => drawButton({ key, text, press })));
    this.parts.help.replaceChildren(...helpLines(this.task).map(drawHelpLine));
  }

  toggleHelp(isOpen = this.parts.help.hidden) {
    this.parts.help.hidden = !isOpen;
  }

  notice(text) {
    this.parts.notice.textContent = text;
    this.parts.notice.hidden = !text;
  }

  say(text) {
    this.parts.spoken.textContent = text;
  }
}

function answerInWords({ labels, spans }) {
  return spans.length ? `${spans.length} spans` : labels.join(", ") || "nothing applies";
}
