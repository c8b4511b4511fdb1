// What the annotator says about the document on the card: labels, spans, flags and comments, question by question.

class Marking {
  /** `desk` is the card; `spans` and `comment` are the parts of it that are edited in here. */
  constructor(desk, parts) {
    this.desk = desk;
    this.text = parts.text;
    this.spans = new SpanEditor(parts.text);
    this.comment = new CommentField(parts.comment, {
      write: (text) => this.writeComment(text),
      leave: () => desk.frame.focus({ preventScroll: true }),
    });
    this.scopeLine = new ScopeLine(parts.scope, () => this.switchScope());
    this.active = 0; // the place of the question that the keys answer, among those the document is asked
  }

  get doc() {
    return this.desk.doc;
  }

  /** The question that the keys answer. */
  get question() {
    return this.questionOf(this.doc?.asked[this.active]);
  }

  /** The answer to the question that the keys answer. */
  get answer() {
    return this.doc?.answers[this.question.name];
  }

  /** The question whose spans are drawn: the one that is answered, else the first that asks for spans. */
  get spanQuestion() {
    if (this.question.kind === "ner") return this.question;
    return this.questionOf(this.doc.asked.find((other) => this.kindOf(other) === "ner"));
  }

  /** Whether the document is asked for spans. */
  get hasSpans() {
    return Boolean(this.doc?.asked.some((name) => this.kindOf(name) === "ner"));
  }

  questionOf(name) {
    return this.desk.task.questions.find((question) => question.name === name);
  }

  kindOf(name) {
    return this.questionOf(name)?.kind;
  }

  /** Begin with the first question of the document on the card, if there is one. */
  open() {
    this.active = 0;
    this.showComment();
    this.showScope();
    if (this.doc) this.spans.open(this.doc, this.spanQuestion);
  }

  activate(place) {
    if (!this.doc || this.active === place) return;
    this.active = (place + this.doc.asked.length) % this.doc.asked.length;
    this.spans.edit(this.spanQuestion);
    this.showComment();
    this.showScope();
    this.desk.drawLabels();
  }

  pressLabel(question, label) {
    const { doc, desk } = this;
    const answer = doc?.answers[question?.name];
    if (!answer || !question.labels.includes(label)) return;
    doc.isTouched = true;
    answer.isSkipped = false;
    desk.notice("");
    this.activate(doc.asked.indexOf(question.name));
    if (question.kind === "ner") {
      desk.notice(this.spans.mark(label));
      return desk.drafts.keep(doc);
    }
    if (question.kind === "textcat") {
      answer.labels = [label];
      return this.goOn();
    }
    answer.isSuggested = false;
    answer.labels = answer.labels.includes(label)
      ? answer.labels.filter((other) => other !== label)
      : question.labels.filter((other) => other === label || answer.labels.includes(other));
    desk.drafts.keep(doc);
    desk.drawLabels();
  }

  /** Take the answer as it stands, with what the model suggests, and go on. */
  accept() {
    const { doc, question, answer } = this;
    if (!doc) return;
    if (question.kind === "textcat" && !answer.labels.length) {
      const said = suggestedLabel(doc, question);
      if (said === undefined) return this.desk.notice("Choose a label first, or skip it with the space bar.");
      answer.labels = [said];
    }
    answer.isSkipped = false;
    this.goOn();
  }

  /** Go to the next question of the document, after the last one to the next document. */
  goOn() {
    const isLast = this.active + 1 === this.doc.asked.length;
    const open = this.doc.asked.findIndex((name) => this.isOpen(name));
    if (isLast && open < 0) return this.desk.commit();
    this.desk.drafts.keep(this.doc);
    if (!isLast) return this.activate(this.active + 1);
    this.activate(open);
    this.desk.notice(`${this.doc.asked[open]} has no answer yet.`);
  }

  isOpen(name) {
    const { labels, isSkipped } = this.doc.answers[name];
    return this.kindOf(name) === "textcat" && !labels.length && !isSkipped;
  }

  removeSpan() {
    this.spans.removeChosen();
    this.answer.isSkipped = false;
    this.keep();
  }

  reject() {
    if (!this.doc) return;
    rejectSuggestion(this.doc, this.question.name);
    this.keep();
    this.spans.edit(this.spanQuestion);
    this.desk.drawLabels();
  }

  /** Skip the question that has the line at its side, and go on. */
  skip() {
    const { doc, answer, question } = this;
    if (!doc) return;
    doc.isTouched = answer.isSkipped = true;
    this.desk.notice("");
    this.goOn();
    if (this.doc === doc) this.desk.say(`${question.name}: skipped`);
  }

  /** Skip every question of the document. */
  skipAll() {
    if (!this.doc) return;
    for (const name of this.doc.asked) this.doc.answers[name].isSkipped = true;
    this.desk.commit();
  }

  flag() {
    const { doc, answer, question } = this;
    if (!doc) return;
    answer.flagged = !answer.flagged;
    this.keep();
    this.desk.drawLabels();
    this.desk.drawStatus();
    this.desk.say(`${question.name}: ${answer.flagged ? "flagged" : "no flag any more"}`);
  }

  openComment() {
    if (this.doc) this.comment.open();
  }

  writeComment(text) {
    if (!this.doc) return;
    this.answer.comment = text;
    this.keep();
    this.desk.drawLabels();
  }

  showComment() {
    this.comment.show(this.answer?.comment ?? "", this.doc?.asked.length > 1 ? this.question.name : "");
  }

  /** Mark all of a text of which only some words are asked, or only these again. */
  switchScope() {
    const question = this.doc && this.spanQuestion;
    if (!question || !this.doc.scopes[question.name]) return;
    const isPart = this.doc.answers[question.name].scope;
    const obstacle = isPart ? liftScope(this.doc, question) : narrowScope(this.doc, question);
    this.desk.notice(obstacle ?? "");
    if (obstacle) return; // what is chosen stays chosen, to be deleted
    this.keep();
    this.spans.edit(question);
    this.showScope();
  }

  showScope() {
    this.scopeLine.show(this.doc, this.doc && this.spanQuestion, this.doc?.asked.length === 1);
  }

  selectWithMouse(event) {
    const place = this.doc?.asked.findIndex((name) => this.kindOf(name) === "ner");
    if (place === undefined || place < 0) return;
    if (this.question.kind !== "ner" && this.text.contains(event.target)) this.activate(place);
    if (this.question.kind === "ner") this.spans.selectWithMouse(event);
  }

  /** Keep what was begun, so that neither a reload nor new documents take it away. */
  keep() {
    this.doc.isTouched = true;
    this.desk.drafts.keep(this.doc);
  }
}
