// The card: one document after the other, and the annotator's answers to it. It advances at once and
// leaves the saving to the outbox.

const REMEMBERED = 50; // decided documents that undo can reach
const REFILL = 10; // documents left at which the next ones are fetched
const POLL = 5000; // milliseconds between two looks for documents when none is left
const RENEW = 600000; // milliseconds after which leases are renewed though nothing was answered
const EMPTY = `Nothing is left to label for you: every document is answered or skipped, or lies with somebody else, who
has it for half an hour at most. New ones appear here by themselves.`.replace("\n", " ");

class Card {
  constructor(root) {
    this.frame = root.querySelector(".wb-card");
    this.parts = Object.fromEntries(
      [...root.querySelectorAll("[data-part]")].map((found) => [found.dataset.part, found]),
    );
    this.outbox = new Outbox({
      isMine: (answer) => answer.annotator === this.task.annotator,
      onReceipt: (receipt, gone) => this.takeReceipt(receipt, gone),
      onTrouble: (message) => (this.trouble = message),
    });
    this.session = new Session(this.parts.session, { onReturn: (token) => this.goOnWith(token) });
    this.spans = new SpanEditor(this.parts.text);
    this.sidebar = new Sidebar(this.parts, (doc) => this.reopen(doc));
    this.past = [];
    this.upcoming = [];
    this.shown = null; // nothing was shown yet, not even that nothing is left
    this.trouble = "";
    this.wasSaved = false;
    this.fetchedAt = performance.now();
    this.otherTabs = new BroadcastChannel("workbench-labelling");
    this.otherTabs.onmessage = ({ data }) => this.leaveToOtherTab(data);
    this.comment = new CommentField(this.parts.comment, {
      write: (text) => this.writeComment(text),
      leave: () => this.frame.focus({ preventScroll: true }),
    });
  }

  get doc() {
    return this.upcoming[0];
  }

  /** The answer to the question that the keys answer. */
  get answer() {
    return this.doc?.answers[this.question.name];
  }

  /** The question that the keys answer. */
  get question() {
    const name = this.doc?.asked[this.active];
    return this.task.questions.find((candidate) => candidate.name === name);
  }

  // What the server says

  update({ task, queue }) {
    const isOther = JSON.stringify(task) !== JSON.stringify(this.task);
    const isOtherWork = !this.task || workOf(task) !== workOf(this.task);
    this.task = task;
    if (isOtherWork) {
      this.past = this.upcoming = [];
      this.shown = null;
      this.drafts = new Drafts(task);
    }
    if (isOther) this.drawTask();
    if (isOther) this.session.end();
    if (isOtherWork) this.outbox.adopt();
    this.tellOfOthers();
    this.takeQueue(queue);
    if (isOtherWork) this.frame.focus({ preventScroll: true });
  }

  /** Replace the documents behind the next one; those touched already stay. `askedAt` is when it was asked for. */
  takeQueue({ documents, decisions, ranking, n_answered, n_pool }, askedAt = -Infinity) {
    const waiting = this.outbox.documentsOf(this.task);
    if (!this.past.length) this.past = decisions.map((doc) => decidedDocument(doc, this.task.questions)).reverse();
    const kept = this.upcoming.filter((doc, place) => place < 2 || doc.isTouched);
    const known = new Set([...waiting, ...[...kept, ...this.past].map((doc) => doc.id)]);
    const fresh = documents.filter((doc) => !known.has(doc.id) || this.isAskedAgain(doc.id, kept, askedAt));
    this.upcoming = [...kept, ...fresh.map((doc) => this.drafts.restore(newDocument(doc, this.task.questions)))];
    this.isDry = documents.length === 0 || fresh.length === 0;
    this.ranking = ranking;
    this.nAnswered = n_answered + waiting.length;
    this.nPool = n_pool;
    if (this.shown !== this.doc) this.show();
    else this.drawStatus();
    this.sidebar.drawDecisions(this.past);
  }

  /** Whether a decided document is asked again, as its label was split or retired since it was saved. */
  isAskedAgain(id, kept, askedAt) {
    const isHere = this.outbox.documentsOf(this.task).includes(id) || kept.some((doc) => doc.id === id);
    const decided = this.past.find((doc) => doc.id === id);
    // A queue that was made before the answer was saved does not know of it.
    if (isHere || !decided || !(decided.savedAt < askedAt)) return false;
    this.past = this.past.filter((doc) => doc !== decided);
    return true;
  }

