// The judge's desk: keeps what is typed on this device at once, sends it soon after, and loses nothing when the network
// goes. The server's answer decides; the form works without any of this.
const WAIT = 900;
const RETRY = 4000;

const desk = document.querySelector(".desk");
const form = document.querySelector("form.sheet");
const words = desk ? JSON.parse(desk.dataset.words) : {};

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// A number as a judge types it, full-width digits included, or null.
export function read(text) {
  const plain = text.normalize("NFKC").trim();
  return /^-?\d{1,7}(\.\d{1,6})?$/.test(plain) ? Number(plain) : null;
}

function onScale(value, { lowest, highest, step }) {
  const [low, high, each] = [lowest, highest, step].map(Number);
  const steps = (value - low) / each;
  return value >= low && value <= high && Math.abs(steps - Math.round(steps)) < 1e-9;
}

class Sheet {
  constructor(element) {
    this.form = element;
    this.key = element.dataset.key;
    this.status = element.querySelector("[data-status]");
    this.criteria = [...element.querySelectorAll(".criterion")];
    this.inputs = this.criteria.map((each) => each.querySelector("input"));
    this.revision = element.elements.revision;
    this.timer = 0;
    this.sending = null;
    this.stopped = false;
    this.sent = this.snapshot();
    this.listen();
    this.restore();
    this.total();
    this.inputs.find((each) => !each.value)?.focus({ preventScroll: true });
  }

  listen() {
    this.form.addEventListener("input", () => this.changed());
    this.form.addEventListener("submit", (event) => this.submit(event));
    for (const each of this.criteria) {
      for (const button of each.querySelectorAll("[data-nudge]")) {
        button.hidden = false;
        button.addEventListener("click", () => this.nudge(each, Number(button.dataset.nudge)));
      }
    }
    this.form.addEventListener("keydown", (event) => this.fieldKey(event));
    document.addEventListener("keydown", (event) => this.pageKey(event));
    window.addEventListener("online", () => this.send());
    window.addEventListener("offline", () => this.tell(words.offline, "offline"));
    document.addEventListener("click", (event) => this.leave(event));
  }

  snapshot() {
    const scores = {};
    for (const each of this.criteria) scores[each.dataset.code] = each.querySelector("input").value.normalize("NFKC").trim();
    return { scores, comment_team: this.form.elements.comment_team.value, comment_panel: this.form.elements.comment_panel.value };
  }

  same(one, other) {
    return JSON.stringify(one) === JSON.stringify(other);
  }

  get dirty() {
    return !this.same(this.snapshot(), this.sent);
  }

