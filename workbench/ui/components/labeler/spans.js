// Marking spans in a text: with the mouse, or with the arrow keys. Spans may nest and overlap.

class SpanEditor {
  constructor(element) {
    this.element = element;
    this.drawn = new DrawnText(element);
  }

  /** Show a document; the spans of its answer to `question` (none without one) are edited in place. */
  open(doc, question) {
    this.doc = doc;
    this.drawn.open(doc.text);
    this.edit(question);
  }

  edit(question) {
    this.question = question;
    this.words = new Words(this.text, this.scope);
    this.chosenWords = null; // the first and the last word that keys selected: the next key goes on from there
    this.redraw();
    this.choose({});
  }

  get text() {
    return this.doc.text;
  }

  get spans() {
    return this.question ? this.doc.answers[this.question.name].spans : [];
  }

  get scope() {
    return this.question ? this.doc.answers[this.question.name].scope : null;
  }

  set spans(spans) {
    this.doc.answers[this.question.name].spans = spans;
  }

  /** Highlight a range of text, or choose a span, or neither. */
  choose({ range = null, span = null }) {
    this.range = range;
    this.chosen = span;
    this.column = null; // where the first of several moves up or down began
    this.drawn.select({ range, chosen: span });
  }

  redraw() {
    const { question, spans, scope } = this;
    this.drawn.draw({ question, spans, scope });
  }

  /** Take over what the mouse selected: whole words, or characters with shift. A click chooses a span. */
  selectWithMouse({ shiftKey, target }) {
    if (target.wbSpan) return this.choose({ span: target.wbSpan });
    const selected = selectedRange(this.element);
    if (!selected) return;
    // A click on it lets go of it, but only after this event.
    if (this.isShownAsSelected(selected)) return setTimeout(() => this.drawn.select(this), 0);
    const [start, end] = selected;
    this.chosenWords = null;
    getSelection().removeAllRanges(); // or the next click on a label would read it again
    if (start === end) return this.choose({ span: this.spanAt(start) });
    this.choose({ range: snap(this.doc.text, selected, shiftKey ? "grapheme" : "word") });
  }

  /** Whether this is the range that was chosen before: where the browser cannot paint one, it stays selected. */
  isShownAsSelected([start, end]) {
    return !canHighlight() && start === this.range?.[0] && end === this.range[1];
  }

  /** The shortest span at a place; the next longer one when that is chosen already. */
  spanAt(unit) {
    const over = this.spans.filter((span) => span.start <= unit && unit < span.end);
    over.sort((a, b) => a.end - a.start - (b.end - b.start));
    return over[(over.indexOf(this.chosen) + 1) % Math.max(1, over.length)] || null;
  }

  /** The first and the last word of the range, or of the chosen span; null without either. */
  wordsInRange() {
    const [start, end] = this.range || (this.chosen ? [this.chosen.start, this.chosen.end] : []);
    const first = start === undefined ? null : this.words.from(start);
    if (!first) return null;
    const last = this.words.before(end);
    return [first, last && last[0] > first[0] ? last : first];
  }

  /** Move the range by a word, a line, a screen or a paragraph, or its end when extending. */
  move(by, step, isExtending) {
    const [first, last] = this.chosenWords || this.wordsInRange() || [];
    if (!first) return this.enter(step);
    const from = step > 0 || isExtending ? last : first;
    const column = this.column ?? this.drawn.middleOf(from).x;
    const to = MOVES[by](this, from, step, column);
    if (!isExtending) this.chooseWords(to, to);
    else this.chooseWords(first, to[0] > first[0] ? to : first);
    if (by === "line" || by === "screen") this.column = column;
    this.drawn.reveal(to);
  }

  /** Select the first word of the text, or the last one when moving backwards. */
  enter(step) {
    const word = step > 0 ? this.words.from(0) : this.words.before(this.text.length);
    if (!word) return;
    this.chooseWords(word, word);
    this.drawn.reveal(word);
  }

  chooseWords(first, last) {
    this.choose({ range: [first[0], last[1]] });
    this.chosenWords = [first, last];
  }

  /** Move the end of the range by one character. */
  moveEnd(step) {
    if (!this.range) return this.move("word", 1, false);
    const [start, end] = this.range;
    const moved = nextBoundary(this.doc.text, end, step);
    if (start < moved) this.choose({ range: [start, moved] });
  }

  /** Choose the span before or after the one that is chosen. */
  moveSpan(step) {
    const ordered = [...this.spans].sort((a, b) => a.start - b.start || b.end - a.end);
    if (!ordered.length) return;
    const at = ordered.indexOf(this.chosen);
    const next = at < 0 ? (step > 0 ? 0 : ordered.length - 1) : (at + step + ordered.length) % ordered.length;
    this.choose({ span: ordered[next] });
    this.drawn.reveal([ordered[next].start, ordered[next].end]);
  }

  /** Label the range or the chosen span, and return what is in the way, if anything. */
  mark(label) {
    const { range, chosen, spans } = this;
    if (!chosen && !range) return "Select some text first: drag with the mouse, or use the arrow keys.";
    const asked = chosen ? [chosen.start, chosen.end] : cutTo(this.scope, this.text, range);
    if (!asked) return GREYED;
    const [start, end] = asked;
    const twin = spans.find((span) => span.start === start && span.end === end && span.label === label);
    if (twin && (!twin.isSuggested || (chosen && twin !== chosen))) {
      return `This text is marked as ${label} already.`;
    }
    const marked = twin || chosen || { start, end };
    Object.assign(marked, { label, isSuggested: false });
    if (!spans.includes(marked)) this.spans = [...spans, marked].sort((a, b) => a.start - b.start || b.end - a.end);
    this.redraw();
    this.choose({ span: marked }); // another label's key changes it, backspace takes it back
    return !chosen && end - start < range[1] - range[0] ? CUT : "";
  }

  removeChosen() {
    this.spans = this.spans.filter((span) => span !== this.chosen);
    this.redraw();
    this.choose({});
  }
}