  takeReceipt(receipt, gone) {
    if (receipt.saved.length) this.wasSaved = true;
    this.trouble = "";
    const messages = receipt.refused.map(({ client_id, message }) => {
      this.takeBack(gone.find((answer) => answer.client_id === client_id));
      return `This answer was refused: ${message}`;
    });
    const saved = new Set(gone.map((answer) => answer.document_id));
    this.past.filter((doc) => saved.has(doc.id)).forEach((doc) => (doc.savedAt = performance.now()));
    if (this.shown !== this.doc) this.show();
    else this.drawStatus();
    if (messages.length) this.notice([...new Set(messages)].join(" "));
    if (receipt.ranking !== this.ranking) this.fetch();
    this.followLabels(receipt.questions);
  }

  /** Take over labels that were added, renamed, merged, split or retired while this page was open. */
  followLabels(questions) {
    if (!questions || JSON.stringify(questions) === JSON.stringify(this.task.questions)) return;
    const had = this.task.questions.flatMap(({ labels }) => labels);
    const gone = had.filter((label) => !questions.some(({ labels }) => labels.includes(label)));
    this.task = { ...this.task, questions };
    this.upcoming.forEach((doc) => dropUnknownLabels(doc, questions));
    this.past = []; // the server says them anew, in today's labels
    this.drawTask();
    this.fetch();
    this.notice(gone.length ? `No label any more: ${gone.join(", ")}. Answers that cannot follow come again.` : "");
  }

  /** A refused answer was never recorded: its document comes again, as it was answered. */
  takeBack(answer) {
    const place = this.past.findIndex((doc) => doc.id === answer?.document_id);
    if (place < 0 || answer.status === "withdrawn") return;
    const [doc] = this.past.splice(place, 1);
    this.upcoming = [doc, ...this.upcoming];
    this.count(doc, false);
    this.sidebar.drawDecisions(this.past);
  }

  /** Fetch the next documents; what the annotator sees, and what is touched, stays. */
  async fetch() {
    if (this.isFetching || !this.next) return;
    this.isFetching = true;
    this.fetchedAt = performance.now();
    const [work, askedAt] = [workOf(this.task), performance.now()];
    const showing = this.upcoming.filter((doc, place) => place < 2 || doc.isTouched).map((doc) => doc.id);
    try {
      const queue = await this.next(showing);
      if (workOf(this.task) === work) this.takeQueue(queue, askedAt);
    } catch (error) {
      if (error.message) this.trouble = error.message;
    }
    this.isFetching = false;
  }

  /** Send what waits with the token of the new session, after signing in again. */
  goOnWith(token) {
    this.task = { ...this.task, token };
    this.trouble = "";
    this.outbox.nextAt = 0;
    this.outbox.flush();
    this.tellOfOthers();
    this.drawStatus();
  }

  /** Tell of answers that others left in this browser: they are sent under their own names only. */
  tellOfOthers() {
    const found = [...this.outbox.countOfOthers()];
    const { others } = this.parts;
    const lines = found.map(([name, n]) => {
      const [answers, wait, they] = n === 1 ? ["answer", "waits", "it is"] : ["answers", "wait", "they are"];
      return `${n} ${answers} of ${name} ${wait} on this computer; ${they} sent when ${name} labels here again.`;
    });
    others.textContent = lines.join(" ");
    others.hidden = !found.length;
  }

  /** Once a second: send what waits, look for documents, keep the leases. */
  tick() {
    this.drawStatus();
    if (this.session.isOut) return this.session.renew(this.task);
    this.outbox.flush();
    const since = performance.now() - this.fetchedAt;
    const isShort = this.upcoming.length <= REFILL && (!this.isDry || since > POLL);
    if (isShort || since > RENEW) this.fetch();
  }

  // What the annotator does

  pressLabel(question, label) {
    const { doc } = this;
    const answer = doc?.answers[question?.name];
    if (!answer || !question.labels.includes(label)) return;
    doc.isTouched = true;
    answer.isSkipped = false;
    this.notice("");
    this.activate(doc.asked.indexOf(question.name));
    if (question.kind === "ner") {
      this.notice(this.spans.mark(label));
      return this.drafts.keep(doc);
    }
    if (question.kind === "textcat") {
      answer.labels = [label];
      return this.goOn();
    }
    answer.isSuggested = false;
    answer.labels = answer.labels.includes(label)
      ? answer.labels.filter((other) => other !== label)
      : question.labels.filter((other) => other === label || answer.labels.includes(other));
    this.drafts.keep(doc);
    this.drawLabels();
  }

