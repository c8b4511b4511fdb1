// A document on the card: its text, the questions it is asked, and the answers as they are just now.
//
// An answer has `labels` and `spans` (in UTF-16 units); `isSuggested` marks what only the model says yet.

/** A document that the server sent to be answered; what the model suggests is laid out to be mended. */
function newDocument({ id, text, asked, reasons, suggestions }, questions) {
  const answers = {};
  for (const name of asked) {
    const question = questions.find((candidate) => candidate.name === name);
    answers[name] = question ? suggestedAnswer(text, question, suggestions[name]) : emptyAnswer();
  }
  return { id, text, asked, reasons, suggestions, answers, flagged: false, comment: "", isTouched: false, isCounted: false };
}

/** A document that was answered or skipped before, with what was said. */
function decidedDocument({ id, text, answers }) {
  const names = Object.keys(answers);
  const found = {};
  for (const name of names) {
    const { labels, spans } = answers[name];
    found[name] = { ...emptyAnswer(), labels: [...labels], spans: spansFromStore(text, spans) };
  }
  const statuses = names.map((name) => answers[name].status);
  const status = statuses.includes("answered") ? "answered" : "skipped";
  return {
    id,
    text,
    asked: names,
    reasons: Object.fromEntries(names.map((name) => [name, "one of your last decisions"])),
    suggestions: {},
    answers: found,
    flagged: names.some((name) => answers[name].flagged),
    comment: names.map((name) => answers[name].comment).find(Boolean) || "",
    isTouched: true,
    isCounted: status === "answered",
    savedAt: 0,
    status,
  };
}

function emptyAnswer() {
  return { labels: [], spans: [], isSuggested: false, suggestedBy: "" };
}

function suggestedAnswer(text, { kind, labels }, suggestion) {
  const answer = emptyAnswer();
  if (!suggestion) return answer;
  answer.suggestedBy = suggestion.run;
  // One label out of several is not chosen for the annotator: `a` takes it.
  if (kind === "textcat-multi") {
    answer.labels = suggestion.labels.filter((label) => labels.includes(label));
    answer.isSuggested = answer.labels.length > 0;
  }
  if (kind === "ner") {
    const known = suggestion.spans.filter(({ label }) => labels.includes(label));
    answer.spans = spansFromStore(text, known).map((span) => ({ ...span, isSuggested: true }));
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
function answersToSend(doc, { project, annotator, questions }, { status, seconds }) {
  const isAnswer = status === "answered";
  const isWithdrawn = status === "withdrawn";
  return doc.asked.map((name) => {
    const { labels, spans, suggestedBy } = doc.answers[name];
    return {
      project,
      annotator,
      question: name,
      label_version: questions.find((question) => question.name === name).label_version,
      document_id: doc.id,
      status,
      labels: isAnswer ? labels : [],
      spans: isAnswer ? spansForStore(doc.text, spans) : [],
      seconds,
      at: new Date().toISOString(),
      comment: isWithdrawn ? "" : doc.comment.trim(),
      flagged: !isWithdrawn && doc.flagged,
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

function answerInWords({ labels, spans }) {
  if (spans.length) return spans.length === 1 ? "1 span" : `${spans.length} spans`;
  return labels.join(", ") || "nothing applies";
}

function decisionInWords(doc) {
  if (doc.status === "skipped") return "skipped";
  return doc.asked.map((name) => answerInWords(doc.answers[name])).join(" · ");
}
