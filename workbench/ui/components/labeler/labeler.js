// The component: it ties one card to the page and the server, listens to the keys, and cleans up when it goes.

/** Streamlit calls this whenever the data changed; the card itself stays. */
export default function ({ data, parentElement }) {
  const mounted = (parentElement.workbenchCard ||= mount(parentElement));
  const { card } = mounted;
  card.outbox.send = (answers) => post(card, "answers", { task: taskNames(card.task), answers });
  card.next = (showing) => post(card, "next", { task: taskNames(card.task), showing });
  if (JSON.stringify(data) !== mounted.seen) {
    mounted.seen = JSON.stringify(data);
    card.update(data);
  }
  return () => {
    mounted.listening.abort();
    mounted.card.otherTabs.close();
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
  document.addEventListener("mouseup", (event) => card.marking.selectWithMouse(event), options);
  card.frame.addEventListener("click", (event) => keepFocus(card, event), options);
  addEventListener("storage", () => card.task && card.tellOfOthers(), options); // another tab sent or kept some
  const dialogs = new MutationObserver(() => dismissConnectionError(card));
  dialogs.observe(document.body, { childList: true });
  listening.signal.addEventListener("abort", () => dialogs.disconnect());
  const timer = setInterval(() => card.tick(), 1000);
  return { card, listening, timer };
}

/** Close the dialog that Streamlit puts over the page when the server is away: labelling goes on without it. */
function dismissConnectionError(card) {
  const dialog = document.querySelector("[data-testid=stDialog] [role=dialog]");
  if (!dialog || dialog.querySelector("input, textarea, select, [data-testid=stElementContainer]")) return;
  dialog.querySelector("button[aria-label=Close]")?.click();
  setTimeout(() => card.frame.focus({ preventScroll: true }), 0);
}

/** A pressed button must not keep the focus: the next space would press it again. */
function keepFocus(card, event) {
  if (event.target.closest("button") && !areKeysOff()) card.frame.focus({ preventScroll: true });
}

function taskNames({ project, annotator, questions }) {
  return { project, annotator, questions: questions.map(({ name }) => name) };
}

/** Ask the server; throws an Error whose message an annotator can read, "" when nobody answers. */
async function post(card, verb, body) {
  const { address, token } = card.task;
  let reply;
  try {
    reply = await fetch(`${address}/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Workbench-Token": token },
      body: JSON.stringify(body),
      credentials: "same-origin",
    });
  } catch {
    throw new Error("");
  }
  if (reply.ok) return reply.json();
  const { code, message = "", hint = "" } = await reply.json().catch(() => ({}));
  if (code === "session" || code === "token") {
    card.session.renew(card.task); // it says what to do
    throw new Error("");
  }
  throw new Error(message ? `${message} ${hint}` : `The server answered ${reply.status}.`);
}
