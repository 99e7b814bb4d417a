// The clock of a presentation. The server holds when a part began; the page counts down from what the server says is
// left, and asks again: two screens never differ by more than the way of an answer.

const ASK_EVERY = 2_000;
const SHOW_EVERY = 250;
const LAST_MINUTE = 60;

/** Seconds as a clock shows them: 7:05, or −0:12 when the time is over. */
export function shown(seconds) {
  if (seconds === null) return "–:––";
  const whole = Math.floor(Math.abs(seconds));
  const sign = seconds < 0 && whole > 0 ? "−" : "";
  return `${sign}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** What to say aloud when the clock passes from one reading to the next: at full minutes and at the end. */
export function announced(before, after, words) {
  if (before === null || after === null || after >= before) return "";
  if (before > 0 && after <= 0) return words.over;
  const minute = Math.floor(before / 60);
  if (minute < 1 || before % 60 === 0 || after > minute * 60) return "";
  return minute === 1 ? words.minute : words.minutes.replace("{n}", String(minute));
}

class Clock {
  constructor(box) {
    this.box = box;
    this.face = box.querySelector("[data-face]");
    this.said = box.querySelector("[data-said]");
    this.lost = box.querySelector("[data-lost]");
    this.words = { minutes: box.dataset.minutesLeft, minute: box.dataset.minuteLeft, over: box.dataset.over };
    this.before = null;
    this.take({
      left: box.dataset.left === "" ? null : Number(box.dataset.left),
      part: box.dataset.part,
      slot: box.dataset.slot === "" ? null : Number(box.dataset.slot),
    });
  }

  take({ left, part, slot }) {
    this.left = left;
    this.part = part;
    this.slot = slot;
    this.at = performance.now();
  }

  now() {
    return this.left === null ? null : this.left - (performance.now() - this.at) / 1000;
  }

  show() {
    const now = this.now();
    this.face.textContent = shown(now);
    this.box.classList.toggle("last-minute", now !== null && now > 0 && now <= LAST_MINUTE);
    this.box.classList.toggle("is-over", now !== null && now <= 0);
    const words = announced(this.before, now, this.words);
    if (words) this.said.textContent = words;
    this.before = now;
  }

  async ask() {
    try {
      const answer = await fetch(this.box.dataset.clock, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      const state = await answer.json();
      this.lost.hidden = true;
      if (state.slot !== this.slot || state.part !== this.part) {
        // Somebody pressed a button here or elsewhere: the whole page has changed.
        window.location.reload();
        return;
      }
      this.take(state);
    } catch {
      this.lost.hidden = false;
    }
  }
}

if (typeof document !== "undefined") {
  for (const box of document.querySelectorAll("[data-clock]")) {
    const clock = new Clock(box);
    clock.show();
    setInterval(() => clock.show(), SHOW_EVERY);
    setInterval(() => clock.ask(), ASK_EVERY);
  }
}
