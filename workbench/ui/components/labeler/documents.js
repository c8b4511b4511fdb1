// A document on the card: its text, the questions it is asked, and the answers as they are just now.
//
// An answer has `labels` and `spans` (in UTF-16 units) and a `scope` (scope.js); `isSuggested` marks what only the model
// says yet. Each is skipped, flagged and commented by itself. `scopes` has the part that is asked, by question.

/** A document that the server sent to be answered; what the model suggests is laid out to be mended. */
function newDocument({ id, text, asked, reasons, suggestions, scopes: sent = {} }, questions) {
  const answers = {};
  const scopes = Object.fromEntries(Object.entries(sent).map(([name, scope]) => [name, scopeFromStore(text, scope)]));
  for (const name of asked) {
    const question = questions.find((candidate) => candidate.name === name);
    const scope = scopes[name] ?? null;
    answers[name] = question ? suggestedAnswer(text, question, suggestions[name], scope) : emptyAnswer();
  }
  return { id, text, asked, reasons, suggestions, scopes, answers, isTouched: false, isCounted: false };
}

/** A document that was answered or skipped before, with what was said; its questions stand in the order of the card. */
function decidedDocument({ id, text, answers }, questions) {
  const names = questions.map(({ name }) => name).filter((name) => answers[name]);
  const found = {};
  for (const name of names) {
    const { labels, spans, status, flagged, comment } = answers[name];
    const scope = answers[name].scope ? scopeFromStore(text, answers[name].scope) : null;
    const said = { labels: [...labels], spans: spansFromStore(text, spans), scope };
    found[name] = { ...emptyAnswer(), ...said, isSkipped: status !== "answered", flagged, comment };
  }
  return {
    id,
    text,
    asked: names,
    reasons: Object.fromEntries(names.map((name) => [name, "one of your last decisions"])),
    suggestions: {},
    scopes: Object.fromEntries(names.map((name) => [name, found[name].scope])),
    answers: found,
    isTouched: true,
    isCounted: isAnsweredWhole({ asked: names, answers: found }),
    savedAt: 0,
  };
}

function emptyAnswer() {
  const said = { labels: [], spans: [], scope: null };
  return { ...said, isSuggested: false, suggestedBy: "", isSkipped: false, flagged: false, comment: "" };
}

function suggestedAnswer(text, { kind, labels }, suggestion, scope) {
  const answer = { ...emptyAnswer(), scope };
  if (!suggestion) return answer;
  answer.suggestedBy = suggestion.run;
  // One label out of several is not chosen for the annotator: `a` takes it.
  if (kind === "textcat-multi") {
    answer.labels = suggestion.labels.filter((label) => labels.includes(label));
    answer.isSuggested = answer.labels.length > 0;
  }
  if (kind === "ner") {
    const known = suggestion.spans.filter(({ label }) => labels.includes(label));
    const asked = spansFromStore(text, known).filter((span) => isInside(scope, span));
    answer.spans = asked.map((span) => ({ ...span, isSuggested: true }));
    answer.isSuggested = answer.spans.length > 0;
  }
  return answer;
}

/** Take away what only the model says. */
function rejectSuggestion(doc, name) {
  const answer = doc.answers[name];
  if (answer.isSuggested) answer.labels = [];
  answer.spans = answer.spans.filter((span) => !span.isSuggested);
  answer.isSuggested = false;
  doc.suggestions = { ...doc.suggestions, [name]: undefined };
}

/** The answers to all questions of a document as the server takes them: spans in code points. */
function answersToSend(doc, { project, annotator, questions }, { isWithdrawn, seconds }) {
  return doc.asked.map((name) => {
    const { labels, spans, scope, suggestedBy, isSkipped, flagged, comment } = doc.answers[name];
    const isAnswer = !isWithdrawn && !isSkipped;
    return {
      project,
      annotator,
      question: name,
      label_version: questions.find((question) => question.name === name).label_version,
      document_id: doc.id,
      status: isWithdrawn ? "withdrawn" : isSkipped ? "skipped" : "answered",
      labels: isAnswer ? labels : [],
      spans: isAnswer ? spansForStore(doc.text, spans) : [],
      scope: isAnswer && scope ? scopeForStore(doc.text, scope) : null,
      seconds,
      at: new Date().toISOString(),
      comment: isWithdrawn ? "" : comment.trim(),
      flagged: !isWithdrawn && flagged,
      suggested_by: isAnswer ? suggestedBy : "",
    };
  });
}

/** Take out of a document's answers what is no label any more. */
function dropUnknownLabels(doc, questions) {
  for (const { name, labels } of questions) {
    const answer = doc.answers[name];
    if (!answer) continue;
    answer.labels = answer.labels.filter((label) => labels.includes(label));
    answer.spans = answer.spans.filter((span) => labels.includes(span.label));
  }
}

/** The label that the model suggests for a question with one label. */
function suggestedLabel(doc, { name, kind, labels }) {
  const [label] = (kind === "textcat" && doc.suggestions[name]?.labels) || [];
  return labels.includes(label) ? label : undefined;
}

/** Whether every question of a document is answered: such documents are counted. */
function isAnsweredWhole({ asked, answers }) {
  return asked.every((name) => !answers[name].isSkipped);
}

/** Whether every question of a document is skipped. */
function isSkippedWhole({ asked, answers }) {
  return asked.every((name) => answers[name].isSkipped);
}

function answerInWords({ labels, spans, isSkipped }) {
  if (isSkipped) return "skipped";
  if (spans.length) return spans.length === 1 ? "1 span" : `${spans.length} spans`;
  return labels.join(", ") || "nothing applies";
}

function decisionInWords(doc) {
  if (isSkippedWhole(doc)) return "skipped";
  return doc.asked.map((name) => answerInWords(doc.answers[name])).join(" · ");
}
