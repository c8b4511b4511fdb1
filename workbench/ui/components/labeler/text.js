// Places in a text. The browser counts UTF-16 units; the store counts Unicode code points. In here
// everything is in units, and these functions translate on the way in and out.

/** The number of code points before each of these units (ascending): every unit counts but the second half of a pair. */
function codePoints(text, places) {
  const counts = [];
  let count = 0;
  let unit = 0;
  for (const place of places) {
    for (; unit < place; unit++) {
      const code = text.charCodeAt(unit);
      if (code < 0xdc00 || code > 0xdfff) count++;
    }
    counts.push(count);
  }
  return counts;
}

/** The unit at which each of these code points (ascending) begins. */
function unitsOf(text, places) {
  const units = [];
  let point = 0;
  let unit = 0;
  for (const place of places) {
    while (point < place && unit < text.length) {
      unit += text.codePointAt(unit) > 0xffff ? 2 : 1;
      point++;
    }
    units.push(unit);
  }
  return units;
}

/** Spans of the store, in code points, as spans in units. */
function spansFromStore(text, spans) {
  const units = translated(spans, (places) => unitsOf(text, places));
  return spans.map((span) => ({ ...span, start: units.get(span.start), end: units.get(span.end) }));
}

/** Spans as they are stored: code points, and the text that each covers. */
function spansForStore(text, spans) {
  const points = translated(spans, (places) => codePoints(text, places));
  return spans.map(({ start, end, label }) => {
    return { start: points.get(start), end: points.get(end), label, covered: text.slice(start, end) };
  });
}

/** From each bound of these spans to what `count` makes of all of them, ascending: a text is gone through once. */
function translated(spans, count) {
  const places = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const counts = count(places);
  return new Map(places.map((place, i) => [place, counts[i]]));
}

/**
 * The words, numbers and signs of a text as [start, end), without white space; found around a place, not all at once.
 * Those of which nothing is asked are passed over.
 */
class Words {
  constructor(text, scope = null) {
    this.text = text;
    this.scope = scope;
    this.segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  }

  /** The word at a unit, else the next one behind it; null behind the last one. */
  from(unit) {
    let at = Math.max(0, unit);
    while (at < this.text.length && (/\s/.test(this.text[at]) || !this.isAsked(at))) at++;
    return this.at(at);
  }

  /** The last word that begins before a unit; null before the first one. */
  before(unit) {
    let at = Math.min(unit, this.text.length) - 1;
    while (at >= 0 && (/\s/.test(this.text[at]) || !this.isAsked(at))) at--;
    return this.at(at);
  }

  isAsked(unit) {
    return isTouched(this.scope, [unit, unit + 1]);
  }

  at(unit) {
    const found = this.segments.containing(unit);
    return found ? [found.index, found.index + found.segment.length] : null;
  }
}

/** The next boundary between graphemes before (step -1) or after (step 1) a unit. */
function nextBoundary(text, unit, step) {
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const { index, segment } = segmenter.segment(text).containing(step > 0 ? unit : unit - 1) || {};
  if (index === undefined) return unit;
  return step > 0 ? index + segment.length : index;
}

/** Widen a range to whole words or graphemes and cut white space off; null when nothing is left. */
function snap(text, [start, end], granularity) {
  const segments = new Intl.Segmenter(undefined, { granularity }).segment(text);
  const last = segments.containing(end);
  if (last && last.index < end) end = last.index + last.segment.length;
  start = segments.containing(start)?.index ?? start;
  while (start < end && /\s/.test(text[start])) start++;
  while (start < end && /\s/.test(text[end - 1])) end--;
  return start < end ? [start, end] : null;
}

/** What is selected with the mouse inside an element as [start, end) units; null outside of it. */
function selectedRange(element) {
  const selection = getSelection();
  if (!selection.rangeCount) return null;
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(element)) return null;
  const whole = document.createRange();
  whole.selectNodeContents(element);
  const inside = range.cloneRange();
  if (!element.contains(range.startContainer)) inside.setStart(whole.startContainer, whole.startOffset);
  if (!element.contains(range.endContainer)) inside.setEnd(whole.endContainer, whole.endOffset);
  whole.setEnd(inside.startContainer, inside.startOffset);
  const start = whole.toString().length;
  return [start, start + inside.toString().length];
}
