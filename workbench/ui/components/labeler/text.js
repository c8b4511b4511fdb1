// Places in a text. The browser counts UTF-16 units; the store counts Unicode code points. In here
// everything is in units, and `codePoints` translates on the way out.

/** The number of code points before a unit: every unit counts but the second half of a pair. */
function codePoints(text, unit) {
  let count = 0;
  for (let i = 0; i < unit; i++) {
    const code = text.charCodeAt(i);
    if (code < 0xdc00 || code > 0xdfff) count++;
  }
  return count;
}

/** The words, numbers and signs of a text as [start, end), without white space. */
function wordsOf(text) {
  const segments = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
  return Array.from(segments, ({ index, segment }) => [index, index + segment.length, segment])
    .filter(([, , segment]) => segment.trim() !== "")
    .map(([start, end]) => [start, end]);
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
