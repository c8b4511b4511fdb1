// How a text with its spans is drawn. Foreign text enters the page as text nodes and attributes only.

const COLOURS = ["#2f6fb0", "#b4541a", "#2c7a4b", "#9b3b78", "#7a6200", "#5b53b5", "#a83232", "#1f7a86", "#6b5844", "#4d6a1e"];
const BLOCK = 1200; // characters that are drawn anew at once
const LINE = 4; // pixels from one underline to the next
const RANGE = "wb-range"; // what the style sheet calls the selected range

function colourOf({ labels, colours }, label) {
  return colours[label] || COLOURS[Math.max(0, labels.indexOf(label)) % COLOURS.length];
}

/**
 * A text in blocks, of which only those whose spans changed are drawn anew: spans may nest and overlap.
 * The paragraphs of a long text are laid out one by one; choosing and selecting lays out nothing.
 */
class DrawnText {
  constructor(element) {
    this.element = element;
  }

  open(text) {
    this.text = text;
    this.blocks = blocksOf(text).map(([start, end]) => {
      return { start, end, element: document.createElement("span"), drawn: null };
    });
    this.element.replaceChildren(...paragraphsOf(text, this.blocks));
  }

  /** Draw the spans of an answer to a question, and grey what lies outside of the scope. */
  draw({ question, spans, scope }) {
    const depths = depthsOf(spans);
    this.element.style.setProperty("--wb-depth", Math.max(0, ...depths.values()));
    for (const block of this.blocks) {
      const inside = spans.filter((span) => span.start < block.end && block.start < span.end);
      const looks = inside.map((span) => [span, depths.get(span), question && colourOf(question, span.label)]);
      const state = JSON.stringify([looks, scope]);
      const isSame = block.drawn === state && inside.every((span, i) => span === block.inside[i]);
      if (isSame) continue;
      Object.assign(block, { drawn: state, inside });
      block.element.replaceChildren(...this.pieces(block, { question, inside, depths, scope }));
    }
  }

  pieces(block, { question, inside, depths, scope }) {
    const bounds = [block.start, block.end, ...inside.flatMap(({ start, end }) => [start, end]), ...(scope ?? []).flat()];
    const cuts = [...new Set(bounds)].filter((cut) => block.start <= cut && cut <= block.end).sort((a, b) => a - b);
    return cuts.slice(1).flatMap((end, i) => {
      const start = cuts[i];
      const over = inside.filter((span) => span.start <= start && end <= span.end);
      const isGreyed = !isInside(scope, { start, end });
      const piece = drawPiece(this.text.slice(start, end), { over, depths, question, isGreyed });
      // Inner spans end first, so that their tags stand before those of the spans around them.
      const ending = over.filter((span) => span.end === end).sort((a, b) => b.start - a.start);
      return [piece, ...ending.map((span) => drawTag(span, question))];
    });
  }

  /** Show which range is selected and which span is chosen. */
  select({ range, chosen }) {
    this.range = range && this.rangeOf(range);
    highlight(this.range);
    for (const old of this.element.querySelectorAll(".wb-chosen")) old.classList.remove("wb-chosen");
    if (!chosen) return;
    const over = this.blocks.filter((block) => chosen.start < block.end && block.start < chosen.end);
    for (const piece of over.flatMap(({ element }) => [...element.children])) {
      piece.classList.toggle("wb-chosen", piece.wbSpan === chosen || Boolean(piece.wbSpans?.includes(chosen)));
    }
  }

  /** [start, end) as a range of the page. */
  rangeOf([start, end]) {
    const found = document.createRange();
    found.setStart(...this.nodeAt(start));
    const [node, offset] = this.nodeAt(end - 1);
    found.setEnd(node, offset + 1);
    return found;
  }

  /** The middle and the height of a word on the page; of one that is broken, of its first line. */
  middleOf(word) {
    const [{ x, y, width, height }] = this.rangeOf(word).getClientRects();
    return { x: x + width / 2, y: y + height / 2, height };
  }

  /** How many lines are seen at once. */
  linesSeen() {
    return Math.floor(this.element.clientHeight / parseFloat(getComputedStyle(this.element).lineHeight));
  }

  get isScrolled() {
    return this.element.scrollHeight > this.element.clientHeight;
  }

  /** Scroll until the beginning of a range is seen. */
  reveal(range) {
    const frame = this.element.getBoundingClientRect();
    const { y, height } = this.middleOf(range);
    if (y - height < frame.top) this.element.scrollTop -= frame.top + height - y;
    if (y + height > frame.bottom) this.element.scrollTop += y + height - frame.bottom;
    if (frame.top < 0 || frame.bottom > innerHeight) this.element.scrollIntoView({ block: "nearest" });
  }