  /** Take the answer as it stands, with what the model suggests, and go on. */
  accept() {
    const { doc, question, answer } = this;
    if (!doc) return;
    if (question.kind === "textcat" && !answer.labels.length) {
      const said = suggestedLabel(doc, question);
      if (said === undefined) return this.notice("Choose a label first, or skip it with the space bar.");
      answer.labels = [said];
    }
    answer.isSkipped = false;
    this.goOn();
  }

  /** Go to the next question of the document, after the last one to the next document. */
  goOn() {
    const isLast = this.active + 1 === this.doc.asked.length;
    const open = this.doc.asked.findIndex((name) => this.isOpen(name));
    if (isLast && open < 0) return this.commit();
    this.drafts.keep(this.doc);
    if (!isLast) return this.activate(this.active + 1);
    this.activate(open);
    this.notice(`${this.doc.asked[open]} has no answer yet.`);
  }

  isOpen(name) {
    const { labels, isSkipped } = this.doc.answers[name];
    return this.kindOf(name) === "textcat" && !labels.length && !isSkipped;
  }

  activate(place) {
    if (!this.doc || this.active === place) return;
    this.active = (place + this.doc.asked.length) % this.doc.asked.length;
    this.spans.edit(this.spanQuestion());
    this.showComment();
    this.drawLabels();
  }

  removeSpan() {
    this.spans.removeChosen();
    this.answer.isSkipped = false;
    this.doc.isTouched = true;
    this.drafts.keep(this.doc);
  }

  reject() {
    if (!this.doc) return;
    this.doc.isTouched = true;
    rejectSuggestion(this.doc, this.question.name);
    this.drafts.keep(this.doc);
    this.spans.edit(this.spanQuestion());
    this.drawLabels();
  }

  /** Skip the question that has the line at its side, and go on. */
  skip() {
    const { doc, answer, question } = this;
    if (!doc) return;
    doc.isTouched = answer.isSkipped = true;
    this.notice("");
    this.goOn();
    if (this.doc === doc) this.say(`${question.name}: skipped`);
  }

  /** Skip every question of the document. */
  skipAll() {
    if (!this.doc) return;
    for (const name of this.doc.asked) this.doc.answers[name].isSkipped = true;
    this.commit();
  }

  flag() {
    const { doc, answer, question } = this;
    if (!doc) return;
    doc.isTouched = true;
    answer.flagged = !answer.flagged;
    this.drafts.keep(doc);
    this.drawLabels();
    this.drawStatus();
    this.say(`${question.name}: ${answer.flagged ? "flagged" : "no flag any more"}`);
  }

  commit() {
    const { doc } = this;
    doc.isTouched = true;
    doc.savedAt = undefined;
    this.post(doc);
    this.drafts.drop(doc);
    this.otherTabs.postMessage({ work: workOf(this.task), id: doc.id });
    this.count(doc, isAnsweredWhole(doc));
    this.past = [...this.past.filter((other) => other.id !== doc.id), doc].slice(-REMEMBERED);
    this.upcoming = this.upcoming.slice(1);
    this.say(isSkippedWhole(doc) ? "Skipped" : `Answered: ${decisionInWords(doc)}`);
    this.show();
    if (this.upcoming.length <= REFILL && !this.isDry) setTimeout(() => this.fetch(), 0);
  }

  /** Withdraw the last answer and show its document again, with what was marked. */
  undo() {
    const doc = this.past.at(-1);
    if (!doc) return this.notice("There is nothing to undo on this page.");
    this.past = this.past.slice(0, -1);
    this.count(doc, false);
    this.post(doc, { isWithdrawn: true });
    this.upcoming = [doc, ...this.upcoming];
    this.show();
    this.say("Undone");
  }

  /** Show a decided document again; until it is answered anew, what was said of it holds. */
  reopen(doc) {
    if (!this.past.includes(doc)) return;
    const place = this.past.indexOf(doc);
    this.past = this.past.filter((other) => other !== doc);
    this.upcoming = [{ ...structuredClone(doc), decided: { doc, place } }, ...this.upcoming];
    this.show();
  }

  /** Leave a reopened document as it was decided. */
  putBack() {
    if (!this.doc?.decided) return false;
    const { doc, place } = this.doc.decided;
    this.drafts.drop(this.doc);
    this.past = this.past.toSpliced(place, 0, doc);
    this.upcoming = this.upcoming.slice(1);
    this.show();
    return true;
  }

  /** What another tab of this browser has decided is not asked here again, unless it is being worked on. */
  leaveToOtherTab({ work, id }) {
    if (work !== workOf(this.task)) return;
    this.upcoming = this.upcoming.filter((doc) => doc.id !== id || doc.isTouched);
    if (this.shown !== this.doc) this.show();
  }

