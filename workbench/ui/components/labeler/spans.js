// Marking spans in a text: with the mouse, or with the arrow keys. Spans may nest and overlap.

class SpanEditor {
  constructor(element) {
    this.element = element;
    this.drawn = new DrawnText(element);
  }

  /** Show a document; the spans of its answer to `question` (none without one) are edited in place. */
  open(doc, question) {
    this.doc = doc;
    this.words = null;
    this.drawn.open(doc.text);
    this.edit(question);
  }

  edit(question) {
    this.question = question;
    this.chosenWords = null;
    this.choose({});
  }

  get spans() {
    return this.question ? this.doc.answers[this.question.name].spans : [];
  }

  set spans(spans) {
    this.doc.answers[this.question.name].spans = spans;
  }

  /** Highlight a range of text, or choose a span, or neither. */
  choose({ range = null, span = null }) {
    this.range = range;
    this.chosen = span;
    this.redraw();
  }

  redraw() {
    const { question, spans, range, chosen } = this;
    this.drawn.draw({ question, spans, range, chosen });
  }

  /** Take over what the mouse selected: whole words, or characters with shift. A click chooses a span. */
  selectWithMouse({ shiftKey, target }) {
    if (target.wbSpan) return this.choose({ span: target.wbSpan });
    const selected = selectedRange(this.element);
    if (!selected) return;
    const [start, end] = selected;
    this.chosenWords = null;
    getSelection().removeAllRanges(); // or the next click on a label would read it again
    if (start === end) return this.choose({ span: this.spanAt(start) });
    this.choose({ range: snap(this.doc.text, selected, shiftKey ? "grapheme" : "word") });
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
    if (start === undefined) return null;
    const first = this.words.findIndex(([, stop]) => stop > start);
    const after = this.words.findIndex(([begin]) => begin >= end);
    return first < 0 ? null : [first, Math.max(first, (after < 0 ? this.words.length : after) - 1)];
  }

  /** Move the range by a word, or its end when extending. */
  moveWord(step, isExtending) {
    this.words ||= wordsOf(this.doc.text);
    if (!this.words.length) return;
    this.chosenWords ||= this.wordsInRange();
    const place = (wanted) => Math.min(this.words.length - 1, Math.max(0, wanted));
    const [first, last] = this.chosenWords || (step > 0 ? [-1, -1] : [Infinity, Infinity]);
    if (isExtending && this.chosenWords) this.chosenWords = [first, Math.max(first, place(last + step))];
    else this.chosenWords = Array(2).fill(place((step > 0 ? last : first) + step));
    const [from, to] = this.chosenWords;
    this.choose({ range: [this.words[from][0], this.words[to][1]] });
    this.reveal(".wb-range");
  }

  /** Move the end of the range by one character. */
  moveEnd(step) {
    if (!this.range) return this.moveWord(1, false);
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
    this.reveal(".wb-span.wb-chosen");
  }

  reveal(selector) {
    this.element.querySelector(selector)?.scrollIntoView({ block: "nearest" });
  }

  /** Label the range or the chosen span, and return what is in the way, if anything. */
  mark(label) {
    const { range, chosen, spans } = this;
    if (!chosen && !range) return "Select some text first: drag with the mouse, or use the arrow keys.";
    const [start, end] = chosen ? [chosen.start, chosen.end] : range;
    const twin = spans.find((span) => span.start === start && span.end === end && span.label === label);
    if (twin && (!twin.isSuggested || (chosen && twin !== chosen))) {
      return `This text is marked as ${label} already.`;
    }
    const marked = twin || chosen || { start, end };
    Object.assign(marked, { label, isSuggested: false });
    if (!spans.includes(marked)) this.spans = [...spans, marked].sort((a, b) => a.start - b.start || b.end - a.end);
    this.choose({ span: marked }); // another label's key changes it, backspace takes it back
    return "";
  }

  removeChosen() {
    this.spans = this.spans.filter((span) => span !== this.chosen);
    this.choose({});
  }
}
