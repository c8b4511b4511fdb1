// The card: one document after the other, and the annotator's answers to it. It ties the queue of documents, the
// marking, the outbox and the page together; it advances at once and leaves the saving to the outbox.

const POLL = 5000; // milliseconds between two looks for documents when none is left
const RENEW = 600000; // milliseconds after which leases are renewed though nothing was answered
const AWAITED = 30000; // milliseconds after which it is asked whether a first batch is still on its way
const EMPTY = `Nothing is left to label for you: every document is answered or skipped, or lies with somebody else, who
has it for half an hour at most. New ones appear here by themselves.`.replace("\n", " ");

class Card {
  constructor(root) {
    this.frame = root.querySelector(".wb-card");
    this.parts = Object.fromEntries(
      [...root.querySelectorAll("[data-part]")].map((found) => [found.dataset.part, found]),
    );
    this.status = new StatusLine(this.parts);
    this.outbox = new Outbox({
      isMine: (answer) => answer.annotator === this.task.annotator,
      onReceipt: (receipt, gone) => this.takeReceipt(receipt, gone),
      onTrouble: (message) => (this.status.trouble = message),
    });
    this.session = new Session(this.parts.session, { onReturn: (token) => this.goOnWith(token) });
    this.queue = new Queue();
    this.ranking = new RankingWatch({ look: () => this.lookAtRanking() });
    this.marking = new Marking(this, this.parts);
    this.sidebar = new Sidebar(this.parts, (doc) => this.reopen(doc));
    this.shown = null; // nothing was shown yet, not even that nothing is left
    this.fetchedAt = performance.now();
    this.otherTabs = new BroadcastChannel("workbench-labelling");
    this.otherTabs.onmessage = ({ data }) => this.leaveToOtherTab(data);
  }

  get doc() {
    return this.queue.doc;
  }

  // What the server says