  // On this device

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify({ revision: this.revision.value, ...this.snapshot() }));
    } catch {
      // A browser that keeps nothing still sends.
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // Nothing was kept.
    }
  }

  restore() {
    let kept = null;
    try {
      kept = JSON.parse(localStorage.getItem(this.key));
    } catch {
      return;
    }
    if (!kept) return;
    const { revision, ...mine } = kept;
    if (this.same(mine, this.sent)) {
      this.forget();
    } else if (revision === this.revision.value) {
      this.write(mine);
      this.tell(words.restored, "busy");
      this.send();
    } else {
      this.choose(mine, { revision: this.revision.value, ...this.sent });
    }
  }

  write({ scores, comment_team, comment_panel }) {
    for (const each of this.criteria) each.querySelector("input").value = scores[each.dataset.code] ?? "";
    this.form.elements.comment_team.value = comment_team;
    this.form.elements.comment_panel.value = comment_panel;
    this.total();
  }

  // To the server

  changed() {
    this.keep();
    this.total();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), WAIT);
  }

  async send() {
    clearTimeout(this.timer);
    if (this.sending) {
      await this.sending;
      if (this.dirty && !this.stopped) return this.send();
      return !this.dirty;
    }
    if (this.stopped || !this.valid()) return false;
    if (!this.dirty) return true;
    this.sending = this.exchange(this.snapshot());
    const done = await this.sending;
    this.sending = null;
    if (done && this.dirty) return this.send();
    return done;
  }

  async exchange(mine) {
    this.tell(words.saving, "busy");
    let answer = null;
    try {
      answer = await fetch(this.form.dataset.save, { method: "POST", body: this.body(mine), headers: { Accept: "application/json" }, redirect: "manual" });
    } catch {
      this.tell(words.offline, "offline");
      this.timer = setTimeout(() => this.send(), RETRY);
      return false;
    }
    const told = await answer.json().catch(() => null);
    if (answer.ok && told) return this.saved(mine, told);
    if (answer.status === 409 && told?.theirs) return this.choose(mine, told.theirs);
    if (answer.status === 401 || answer.type === "opaqueredirect" || answer.status === 403 && !told) {
      this.tell(words.signin, "offline");
      return false;
    }
    if (answer.status >= 500 || answer.status === 429 || !told) {
      this.tell(words.waiting, "offline");
      this.timer = setTimeout(() => this.send(), RETRY);
      return false;
    }
    this.refused(told);
    return false;
  }

  body(mine) {
    const data = new URLSearchParams({ csrfmiddlewaretoken: this.form.elements.csrfmiddlewaretoken.value, revision: this.revision.value, comment_team: mine.comment_team, comment_panel: mine.comment_panel });
    for (const [code, value] of Object.entries(mine.scores)) data.set(`score-${code}`, value);
    return data;
  }

  saved(mine, told) {
    this.revision.value = told.revision;
    this.sent = mine;
    if (this.same(this.snapshot(), mine)) this.forget();
    else this.keep();
    this.tell(fill(words.saved, { time: new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }) }), "saved");
    return true;
  }

  refused(told) {
    const criterion = this.criteria.find((each) => each.dataset.code === told.field);
    if (criterion) this.fault(criterion, told.message);
    this.tell(told.message, "offline");
    if (!criterion) this.stopped = true;
  }

  tell(text, kind) {
    this.status.textContent = text;
    this.status.dataset.kind = kind;
  }

  // Two windows

  choose(mine, theirs) {
    this.stopped = true;
    const box = this.form.querySelector("[data-conflict]");
    box.replaceChildren(this.say("p", words.changed), this.beside(mine, theirs));
    const buttons = this.say("p", "");
    buttons.className = "actions";
    buttons.append(this.button(words.keep_mine, () => this.settle(mine, theirs)), this.button(words.take_theirs, () => this.settle(theirs, theirs)));
    box.append(buttons);
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
    this.tell(words.changed, "offline");
    buttons.querySelector("button").focus();
    return false;
  }

  beside(mine, theirs) {
    const table = document.createElement("table");
    const rows = this.criteria.map((each) => [each.querySelector("label").firstChild.textContent.trim() || each.dataset.code, mine.scores[each.dataset.code] || words.nothing, theirs.scores[each.dataset.code] || words.nothing]);
    for (const field of ["comment_team", "comment_panel"]) rows.push([this.form.querySelector(`label[for=${field}]`).firstChild.textContent, mine[field], theirs[field]]);
    const cells = (parts, kind) => parts.map((text, at) => this.say(text && (!at || kind === "th") ? "th" : "td", text));
    const lines = [["", words.mine, words.theirs], ...rows.filter(([, one, other]) => one !== other)];
    table.append(...lines.map((parts, at) => {
      const line = document.createElement("tr");
      line.append(...cells(parts, at ? "td" : "th"));
      return line;
    }));
    return table;
  }

  say(tag, text) {
    const element = document.createElement(tag);
    element.textContent = text;
    return element;
  }

  button(text, act) {
    const button = this.say("button", text);
    button.type = "button";
    button.className = "secondary";
    button.addEventListener("click", act);
    return button;
  }

  settle(chosen, theirs) {
    const { revision, ...other } = theirs;
    this.form.querySelector("[data-conflict]").hidden = true;
    this.stopped = false;
    this.revision.value = revision;
    this.sent = { scores: this.complete(other.scores), comment_team: other.comment_team, comment_panel: other.comment_panel };
    this.write({ ...chosen, scores: this.complete(chosen.scores) });
    this.keep();
    this.inputs[0]?.focus();
    if (this.dirty) this.send();
    else {
      this.forget();
      this.tell("", "saved");
    }
  }

  complete(scores) {
    return Object.fromEntries(this.criteria.map((each) => [each.dataset.code, scores[each.dataset.code] ?? ""]));
  }

  // What is typed

  valid() {
    let fine = true;
    for (const each of this.criteria) {
      const text = each.querySelector("input").value;
      const value = read(text);
      const wrong = text.trim() !== "" && (value === null || !onScale(value, each.dataset));
      this.fault(each, wrong ? fill(words.wrong, each.dataset) : "");
      fine = fine && !wrong;
    }
    return fine;
  }

  fault(criterion, text) {
    const told = criterion.querySelector(".score-error");
    const input = criterion.querySelector("input");
    told.textContent = text;
    told.hidden = !text;
    const scale = `scale-${criterion.dataset.code}`;
    input.setAttribute("aria-describedby", text ? `${scale} ${told.id}` : scale);
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  total() {
    let sum = 0;
    let missing = 0;
    for (const each of this.criteria) {
      const { lowest, highest, weight, floor } = each.dataset;
      const value = read(each.querySelector("input").value);
      if (value === null && !("bonus" in each.dataset)) missing += 1;
      if (value !== null && onScale(value, each.dataset)) sum += (Number(weight) * (value - Number(lowest))) / (Number(highest) - Number(lowest));
      each.classList.toggle("below", value !== null && floor !== "" && value < Number(floor));
    }
    this.form.querySelector("[data-total]").textContent = String(Math.round(sum * 100) / 100);
    this.form.querySelector("[data-missing]").textContent = missing ? fill(words.incomplete, { count: missing }) : "";
  }

  nudge(criterion, steps) {
    const input = criterion.querySelector("input");
    const { lowest, highest, step } = criterion.dataset;
    const before = read(input.value);
    const decimals = (step.split(".")[1] ?? "").length;
    const from = before ?? (steps > 0 ? Number(lowest) - Number(step) : Number(highest) + Number(step));
    const value = Math.min(Number(highest), Math.max(Number(lowest), from + steps * Number(step)));
    input.value = String(Number(value.toFixed(Math.max(decimals, 0))));
    this.valid();
    this.changed();
  }

  // Keys

  fieldKey(event) {
    const at = this.inputs.indexOf(event.target);
    if (at < 0 || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const steps = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    if (steps) this.nudge(this.criteria[at], steps);
    else if (event.key === "Enter") (this.inputs[at + 1] ?? this.form.elements.comment_team).focus();
    else return;
    event.preventDefault();
    if (event.key === "Enter") this.inputs[at + 1]?.select();
  }

  pageKey(event) {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      this.send();
      return;
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !/^\d$/.test(event.key)) return;
    const open = this.inputs.find((each) => !each.value);
    if (!open) return;
    event.preventDefault();
    open.focus();
    open.value = event.key;
    this.changed();
  }

  // Leaving

  async leave(event) {
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || link.hash && link.pathname === location.pathname) return;
    if (!this.dirty && navigator.onLine) return;
    event.preventDefault();
    if (await this.send() || (navigator.onLine && !this.valid())) location.assign(link.href);
    else if (!this.stopped) this.tell(words.stay, "offline");
  }

  async submit(event) {
    event.preventDefault();
    const act = event.submitter?.value ?? "save";
    if (!this.valid()) {
      this.criteria.find((each) => !each.querySelector(".score-error").hidden).querySelector("input").focus();
      return;
    }
    const done = await this.send();
    if (!done || act === "save") return;
    // The server has it: the plain form takes the judge on.
    const hidden = Object.assign(document.createElement("input"), { type: "hidden", name: "act", value: act });
    this.form.append(hidden);
    if (navigator.onLine) this.form.submit();
    else {
      hidden.remove();
      this.tell(words.stay, "offline");
    }
  }
}

document.addEventListener("keydown", (event) => {
  if (!event.altKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const link = document.querySelector(`a[rel=${event.key === "ArrowLeft" ? "prev" : "next"}]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});

if (form) new Sheet(form);
