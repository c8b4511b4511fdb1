// The list of keys behind the question mark.

const LABEL_KEYS = [..."1234567890qwertyuiopsdfghjklzxcvbnm"]; // all but `a`, which accepts

function helpLines({ kind, labels }) {
  const keys = LABEL_KEYS.slice(0, labels.length);
  const [digits, letters] = [keys.slice(0, 10), keys.slice(10)].map(fromTo);
  const labelLine = {
    textcat: "answer with this label and go on",
    "textcat-multi": "put this label on or off",
    ner: "mark the selected text, or change the chosen span",
  }[kind];
  const spanLines = [
    ["← →", "select a word"],
    ["shift ← →", "make the selection shorter or longer"],
    ["drag", "select words; with shift, characters"],
    ["click", "choose a span, to change or delete it"],
    ["esc", "select nothing"],
  ];
  return [
    [letters ? `${digits}, ${letters}` : digits, labelLine],
    ["a or enter", kind === "ner" ? "all spans are marked: go on" : "accept the answer and go on"],
    ["space", "skip the document; undo brings it back"],
    ["backspace", kind === "ner" ? "delete the chosen span, else undo the last answer" : "undo the last answer"],
    ...(kind === "ner" ? spanLines : []),
    ["?", "show or hide these keys"],
  ];
}

function fromTo(keys) {
  return keys.length > 1 ? `${keys[0]} … ${keys.at(-1)}` : keys.join("");
}

function drawHelpLine([key, text]) {
  const line = document.createElement("div");
  const cap = document.createElement("kbd");
  cap.textContent = key;
  const words = document.createElement("span");
  words.textContent = text;
  line.append(cap, words);
  return line;
}
