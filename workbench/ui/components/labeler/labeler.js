// The component: it ties one card to the page, listens to the keys, and cleans up when it goes.

const TYPING = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** Streamlit calls this whenever the data changed; the card itself stays. */
export default function ({ data, parentElement, setTriggerValue }) {
  const mounted = (parentElement.workbenchCard ||= mount(parentElement));
  mounted.card.outbox.send = (answers) => setTriggerValue("submit", { answers, ...mounted.card.situation() });
  mounted.card.update(data);
  mounted.card.outbox.flush();
  return () => {
    mounted.listening.abort();
    clearInterval(mounted.timer);
    delete parentElement.workbenchCard;
  };
}

function mount(root) {
  const card = new Card(root);
  const listening = new AbortController();
  const options = { signal: listening.signal };
  // In the capture phase: Streamlit has keys of its own (`r` runs again, `c` clears the cache).
  document.addEventListener("keydown", (event) => onKey(card, event), { ...options, capture: true });
  document.addEventListener("mouseup", (event) => card.selectWithMouse(event), options);
  card.frame.addEventListener("click", (event) => keepFocus(card, event), options);
  addEventListener("beforeunload", (event) => card.outbox.waiting.length && event.preventDefault(), options);
  const timer = setInterval(() => {
    card.outbox.flush();
    card.drawStatus();
  }, 1000);
  return { card, listening, timer };
}

/** A pressed button must not keep the focus: the next space would press it again. */
function keepFocus(card, event) {
  if (event.target.closest("button")) card.frame.focus({ preventScroll: true });
}

function onKey(card, event) {
  const { target } = event;
  const isOurs = card.frame.contains(target);
  if (event.isComposing || TYPING.has(target.tagName) || (!isOurs && target !== document.body)) return;
  if (target.tagName === "BUTTON" && ["Enter", " "].includes(event.key)) return;
  if (!runKey(card, event)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** Do what a key means; false when it means nothing here. */
function runKey(card, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  // A key that is held down would answer documents that nobody has seen.
  if (event.repeat && !event.key.startsWith("Arrow")) return true;
  const action = actionsOf(card)[event.key];
  if (action) action(event);
  else {
    const label = card.task.labels[LABEL_KEYS.indexOf(labelKey(event))];
    if (label === undefined) return false;
    card.pressLabel(label);
  }
  return true;
}

/** Digits by their place on the keyboard, as some layouts write them with shift only. */
function labelKey({ code, key }) {
  return code.startsWith("Digit") ? code.slice(-1) : key.toLowerCase();
}

function actionsOf(card) {
  const always = {
    a: () => card.accept(),
    Enter: () => card.accept(),
    " ": () => card.skip(),
    Backspace: () => card.undo(),
    "?": () => card.toggleHelp(),
    Escape: () => card.toggleHelp(false),
  };
  if (card.task.kind !== "ner" || !card.doc) return always;
  return {
    ...always,
    ArrowRight: ({ shiftKey }) => card.spans.moveWord(1, shiftKey),
    ArrowLeft: ({ shiftKey }) => card.spans.moveWord(-1, shiftKey),
    Backspace: () => (card.spans.chosen ? card.spans.removeChosen() : card.undo()),
    Escape: () => {
      card.toggleHelp(false);
      card.spans.choose({});
    },
  };
}
