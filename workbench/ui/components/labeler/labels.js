// The labels of one question: buttons that are made once, a first row with what the model thinks, a search.

const MANY = 20; // labels above which they stand in columns, in the order of the alphabet
const N_LIKELY = 3;

class LabelPanel {
  constructor(question, press) {
    this.question = question;
    this.press = press;
    this.isMany = question.labels.length > MANY;
    this.root = element("section", "wb-question");
    this.root.setAttribute("aria-label", question.name);
    this.title = element("div", "wb-question-name", question.name);
    this.marks = element("span", "wb-marks");
    this.title.append(this.marks);
    this.said = element("div", "wb-likely");
    this.search = this.drawSearch();
    this.list = element("div", this.isMany ? "wb-labels wb-many" : "wb-labels");
    this.list.setAttribute("role", "toolbar");
    this.list.setAttribute("aria-label", `Labels of ${question.name}`);
    this.buttons = new Map(question.labels.map((label) => [label, this.drawLabel(label)]));
    this.list.append(...this.ordered().map((label) => this.buttons.get(label)));
    this.scroll = element("div", this.isMany ? "wb-columns" : ""); // around the columns: they would overflow sideways
    this.scroll.append(this.list);
    this.root.append(this.title, this.search, this.said, this.scroll);
  }

  ordered() {
    const { labels } = this.question;
    return this.isMany ? [...labels].sort((a, b) => a.localeCompare(b)) : labels;
  }

  drawLabel(label) {
    const button = drawButton({ key: this.question.keys[label], text: label, press: () => this.press(this.question, label) });
    button.style.setProperty("--wb-colour", colourOf(this.question, label));
    if (this.question.kind !== "ner") button.setAttribute("aria-pressed", "false");
    return button;
  }

  drawSearch() {
    const input = element("input", "wb-search");
    input.type = "search";
    input.placeholder = "Find a label: / then some letters, enter takes the first";
    input.setAttribute("aria-label", `Find a label of ${this.question.name}`);
    input.hidden = !this.isMany;
    input.addEventListener("input", () => this.filter(input.value));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      const first = this.ordered().find((label) => !this.buttons.get(label).hidden);
      const isFound = event.key === "Enter" && input.value.trim() && first !== undefined;
      this.closeSearch();
      if (isFound) this.press(this.question, first);
    });
    return input;
  }

  openSearch() {
    this.search.hidden = false;
    this.search.focus();
  }

  closeSearch() {
    this.search.value = "";
    this.search.hidden = !this.isMany;
    this.filter("");
    this.root.closest(".wb-card")?.focus({ preventScroll: true });
  }

  filter(typed) {
    const wanted = typed.trim().toLocaleLowerCase();
    for (const [label, button] of this.buttons) button.hidden = !label.toLocaleLowerCase().includes(wanted);
  }

  /** Show the answer as it is; without a document, or when it is not asked this, the panel goes. */
  update(doc, { isActive, isAlone }) {
    const answer = doc?.answers[this.question.name];
    this.root.hidden = !answer;
    if (!answer) return;
    this.root.classList.toggle("wb-active", isActive && !isAlone);
    this.title.hidden = isAlone;
    this.marks.textContent = marksOf(answer);
    const said = suggestedLabel(doc, this.question);
    for (const [label, button] of this.buttons) {
      const isPressed = !answer.isSkipped && answer.labels.includes(label);
      if (this.question.kind !== "ner") setAttribute(button, "aria-pressed", String(isPressed));
      button.classList.toggle("wb-said", isPressed ? answer.isSuggested : label === said);
    }
    this.drawLikely(doc);
  }

  /** The model's most probable labels, in a row of their own where there are many. */
  drawLikely(doc) {
    const likely = (doc.suggestions[this.question.name]?.likely || []).slice(0, N_LIKELY);
    const known = likely.filter(([label]) => this.buttons.has(label));
    this.said.hidden = !known.length || (!this.isMany && this.question.kind !== "textcat");
    if (this.said.hidden) return;
    if (!this.isMany) {
      this.said.replaceChildren(element("span", "", `model: ${known.map(([label, p]) => `${label} ${percent(p)}`).join(" · ")}`));
      return;
    }
    const buttons = known.map(([label, p]) => {
      const button = drawButton({ text: `${label} ${percent(p)}`, press: () => this.press(this.question, label) });
      button.classList.add("wb-said");
      return button;
    });
    this.said.replaceChildren(element("span", "", "model:"), ...buttons);
  }
}

/** What was said of an answer beside its labels. */
function marksOf({ isSkipped, flagged, comment }) {
  return [isSkipped && "skipped", flagged && "⚑ flagged", comment.trim() && "commented"].filter(Boolean).join(" · ");
}

function element(tag, classes, text) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Set an attribute only where it changes: writing is what costs. */
function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}