  update({ task, queue }) {
    const isOther = JSON.stringify(task) !== JSON.stringify(this.task);
    const isOtherWork = !this.task || workOf(task) !== workOf(this.task);
    this.task = task;
    if (isOtherWork) {
      this.queue.clear();
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

  /** Take over the documents that the server sent; `askedAt` is when they were asked for. */
  takeQueue(sent, askedAt = -Infinity) {
    const { drafts, task } = this;
    const statuses = this.outbox.statusesOf(task);
    this.queue.take(sent, { questions: task.questions, drafts, statuses, askedAt });
    this.follow();
    this.sidebar.drawWhy(this.doc, task, this.queue.ranked);
    this.sidebar.drawDecisions(this.queue.past);
  }

  takeReceipt(receipt, gone) {
    const { queue, status } = this;
    if (receipt.saved.length) status.wasSaved = true;
    status.trouble = "";
    const messages = receipt.refused.map(({ client_id, message }) => {
      queue.takeBack(gone.find((answer) => answer.client_id === client_id));
      return `This answer was refused: ${message}`;
    });
    if (messages.length) this.sidebar.drawDecisions(queue.past);
    queue.noteSaved(new Set(gone.map((answer) => answer.document_id)));
    this.follow();
    if (messages.length) this.notice([...new Set(messages)].join(" "));
    if (receipt.ranking !== queue.ranking) this.fetch();
    this.ranking.follow(receipt);
    this.followLabels(receipt.questions);
  }

  /** Ask whether the pool was ranked anew, and fetch the new order if so; a receipt under way says it too. */
  async lookAtRanking() {
    const { outbox, queue } = this;
    if (this.session.isOut || outbox.waiting.length || outbox.isSending || !outbox.send) return;
    const work = workOf(this.task);
    const receipt = await outbox.send([]).catch(() => undefined); // who does not answer is asked again
    if (receipt && workOf(this.task) === work && receipt.ranking !== queue.ranking) this.fetch();
  }

  /** Take over labels that were added, renamed, merged, split or retired while this page was open. */
  followLabels(questions) {
    if (!questions || JSON.stringify(questions) === JSON.stringify(this.task.questions)) return;
    const had = this.task.questions.flatMap(({ labels }) => labels);
    const gone = had.filter((label) => !questions.some(({ labels }) => labels.includes(label)));
    this.task = { ...this.task, questions };
    this.queue.upcoming.forEach((doc) => dropUnknownLabels(doc, questions));
    this.queue.past = []; // the server says them anew, in today's labels
    this.drawTask();
    this.fetch();
    this.notice(gone.length ? `No label any more: ${gone.join(", ")}. Answers that cannot follow come again.` : "");
  }

  /** Fetch the next documents; what the annotator sees, and what is touched, stays. */
  async fetch() {
    if (this.isFetching || !this.next) return;
    this.isFetching = true;
    this.fetchedAt = performance.now();
    const [work, askedAt] = [workOf(this.task), performance.now()];
    try {
      const sent = await this.next(this.queue.kept.map((doc) => doc.id));
      if (workOf(this.task) === work) this.takeQueue(sent, askedAt);
    } catch (error) {
      if (error.message) this.status.trouble = error.message;
    }
    this.isFetching = false;
  }

  /** Send what waits with the token of the new session, after signing in again. */
  goOnWith(token) {
    this.task = { ...this.task, token };
    this.status.trouble = "";
    this.outbox.nextAt = 0;
    this.outbox.flush();
    this.tellOfOthers();
    this.drawStatus();
  }

  tellOfOthers() {
    this.status.tellOfOthers(this.outbox.countOfOthers());
  }

  /** Once a second: send what waits, look for documents, keep the leases. */
  tick() {
    this.drawStatus();
    if (this.session.isOut) return this.session.renew(this.task);
    this.outbox.flush();
    const since = performance.now() - this.fetchedAt;
    // The first batch comes without a receipt: whoever only reads until it is there sees it too.
    if (this.queue.isAwaited && performance.now() - this.ranking.lookedAt > POLL) this.ranking.lookNow();
    const isNeeded = this.queue.isShort && (!this.queue.isDry || since > POLL);
    if (isNeeded || since > (this.queue.isAwaited ? AWAITED : RENEW)) this.fetch();
  }

  // From document to document

  /** The document is answered or skipped: leave the saving to the outbox, and show the next one. */
  commit() {
    const { doc, queue } = this;
    doc.isTouched = true;
    doc.savedAt = undefined;
    this.post(doc);
    this.drafts.drop(doc);
    this.otherTabs.postMessage({ work: workOf(this.task), id: doc.id });
    queue.decide();
    this.say(isSkippedWhole(doc) ? "Skipped" : `Answered: ${decisionInWords(doc)}`);
    this.show();
    if (queue.isShort && !queue.isDry) setTimeout(() => this.fetch(), 0);
  }

  /** Withdraw the last answer and show its document again, with what was marked. */
  undo() {
    const doc = this.queue.undo();
    if (!doc) return this.notice("There is nothing to undo on this page.");
    this.post(doc, { isWithdrawn: true });
    this.drafts.keep(doc);
    this.show();
    this.say("Undone");
  }

  /** Show a decided document again; until it is answered anew, what was said of it holds. */
  reopen(doc) {
    if (this.queue.reopen(doc)) this.show();
  }

  /** Leave a reopened document as it was decided. */
  putBack() {
    if (!this.doc?.decided) return false;
    this.drafts.drop(this.doc);
    this.queue.putBack();
    this.show();
    return true;
  }

  /** What another tab of this browser has decided is not asked here again, unless it is being worked on. */
  leaveToOtherTab({ work, id }) {
    if (work !== workOf(this.task)) return;
    this.queue.leaveOut(id);
    if (this.shown !== this.doc) this.show();
  }

  post(doc, { isWithdrawn = false } = {}) {
    const seconds = Math.round((performance.now() - this.since) / doc.asked.length) / 1000;
    answersToSend(doc, this.task, { isWithdrawn, seconds }).forEach((answer) => this.outbox.add(answer));
    doc.decided = undefined;
  }

  // Drawing

  /** Show the first document if it is another one; else only how things stand. */
  follow() {
    if (this.shown !== this.doc) this.show();
    else this.drawStatus();
  }

  show() {
    const { doc, marking } = this;
    this.shown = doc;
    this.since = performance.now();
    this.notice("");
    this.frame.classList.toggle("wb-empty", !doc);
    this.frame.classList.toggle("wb-spans", marking.hasSpans);
    this.frame.dataset.document = doc?.id ?? "";
    this.parts.text.scrollTop = 0;
    marking.open();
    if (!doc) this.parts.text.textContent = EMPTY;
    this.drawLabels();
    this.drawStatus();
    this.sidebar.drawWhy(doc, this.task, this.queue.ranked);
    this.sidebar.drawDecisions(this.queue.past);
  }

  drawTask() {
    const press = (question, label) => this.marking.pressLabel(question, label);
    this.panels = this.task.questions.map((question) => new LabelPanel(question, press));
    this.parts.labels.replaceChildren(...this.panels.map(({ root }) => root));
    drawKeys(this);
    if (this.doc) this.show();
  }

  drawLabels() {
    const { question } = this.marking;
    const isAlone = (this.doc?.asked.length ?? 0) < 2;
    for (const panel of this.panels) panel.update(this.doc, { isActive: panel.question === question, isAlone });
  }

  drawStatus() {
    this.status.draw({ queue: this.queue, question: this.marking.question, outbox: this.outbox });
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
