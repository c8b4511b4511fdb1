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

  show(text) {
    this.input.value = text;
    this.input.hidden = !text;
  }
}