  count(doc, isAnswered) {
    this.nAnswered += Number(isAnswered) - Number(doc.isCounted);
    doc.isCounted = isAnswered;
  }

  post(doc, { isWithdrawn = false } = {}) {
    const seconds = Math.round((performance.now() - this.since) / doc.asked.length) / 1000;
    answersToSend(doc, this.task, { isWithdrawn, seconds }).forEach((answer) => this.outbox.add(answer));
    doc.decided = undefined;
  }

  openComment() {
    if (this.doc) this.comment.open();
  }

  writeComment(text) {
    if (!this.doc) return;
    this.answer.comment = text;
    this.doc.isTouched = true;
    this.drafts.keep(this.doc);
    this.drawLabels();
  }

  showComment() {
    this.comment.show(this.answer?.comment ?? "", this.doc?.asked.length > 1 ? this.question.name : "");
  }

  selectWithMouse(event) {
    const place = this.doc?.asked.findIndex((name) => this.kindOf(name) === "ner");
    if (place === undefined || place < 0) return;
    if (this.question.kind !== "ner" && this.parts.text.contains(event.target)) this.activate(place);
    if (this.question.kind === "ner") this.spans.selectWithMouse(event);
  }

  // Drawing

  show() {
    const { doc } = this;
    this.shown = doc;
    this.since = performance.now();
    this.active = 0;
    this.notice("");
    this.frame.classList.toggle("wb-empty", !doc);
    this.frame.classList.toggle("wb-spans", Boolean(doc?.asked.some((name) => this.kindOf(name) === "ner")));
    this.frame.dataset.document = doc?.id ?? "";
    this.parts.text.scrollTop = 0;
    this.showComment();
    if (doc) this.spans.open(doc, this.spanQuestion());
    else this.parts.text.textContent = EMPTY;
    this.drawLabels();
    this.drawStatus();
    this.sidebar.drawWhy(doc, this.task);
    this.sidebar.drawDecisions(this.past);
  }

  /** The question whose spans are drawn: the one that is answered, else the first that asks for spans. */
  spanQuestion() {
    if (this.question.kind === "ner") return this.question;
    const name = this.doc.asked.find((other) => this.kindOf(other) === "ner");
    return this.task.questions.find((question) => question.name === name);
  }

  kindOf(name) {
    return this.task.questions.find((question) => question.name === name)?.kind;
  }

  drawTask() {
    const press = (question, label) => this.pressLabel(question, label);
    this.panels = this.task.questions.map((question) => new LabelPanel(question, press));
    this.parts.labels.replaceChildren(...this.panels.map(({ root }) => root));
    drawKeys(this);
    if (this.doc) this.show();
  }

  drawLabels() {
    const isAlone = (this.doc?.asked.length ?? 0) < 2;
    for (const panel of this.panels) panel.update(this.doc, { isActive: panel.question === this.question, isAlone });
  }

  drawStatus() {
    const { count, reason, saved, flag } = this.parts;
    count.textContent = `${grouped(this.nAnswered)} of ${grouped(this.nPool)} answered · ${this.upcoming.length} queued`;
    reason.textContent = this.doc ? (this.doc.reasons[this.question?.name] ?? "") : "";
    flag.textContent = this.flagsInWords();
    const n = this.outbox.waiting.length;
    const isLate = this.outbox.isLate();
    if (isLate) saved.textContent = `${n} not saved yet – trying again. ${this.trouble}`;
    else if (n) saved.textContent = `saving ${n} …`;
    else saved.textContent = this.trouble || (this.wasSaved ? "✓ all saved" : "");
    saved.classList.toggle("wb-late", isLate || Boolean(this.trouble));
  }

  /** Which questions are flagged; their names only where there are several. */
  flagsInWords() {
    const asked = this.doc?.asked ?? [];
    const flagged = asked.filter((name) => this.doc.answers[name].flagged);
    if (!flagged.length) return "";
    return asked.length > 1 ? `⚑ ${flagged.join(", ")}` : "⚑ flagged";
  }

  notice(text) {
    this.parts.notice.textContent = text;
    this.parts.notice.hidden = !text;
  }

  say(text) {
    this.parts.spoken.textContent = text;
  }
}

/** What tells one piece of work from another: another one empties the card. */
function workOf({ project, annotator, questions }) {
  return JSON.stringify([project, annotator, questions.map(({ name }) => name)]);
}
