// The side of the card: why this document is asked, and the last ten decisions, each of which can be changed.

const SHOWN = 10;
const EXCERPT = 60;

class Sidebar {
  constructor({ why, decisions }, reopen) {
    this.why = why;
    this.list = decisions;
    this.reopen = reopen;
    this.drawn = new Map(); // from documents to their lines
  }

  /** Say why the document is asked, and who put the documents in order: `ranked` has it by question. */
  drawWhy(doc, task, ranked) {
    if (!doc) return this.why.replaceChildren();
    const lines = doc.asked.map((name) => {
      const line = element("p", "");
      if (doc.asked.length > 1) line.append(element("b", "", `${name}: `));
      line.append(doc.reasons[name] || "");
      return line;
    });
    const orders = [...new Set(doc.asked.map((name) => ranked[name]).filter(Boolean))];
    lines.push(...orders.map((words) => element("p", "wb-ranked", words)));
    this.why.replaceChildren(element("h3", "", "Why this document"), ...lines, ...linkToSimilar(doc, task));
  }

  /** Draw the newest decisions first; a line is made once for each document. */
  drawDecisions(past) {
    const newest = past.slice(-SHOWN).reverse();
    const lines = newest.map((doc) => this.drawn.get(doc) || this.drawLine(doc));
    this.drawn = new Map(newest.map((doc, i) => [doc, lines[i]]));
    this.list.replaceChildren(...lines);
  }

  drawLine(doc) {
    const line = element("li", "");
    const button = drawButton({ text: excerptOf(doc.text), press: () => this.reopen(doc), title: "Change this decision" });
    const answer = element("em", "", `${doc.asked.some((name) => doc.answers[name].flagged) ? "⚑ " : ""}${decisionInWords(doc)}`);
    button.append(answer);
    line.append(button);
    return line;
  }
}

/** A link to the documents that are like this one, where many of them can get one label at once. */
function linkToSimilar(doc, { project, questions, bulk }) {
  const name = doc.asked.find((asked) => questions.some((one) => one.name === asked && one.kind !== "ner"));
  if (!name) return [];
  const link = element("a", "wb-similar", "Similar documents");
  link.href = `${bulk}?${new URLSearchParams({ project, question: name, like: doc.id })}`;
  return [link];
}

/** The beginning of a text in one line, cut between words where there are any. */
function excerptOf(text) {
  const line = text.slice(0, 4 * EXCERPT).replace(/\s+/g, " ").trim();
  const characters = [...line];
  if (characters.length <= EXCERPT) return line || "(no text)";
  const cut = characters.slice(0, EXCERPT).join("");
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), EXCERPT / 2))} …`;
}
