// Who is signed in, when the server says that it is not who labels here: the annotator signs in again in
// another tab, and this page goes on with what waits. The answers stay in the outbox meanwhile.

const ASK_AGAIN = 3000; // milliseconds between two looks whether somebody signed in

class Session {
  constructor(part, { onReturn }) {
    this.part = part;
    this.onReturn = onReturn; // called with the token of the new session
    this.isOut = false;
    this.askedAt = -Infinity;
  }

  /** Ask who is signed in; go on when it is who labels here, else say what to do. */
  async renew({ address, annotator }) {
    this.isOut = true;
    if (performance.now() - this.askedAt < ASK_AGAIN) return;
    this.askedAt = performance.now();
    let reply;
    try {
      reply = await fetch(`${address}/who`, { credentials: "same-origin" });
    } catch {
      return; // nobody answers: asked again
    }
    if (reply.status === 401) return this.ask("You are signed out.", "Sign in again", address);
    const { name, token } = reply.ok ? await reply.json() : {};
    if (!token) return;
    if (name && name !== annotator) return this.ask(`${name} is signed in now, not ${annotator}.`, `Go on as ${name}`);
    this.end();
    this.onReturn(token);
  }

  /** Say it with a link: to the sign-in in a tab of its own, else to this page, loaded anew. */
  ask(problem, text, address) {
    const link = element("a", "", text);
    const here = location.pathname + location.search;
    if (address) {
      link.href = `${address.replace(/\/wb\/labelling$/, "")}/login?${new URLSearchParams({ next: here })}`;
      link.target = "_blank";
      link.rel = "noopener";
    } else link.href = here;
    const after = address ? ", in a new tab: this page then goes on by itself." : ".";
    const said = `${problem} Your answers wait on this computer; none is lost. `;
    if (this.part.textContent === said + text + after) return;
    this.part.replaceChildren(said, link, after);
    this.part.hidden = false;
  }

  end() {
    this.isOut = false;
    this.askedAt = -Infinity;
    this.part.hidden = true;
    this.part.replaceChildren();
  }
}
