// The part of a text that is asked: [start, end) ranges in UTF-16 units, in text order; null asks all of it. What lies
// outside is greyed, and stays unknown: it is not marked, and not said to hold nothing either.

const GREYED = "This is not asked. Press * to mark all of the text.";
const CUT = "The greyed words were left out. If they belong to it, press * and mark all of it.";

/** The ranges of the store, in code points, in units. */
function scopeFromStore(text, ranges) {
  const spans = spansFromStore(text, ranges.map(([start, end]) => ({ start, end })));
  return spans.map(({ start, end }) => [start, end]);
}

/** Ranges as they are stored: in code points. */
function scopeForStore(text, scope) {
  const spans = spansForStore(text, scope.map(([start, end]) => ({ start, end })));
  return spans.map(({ start, end }) => [start, end]);
}

/** Whether all of a span is asked. */
function isInside(scope, { start, end }) {
  return !scope || scope.some(([from, to]) => from <= start && end <= to);
}

/** Whether something of a range is asked. */
function isTouched(scope, [start, end]) {
  return !scope || scope.some(([from, to]) => from < end && start < to);
}

/** The longest part of a range that is asked, without white space around it; null when nothing of it is. */
function cutTo(scope, text, [start, end]) {
  if (!scope) return [start, end];
  const parts = scope.map(([from, to]) => [Math.max(from, start), Math.min(to, end)]);
  const [from, to] = parts.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a));
  const words = text.slice(from, Math.max(from, to));
  if (!words.trim()) return null;
  return [to - words.trimStart().length, from + words.trimEnd().length];
}

/** Ask all of a document: what the model suggests outside of the scope is laid out too. */
function liftScope(doc, { name, labels }) {
  const answer = doc.answers[name];
  const said = (doc.suggestions[name]?.spans ?? []).filter(({ label }) => labels.includes(label));
  const outside = spansFromStore(doc.text, said).filter((span) => !isInside(answer.scope, span));
  answer.spans = [...answer.spans, ...outside.map((span) => ({ ...span, isSuggested: true }))].sort(
    (a, b) => a.start - b.start || b.end - a.end,
  );
  answer.isSuggested ||= outside.length > 0;
  answer.scope = null;
}

/** Ask the words of the scope only again; returns what is in the way, if anything. */
function narrowScope(doc, { name }) {
  const answer = doc.answers[name];
  const scope = doc.scopes[name];
  if (answer.spans.some((span) => !span.isSuggested && !isInside(scope, span))) {
    return "Something is marked outside of the words that were asked: delete it first.";
  }
  answer.spans = answer.spans.filter((span) => isInside(scope, span));
  answer.scope = scope;
  return "";
}

/** The line below the text that says that only a part is asked, with the button that asks all of it. */
class ScopeLine {
  constructor(root, press) {
    this.words = element("span", "");
    this.root = root;
    this.press = press;
  }

  /** Show how a document is asked about `question`; `isAlone`: it is asked nothing else. */
  show(doc, question, isAlone) {
    this.root.hidden = !(question && doc.scopes[question.name]);
    if (this.root.hidden) return;
    const isPart = Boolean(doc.answers[question.name].scope);
    const words = isPart ? "Only the words that are not greyed are asked." : "All of the text is asked.";
    this.words.textContent = isAlone ? words : `${question.name}: ${words}`;
    const button = drawButton({ key: "*", text: isPart ? "Mark all of it" : "Only the doubtful words", press: this.press });
    this.root.replaceChildren(this.words, button);
  }
}
