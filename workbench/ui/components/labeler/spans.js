// Marking spans in a text: with the mouse, or word by word with the arrow keys.

class SpanEditor {
  constructor(element) {
    this.element = element;
  }

  /** Show a document; its `spans` ([start, end) in UTF-16 units, with a label) are edited in place. */
  open(doc, labels) {
    this.doc = doc;
    this.labels = labels;
    this.words = this.chosenWords = null;
    this.choose({});
  }

  /** Highlight a range of text, or choose a span, or neither. */
  choose({ range = null, span = null }) {
    this.range = range;
    this.chosen = span;
    drawText(this.element, this.doc, { labels: this.labels, range, chosen: span });
  }

  /** Take over what the mouse selected: whole words, or characters with shift. A click chooses a span. */
  selectWithMouse({ shiftKey }) {
    const selected = selectedRange(this.element);
    if (!selected) return;
    const [start, end] = selected;
    this.chosenWords = null;
    getSelection().removeAllRanges(); // or the next click on a label would read it again
    if (start === end) return this.choose({ span: spanAt(this.doc.spans, start) });
    this.choose({ range: snap(this.doc.text, selected, shiftKey ? "grapheme" : "word") });
  }

  /** Move the range by a word, or its end when extending. */
  moveWord(step, isExtending) {
    this.words ||= wordsOf(this.doc.text);
    if (!this.words.length) return;
    const place = (wanted) => Math.min(this.words.length - 1, Math.max(0, wanted));
    const [first, last] = this.chosenWords || (step > 0 ? [-1, -1] : [Infinity, Infinity]);
    if (isExtending && this.chosenWords) this.chosenWords = [first, Math.max(first, place(last + step))];
    else this.chosenWords = Array(2).fill(place((step > 0 ? last : first) + step));
    const [from, to] = this.chosenWords;
    this.choose({ range: [this.words[from][0], this.words[to][1]] });
    this.element.querySelector(".wb-range")?.scrollIntoView({ block: "nearest" });
  }

  /** Label the range or the chosen span, and return what is in the way, if anything. */
  mark(label) {
    const { doc, range } = this;
    if (this.chosen) this.chosen.label = label;
    else if (!range) return "Select some text first: drag with the mouse, or use the arrow keys.";
    else {
      const other = doc.spans.find((span) => span.start < range[1] && range[0] < span.end);
      if (other) {
        const covered = doc.text.slice(other.start, other.end);
        return `It overlaps ${other.label} “${covered}”: click that one and delete it with backspace first.`;
      }
      doc.spans.push({ start: range[0], end: range[1], label });
      doc.spans.sort((a, b) => a.start - b.start);
    }
    this.choose({});
    return "";
  }

  removeChosen() {
    this.doc.spans = this.doc.spans.filter((span) => span !== this.chosen);
    this.choose({});
  }
}

function spanAt(spans, unit) {
  return spans.find((span) => span.start <= unit && unit < span.end) || null;
}

/** A span as it is stored: code points, and the text that it covers. */
function spanForStore(text, { start, end, label }) {
  return { start: codePoints(text, start), end: codePoints(text, end), label, covered: text.slice(start, end) };
}
