// The keys of the card, the strip that names the most used ones, and the list behind the question mark.

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const MOVING = /^(Arrow|Page)/;
const IS_MAC = /^Mac/.test(navigator.platform);
const KEYS_OFF = "workbench-keys-off"; // in the browser's storage

function areKeysOff() {
  return localStorage.getItem(KEYS_OFF) === "yes";
}

function onKey(card, event) {
  const { target } = event;
  if (areKeysOff() || event.isComposing || !isForCard(card, target)) return;
  if (target.tagName === "BUTTON" && ["Enter", " "].includes(event.key)) return;
  if (!runKey(card, event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** Whether a key that is pressed there means the card: in it, or where no key means anything else. */
function isForCard(card, target) {
  if (TYPING.has(target.tagName) || target.isContentEditable) return false;
  if (card.frame.contains(target)) return true;
  return !target.closest("button, a, [role=dialog], [role=listbox], [role=option], [role=radiogroup], [data-testid=stPopoverBody]");
}

/** Do what a key means; false when it means nothing here. */
function runKey(card, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return runJump(card, event);
  // A key that is held down would answer documents that nobody has seen.
  if (event.repeat && !MOVING.test(event.key)) return true;
  const action = actionsOf(card)[event.key];
  if (action) action(event);
  else {
    const { question } = card.marking;
    const key = labelKey(event);
    const label = question?.labels.find((candidate) => question.keys[candidate] === key);
    if (label === undefined) return false;
    card.marking.pressLabel(question, label);
  }
  return true;
}

/** Arrows with control move further in a text; on a Mac with option, as control switches the desktops there. */
function runJump({ marking: { question, spans } }, { ctrlKey, altKey, metaKey, shiftKey, key }) {
  const jump = { ArrowUp: ["line", -1], ArrowDown: ["line", 1], ArrowLeft: ["paragraph", -1], ArrowRight: ["paragraph", 1] }[key];
  const isMeant = !metaKey && (IS_MAC ? altKey && !ctrlKey : ctrlKey && !altKey);
  if (!jump || !isMeant || question?.kind !== "ner") return false;
  spans.move(...jump, shiftKey);
  return true;
}

/** Digits by their place on the keyboard, as some layouts write them with shift only. */
function labelKey({ code, key }) {
  return code.startsWith("Digit") ? code.slice(-1) : key.toLowerCase();
}

function actionsOf(card) {
  const { marking } = card;
  const always = {
    a: () => marking.accept(),
    Enter: () => marking.accept(),
    x: () => marking.reject(),
    f: () => marking.flag(),
    ".": () => marking.openComment(),
    "/": () => card.panels.find((panel) => panel.question === marking.question)?.openSearch(),
    " ": ({ shiftKey }) => (shiftKey ? marking.skipAll() : marking.skip()),
    Backspace: () => card.undo(),
    "?": () => toggleHelp(card),
    "*": () => marking.switchScope(),
    Escape: () => card.putBack() || toggleHelp(card, false),
  };
  if ((card.doc?.asked.length ?? 0) > 1) {
    always.Tab = ({ shiftKey }) => marking.activate(marking.active + (shiftKey ? -1 : 1));
  }
  if (marking.question?.kind !== "ner") return always;
  const { spans } = marking;
  const screens = {
    PageDown: ({ shiftKey }) => spans.move("screen", 1, shiftKey),
    PageUp: ({ shiftKey }) => spans.move("screen", -1, shiftKey),
  };
  return {
    ...always,
    ...(spans.drawn.isScrolled ? screens : {}), // else they scroll the page, as everywhere
    ArrowRight: ({ shiftKey }) => spans.move("word", 1, shiftKey),
    ArrowLeft: ({ shiftKey }) => spans.move("word", -1, shiftKey),
    ArrowDown: ({ shiftKey }) => (shiftKey ? spans.moveEnd(1) : spans.moveSpan(1)),
    ArrowUp: ({ shiftKey }) => (shiftKey ? spans.moveEnd(-1) : spans.moveSpan(-1)),
    Backspace: () => (spans.chosen ? marking.removeSpan() : card.undo()),
    Escape: () => {
      if (!spans.range && !spans.chosen) return card.putBack() || toggleHelp(card, false);
      spans.choose({});
    },
  };
}

function toggleHelp(card, isOpen = card.parts.help.hidden) {
  card.parts.help.hidden = !isOpen;
}

/** Draw the strip of keys and the list of all of them. */
function drawKeys(card) {
  const { marking } = card;
  const isSeveral = card.task.questions.length > 1;
  const strip = [
    ["a", "accept", () => marking.accept()],
    ["x", "reject", () => marking.reject()],
    ["space", "skip", () => marking.skip()],
    ...(isSeveral ? [["shift space", "skip all", () => marking.skipAll()]] : []),
    ["backspace", "undo", () => card.undo()],
    ["f", "flag", () => marking.flag()],
    [".", "comment", () => marking.openComment()],
    ["?", "all keys", () => toggleHelp(card)],
  ];
  const buttons = strip.map(([key, text, press]) => drawButton({ key, text, press }));
  card.parts.keys.replaceChildren(...buttons, drawSwitch(card));
  card.parts.help.replaceChildren(...helpLines(card.task).map(drawHelpLine));
}

/** The switch for single-key shortcuts: speech input and trembling hands press keys by accident. */
function drawSwitch(card) {
  const isOff = areKeysOff();
  const button = drawButton({
    text: isOff ? "keys are off" : "keys are on",
    title: "Switch the keys of the card on or off in this browser",
    press: () => {
      localStorage.setItem(KEYS_OFF, isOff ? "no" : "yes");
      drawKeys(card);
    },
  });
  button.setAttribute("aria-pressed", String(!isOff));
  button.classList.add("wb-switch");
  return button;
}

function helpLines({ questions }) {
  const hasSpans = questions.some(({ kind }) => kind === "ner");
  const spanLines = [
    ["← →", "select the word before or after, in reading order"],
    [`${IS_MAC ? "option" : "ctrl"} ↑ ↓`, "… in the line above or below"],
    [`${IS_MAC ? "option" : "ctrl"} ← →`, "… that begins the paragraph before or after"],
    ["page up, down", "… a screen further, in a long text"],
    ["shift ← → …", "make the selection shorter or longer by a word, a line …"],
    ["shift ↑ ↓", "… or by a character"],
    ["drag", "select words; with shift, characters"],
    ["↑ ↓, click", "choose a span, to change or delete it; click again for the one around it"],
    ["*", "mark all of a text of which only some words are asked; again for these only"],
  ];
  return [
    ["1 … 0, letters", "the label with this key: one of several goes on at once, others are put on or off"],
    ["a or enter", "accept the answer, or what the model suggests, and go on"],
    ["x", "reject what the model suggests"],
    ["space", questions.length > 1 ? "skip the question; with shift, the whole document" : "skip the document"],
    ["backspace", hasSpans ? "delete the chosen span, else undo the last decision" : "undo the last decision"],
    ["f", `flag ${questions.length > 1 ? "the question " : ""}for a second look`],
    [".", `write a comment${questions.length > 1 ? " on the question" : ""}; enter ends it`],
    ["/", "find a label; enter takes the first"],
    ...(questions.length > 1 ? [["tab", "the next question; with shift, the one before"]] : []),
    ...(hasSpans ? spanLines : []),
    ["esc", "select nothing; put a reopened decision back"],
    ["?", "show or hide these keys"],
  ];
}

function drawHelpLine([key, text]) {
  const line = element("div", "");
  line.append(drawKey(key), element("span", "", text));
  return line;
}
