// How a text with its spans is drawn. Foreign text enters the page as text nodes and attributes only.

const COLOURS = ["#2f6fb0", "#b4541a", "#2c7a4b", "#9b3b78", "#7a6200", "#5b53b5", "#a83232", "#1f7a86", "#6b5844", "#4d6a1e"];
const BLOCK = 1200; // characters that are drawn anew at once
const LINE = 4; // pixels from one underline to the next

function colourOf({ labels, colours }, label) {
  return colours[label] || COLOURS[Math.max(0, labels.indexOf(label)) % COLOURS.length];
}

/** A text in blocks, of which only those that changed are drawn anew: spans may nest and overlap. */
class DrawnText {
  constructor(element) {
    this.element = element;
  }

  open(text) {
    this.text = text;
    this.blocks = blocksOf(text).map(([start, end]) => {
      const element = document.createElement("span");
      return { start, end, element, drawn: null };
    });
    this.element.replaceChildren(...this.blocks.map(({ element }) => element));
  }

  /** Draw the spans and the range that is selected just now. */
  draw({ question, spans, range, chosen }) {
    const depths = depthsOf(spans);
    this.element.style.setProperty("--wb-depth", Math.max(0, ...depths.values()));
    for (const block of this.blocks) {
      const inside = spans.filter((span) => span.start < block.end && block.start < span.end);
      const isInRange = range && range[0] < block.end && block.start < range[1];
      const state = JSON.stringify([inside.map((s) => [s, depths.get(s), s === chosen]), isInRange && range]);
      if (block.drawn === state) continue;
      block.drawn = state;
      block.element.replaceChildren(...this.pieces(block, { question, inside, depths, range: isInRange && range, chosen }));
    }
  }

  pieces(block, { question, inside, depths, range, chosen }) {
    const bounds = [block.start, block.end, ...(range || []), ...inside.flatMap(({ start, end }) => [start, end])];
    const cuts = [...new Set(bounds)].filter((cut) => block.start <= cut && cut <= block.end).sort((a, b) => a - b);
    return cuts.slice(1).flatMap((end, i) => {
      const start = cuts[i];
      const over = inside.filter((span) => span.start <= start && end <= span.end);
      const isInRange = range && range[0] <= start && end <= range[1];
      const piece = drawPiece(this.text.slice(start, end), { over, depths, question, isInRange, chosen });
      // Inner spans end first, so that their tags stand before those of the spans around them.
      const ending = over.filter((span) => span.end === end).sort((a, b) => b.start - a.start);
      return [piece, ...ending.map((span) => drawTag(span, question, chosen))];
    });
  }
}

/** [start, end) of pieces of about BLOCK characters that end behind a line or a space. */
function blocksOf(text) {
  const found = [];
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + BLOCK);
    if (end < text.length) {
      const cut = Math.max(text.lastIndexOf("\n", end - 1), text.lastIndexOf(" ", end - 1));
      if (cut >= start) end = cut + 1;
      else if (/[\udc00-\udfff]/.test(text[end])) end++;
    }
    found.push([start, end]);
    start = end;
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

function drawPiece(text, { over, depths, question, isInRange, chosen }) {
  if (!over.length && !isInRange) return document.createTextNode(text);
  const piece = document.createElement(over.length ? "mark" : "span");
  piece.textContent = text;
  piece.classList.toggle("wb-range", Boolean(isInRange));
  if (!over.length) return piece;
  piece.classList.add("wb-span");
  piece.classList.toggle("wb-chosen", over.includes(chosen));
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
function drawTag(span, question, chosen) {
  const tag = document.createElement("span");
  tag.className = "wb-tag";
  tag.dataset.label = span.isSuggested ? `${span.label} ${percent(span.sureness)}` : span.label;
  tag.classList.toggle("wb-said", Boolean(span.isSuggested));
  tag.classList.toggle("wb-chosen", span === chosen);
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
