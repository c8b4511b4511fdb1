// The line above the text: how far the annotator is, why the document is asked, and whether all is saved. And the
// line that tells of answers which others left on this computer.

class StatusLine {
  constructor({ count, reason, saved, flag, others }) {
    Object.assign(this, { count, reason, saved, flag, others });
    this.trouble = ""; // what keeps answers from being saved, or documents from coming
    this.wasSaved = false;
  }

  draw({ queue, question, outbox }) {
    const { doc, nAnswered, nPool, upcoming } = queue;
    this.count.textContent = `${grouped(nAnswered)} of ${grouped(nPool)} answered · ${upcoming.length} queued`;
    this.reason.textContent = doc ? (doc.reasons[question?.name] ?? "") : "";
    this.flag.textContent = flagsInWords(doc);
    const n = outbox.waiting.length;
    const isLate = outbox.isLate();
    if (isLate) this.saved.textContent = `${n} not saved yet – trying again. ${this.trouble}`;
    else if (n) this.saved.textContent = `saving ${n} …`;
    else this.saved.textContent = this.trouble || (this.wasSaved ? "✓ all saved" : "");
    this.saved.classList.toggle("wb-late", isLate || Boolean(this.trouble));
  }

  /** Tell of answers that others left in this browser, by name: they are sent under their own names only. */
  tellOfOthers(found) {
    const lines = [...found].map(([name, n]) => {
      const [answers, wait, they] = n === 1 ? ["answer", "waits", "it is"] : ["answers", "wait", "they are"];
      return `${n} ${answers} of ${name} ${wait} on this computer; ${they} sent when ${name} labels here again.`;
    });
    this.others.textContent = lines.join(" ");
    this.others.hidden = !lines.length;
  }
}

/** Which questions are flagged; their names only where there are several. */
function flagsInWords(doc) {
  const asked = doc?.asked ?? [];
  const flagged = asked.filter((name) => doc.answers[name].flagged);
  if (!flagged.length) return "";
  return asked.length > 1 ? `⚑ ${flagged.join(", ")}` : "⚑ flagged";
}
