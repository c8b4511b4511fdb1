// Where the pool is ranked while people answer, the new order is there a moment after the receipt that caused it.
// So the card looks a few times after each receipt; whoever types on sees it with the next receipt anyway.

const LOOKS = [400, 900, 1700, 3500]; // milliseconds after a receipt

class RankingWatch {
  constructor({ look }) {
    this.look = look; // asks the server, and fetches when the ranking changed
    this.timers = [];
    this.lookedAt = -Infinity;
  }

  lookNow() {
    this.lookedAt = performance.now();
    this.look();
  }

  /** Look again after a receipt; without a live ranking nothing would be new. */
  follow({ saved, is_live }) {
    if (!is_live || !saved.length) return;
    this.stop();
    this.timers = LOOKS.map((wait) => setTimeout(() => this.lookNow(), wait));
  }

  stop() {
    this.timers.forEach(clearTimeout);
    this.timers = [];
  }
}
