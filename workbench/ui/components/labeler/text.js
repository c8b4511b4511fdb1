// Places in a text. The browser counts UTF-16 units; the store counts Unicode code points. In here
// everything is in units, and these functions translate on the way in and out.

/** The number of code points before a unit: every unit counts but the second half of a pair. */
function codePoints(text, unit) {
  let count = 0;
  for (let i = 0; i < unit; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
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
  const places = [...new Set(spans.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const units = new Map(unitsOf(text, places).map((unit, i) => [places[i], unit]));
  return spans.map((span) => ({ ...span, start: units.get(span.start), end: units.get(span.end) }));
}

/** A span as it is stored: code points, and the text that it covers. */
function spanForStore(text, { start, end, label }) {
  return { start: codePoints(text, start), end: codePoints(text, end), label, covered: text.slice(start, end) };
}

/** The words, numbers and signs of a text as [start, end), without white space. */
function wordsOf(text) {
  const segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  return Array.from(segments, ({ index, segment }) => [index, index + segment.length, segment])
    .filter(([, , segment]) => segment.trim() !== "")
    .map(([start, end]) => [start, end]);
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
  for (const { index, segment } of new Intl.Segmenter(undefined, { granularity }).segment(text)) {
    const stop = index + segment.length;
    if (index < start && start < stop) start = index;
    if (index < end && end < stop) end = stop;
  }
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