  /** The text node in which a unit stands, and its place there. */
  nodeAt(unit) {
    const block = this.blocks.find(({ end }) => unit < end);
    let at = block.start;
    for (const piece of block.element.childNodes) {
      const { length } = piece.textContent;
      if (unit < at + length) return [piece.firstChild || piece, unit - at];
      at += length;
    }
  }
}

/** Whether the browser can paint a range by itself (Firefox before 140 cannot). */
function canHighlight() {
  return Boolean(CSS.highlights);
}

/** Mark a range without touching the text: what is marked is painted, or else selected; nothing is laid out. */
function highlight(range) {
  if (!canHighlight()) {
    getSelection().removeAllRanges();
    if (range) getSelection().addRange(range);
    return;
  }
  const marked = CSS.highlights.get(RANGE);
  if (!marked) return CSS.highlights.set(RANGE, new Highlight(...(range ? [range] : [])));
  marked.clear();
  if (range) marked.add(range);
}

/** [start, end) of pieces of about BLOCK characters that end behind a line, if there is one, or a space. */
function blocksOf(text) {
  const found = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + BLOCK);
    if (end < text.length) {
      const line = text.lastIndexOf("\n", end - 1);
      const cut = line >= start ? line : text.lastIndexOf(" ", end - 1);
      if (cut >= start) end = cut + 1;
      else if (/[\udc00-\udfff]/.test(text[end])) end++;
    }
    found.push([start, end]);
    start = end;
  }
  return found;
}

/** Elements with the blocks of the text, each up to the end of a line. */
function paragraphsOf(text, blocks) {
  const found = [];
  for (const { start, element: block } of blocks) {
    if (!start || text[start - 1] === "\n") found.push(element("div", "wb-paragraphs"));
    found.at(-1).append(block);
  }
  return found;
}

/** How deep each span lies below those that it shares characters with, so that underlines do not meet. */
function depthsOf(spans) {
  const depths = new Map();
  const placed = [];
  for (const span of [...spans].sort((a, b) => a.end - a.start - (b.end - b.start) || a.start - b.start)) {
    const taken = new Set(
      placed.filter((other) => other.start < span.end && span.start < other.end).map((other) => depths.get(other)),
    );
    let depth = 0;
    while (taken.has(depth)) depth++;
    depths.set(span, depth);
    placed.push(span);
  }
  return depths;
}

function drawPiece(text, { over, depths, question, isGreyed }) {
  if (!over.length) return isGreyed ? element("span", "wb-greyed", text) : document.createTextNode(text);
  const piece = element("mark", isGreyed ? "wb-span wb-greyed" : "wb-span", text);
  piece.wbSpans = over;
  const deepest = Math.max(...over.map((span) => depths.get(span)));
  piece.style.paddingBottom = `${LINE * (deepest + 1)}px`;
  const lines = over.map((span) => underline(colourOf(question, span.label), depths.get(span), deepest, span.isSuggested));
  piece.style.backgroundImage = lines.map(([image]) => image).join(", ");
  piece.style.backgroundSize = lines.map(([, size]) => size).join(", ");
  piece.style.backgroundPosition = lines.map(([, , place]) => place).join(", ");
  const inner = over.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
  piece.style.setProperty("--wb-colour", colourOf(question, inner.label));
  return piece;
}

/** A line below the text, dashed where only the model says so: image, size and place of a background. */
function underline(full, depth, deepest, isDashed) {
  const colour = `light-dark(${full}, color-mix(in oklab, ${full} 65%, white))`;
  const place = `0 calc(100% - ${LINE * (deepest - depth)}px)`;
  if (!isDashed) return [`linear-gradient(${colour}, ${colour})`, "100% 3px", place];
  return [`linear-gradient(90deg, ${colour} 65%, transparent 0)`, "8px 2px", place];
}

/** The label behind a span. A style sheet writes it: as text it would shift the places behind it. */
function drawTag(span, question) {
  const tag = document.createElement("span");
  tag.className = "wb-tag";
  tag.dataset.label = span.isSuggested ? `${span.label} ${percent(span.sureness)}` : span.label;
  tag.classList.toggle("wb-said", Boolean(span.isSuggested));
  tag.style.setProperty("--wb-colour", colourOf(question, span.label));
  tag.wbSpan = span;
  return tag;
}

function percent(probability) {
  return `${Math.round(100 * probability)} %`;
}

function grouped(number) {
  return number.toLocaleString("en");
}

/** A button with its key in front. */
function drawButton({ key, text, press, title }) {
  const button = document.createElement("button");
  button.type = "button";
  if (key) button.append(drawKey(key));
  const words = document.createElement("span");
  // A name that does not fit breaks behind an underscore, not within a word.
  words.append(...text.split(/(?<=_)/).flatMap((part, i) => (i ? [document.createElement("wbr"), part] : [part])));
  button.append(words);
  if (title) button.title = title;
  button.addEventListener("click", press);
  return button;
}

function drawKey(key) {
  const cap = document.createElement("kbd");
  cap.textContent = key;
  return cap;
}
