// Moving through a text by words, lines, screens and paragraphs. A place is a word as [start, end).
// `desk` has the `text`, its `words`, and how it is `drawn`; a step is 1 forwards, -1 backwards.

const MOVES = { word: wordMoved, line: lineMoved, screen: screenMoved, paragraph: paragraphMoved };

/** The word behind another one or before it; that one itself where the text ends. */
function wordMoved({ words }, word, step) {
  return (step > 0 ? words.from(word[1]) : words.before(word[0])) || word;
}

/** The first word of the next paragraph; backwards that of this paragraph, then that of the one before. */
function paragraphMoved({ words, text }, word, step) {
  if (step > 0) {
    const line = text.indexOf("\n", word[1]);
    return (line < 0 ? words.before(text.length) : words.from(line)) || word;
  }
  const before = words.before(word[0]);
  return before ? words.from(text.lastIndexOf("\n", before[0]) + 1) : word;
}

/** The word in the line below or above that is nearest to a column, in pixels; the same word without such a line. */
function lineMoved(desk, word, step, column) {
  const here = desk.drawn.middleOf(word);
  let best = { word, away: Infinity, y: null };
  for (let at = word, next; (next = wordMoved(desk, at, step)) !== at; at = next) {
    const { x, y } = desk.drawn.middleOf(next);
    if (Math.abs(y - here.y) < here.height / 2) continue;
    best.y ??= y;
    if (Math.abs(y - best.y) > here.height / 2) break;
    if (Math.abs(x - column) < best.away) best = { word: next, away: Math.abs(x - column), y: best.y };
  }
  return best.word;
}

/** The word as many lines further as are seen at once, but one. */
function screenMoved(desk, word, step, column) {
  const lines = Math.max(1, desk.drawn.linesSeen() - 1);
  for (let n = 0; n < lines; n++) word = lineMoved(desk, word, step, column);
  return word;
}
