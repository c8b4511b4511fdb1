// The line below the text in which an annotator writes a comment.

class CommentField {
  constructor(input, { write, leave }) {
    this.input = input;
    input.addEventListener("input", () => write(input.value));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      input.hidden = !input.value.trim();
      leave();
    });
  }

  open() {
    this.input.hidden = false;
    this.input.focus();
  }

  /** Show what was written; `question` says about which one, where there are several. */
  show(text, question) {
    this.input.placeholder = question ? `Comment on ${question}` : "Comment";
    setAttribute(this.input, "aria-label", this.input.placeholder);
    this.input.value = text;
    this.input.hidden = !text;
  }
}
