// How texts and buttons are drawn. Foreign text enters the page as text nodes and attributes only.

const COLOURS = ["#2f6fb0", "#b4541a", "#2c7a4b", "#9b3b78", "#7a6200", "#5b53b5", "#a83232", "#1f7a86", "#6b5844", "#4d6a1e"];

function colourOf(labels, label) {
  return COLOURS[Math.max(0, labels.indexOf(label)) % COLOURS.length];
}

/** Draw the text with its spans and the range that is chosen just now. Spans do not overlap. */
function drawText(element, { text, spans }, { labels, range, chosen }) {
  const bounds = [0, text.length, ...(range || []), ...spans.flatMap((span) => [span.start, span.end])];
  const cuts = [...new Set(bounds)].sort((a, b) => a - b);
  const pieces = cuts.slice(1).map((end, i) => {
    const start = cuts[i];
    const span = spans.find((candidate) => candidate.start <= start && end <= candidate.end);
    const isInRange = range && range[0] <= start && end <= range[1];
    return drawPiece(text.slice(start, end), { span, isInRange, isEnd: span?.end === end, labels, chosen });
  });
  element.replaceChildren(...pieces);
}

function drawPiece(text, { span, isInRange, isEnd, labels, chosen }) {
  if (!span && !isInRange) return document.createTextNode(text);
  const piece = document.createElement(span ? "mark" : "span");
  piece.textContent = text;
  piece.classList.toggle("wb-range", Boolean(isInRange));
  if (span) {
    piece.classList.add("wb-span");
    piece.classList.toggle("wb-chosen", span === chosen);
    piece.style.setProperty("--wb-colour", colourOf(labels, span.label));
    // A style sheet writes the label behind the span: as text it would shift the places behind it.
    if (isEnd) piece.dataset.label = span.label;
  }
  return piece;
}

/** A button with its key in front; a label's colour stands under it. */
function drawButton({ key, text, colour, isPressed, press }) {
  const button = document.createElement("button");
  button.type = "button";
  if (key) {
    const cap = document.createElement("kbd");
    cap.textContent = key;
    button.append(cap);
  }
  button.append(text);
  if (isPressed !== undefined) button.setAttribute("aria-pressed", String(isPressed));
  if (colour) button.style.setProperty("--wb-colour", colour);
  button.addEventListener("click", press);
  return button;
}
