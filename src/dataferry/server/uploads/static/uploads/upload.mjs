// Sending a large file in parts (tus 1.0): goes on after a break of the network, and after the page was loaded anew.
// Without this script the form posts the file as it is.
import { Transfer, forget, unfinished } from "./transfer.mjs";

const CHANGE_SHOWN_EVERY = 400;
const THOUSAND = 1000;

/** A size in bytes as the pages of the site write it. */
function size(count) {
  if (count < THOUSAND) return `${count} B`;
  let amount = count;
  let unit = "";
  for (unit of ["kB", "MB", "GB", "TB"]) {
    amount /= THOUSAND;
    if (amount < THOUSAND) break;
  }
  return amount < 10 ? `${amount.toFixed(1)} ${unit}` : `${Math.round(amount).toLocaleString("en")} ${unit}`;
}

const filled = (words, values) => words.replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");

/** One field: its input, what it says, and the transfer of the chosen file. */
class Field {
  constructor(box) {
    this.box = box;
    this.words = box.dataset;
    this.input = box.querySelector('input[type="file"]');
    this.id = box.querySelector('input[type="hidden"]');
    this.form = this.input.form;
    for (const part of ["progress", "told", "bar", "figures", "again", "cancel"]) this[part] = box.querySelector(`[data-upload-${part}]`);
    box.querySelector("[data-upload-with-script]").hidden = false;
    this.input.addEventListener("change", () => this.begin());
    this.cancel.addEventListener("click", () => this.giveUp());
    this.again.addEventListener("click", () => this.transfer?.goOn());
    this.form.addEventListener("submit", (event) => this.holdBack(event));
    // The bytes are on the server already; the form brings only their number.
    this.form.addEventListener("formdata", ({ formData }) => { if (this.id.value) formData.delete(this.input.name); });
    this.wanted = this.input.required;
    if (this.id.value) this.arrivedBefore();
    else this.tellUnfinished();
  }

  /** The form came back for another reason; its file is on the server still. */
  arrivedBefore() {
    this.bar.value = 1000;
    this.state(this.words.done);
  }

  get token() { return this.form.querySelector('[name="csrfmiddlewaretoken"]')?.value ?? ""; }

  get busy() { return Boolean(this.transfer) && !this.id.value && !this.stopped; }

  begin() {
    this.transfer?.stop();
    this.transfer = null;
    this.id.value = "";
    this.input.required = this.wanted;
    this.waitingSubmitter = null;
    const [file] = this.input.files;
    this.progress.hidden = !file;
    if (!file) return;
    const most = Number(this.words.most);
    if (!file.size || file.size > most) {
      this.state(file.size ? filled(this.words.tooBig, { size: size(file.size), most: size(most) }) : this.words.empty, { stopped: true });
      this.input.value = "";
      return;
    }
    this.state(this.words.starting);
    this.transfer = new Transfer(file, { address: this.words.upload, purpose: this.words.purpose, token: () => this.token, told: (event) => this.hear(event) });
    this.transfer.start();
  }

  hear(event) {
    switch (event.kind) {
      case "sent": this.count(event); break;
      case "waiting": this.state(event.offline ? this.words.offline : filled(this.words.waiting, { n: event.seconds })); break;
      case "checking": this.state(this.words.checking); break;
      case "stopped": this.state(event.reason || this.words.failed, { stopped: true, again: event.again }); break;
      case "done": this.arrived(event.id); break;
      default: break;
    }
  }

  /** How far it is: figures often, words for screen readers at each tenth only. */
  count({ sent, whole, seconds }) {
    const now = performance.now();
    if (!this.sending) { this.state(this.words.sending); this.sending = true; this.tenth = Math.floor((10 * sent) / whole); }
    if (now - (this.shown ?? 0) < CHANGE_SHOWN_EVERY && sent < whole) return;
    this.shown = now;
    this.bar.value = Math.round((1000 * sent) / whole);
    const left = seconds === null ? "" : filled(seconds < 100 ? this.words.leftSeconds : this.words.leftMinutes, { n: seconds < 100 ? Math.max(1, Math.round(seconds)) : Math.round(seconds / 60) });
    this.figures.textContent = [filled(this.words.figures, { sent: size(sent), whole: size(whole) }), left].filter(Boolean).join(" · ");
    const tenth = Math.floor((10 * sent) / whole);
    if (tenth > this.tenth) { this.tenth = tenth; this.told.textContent = filled(this.words.percent, { n: 10 * tenth }); }
  }

  arrived(id) {
    this.id.value = id;
    this.input.required = false;
    this.bar.value = 1000;
    this.state(this.words.done);
    this.figures.textContent = size(this.transfer.file.size);
    if (this.waitingSubmitter !== null) this.form.requestSubmit(this.waitingSubmitter || undefined);
  }

  state(words, { stopped = false, again = false } = {}) {
    this.sending = false;
    this.stopped = stopped;
    this.progress.hidden = false;
    this.progress.classList.toggle("stopped", stopped);
    this.told.textContent = words;
    this.again.hidden = !again;
    this.bar.hidden = stopped && !again;
    this.cancel.hidden = stopped && !again;
    if (this.bar.hidden) this.figures.textContent = "";
  }

  /** A form that is sent before its file has arrived waits for it. */
  holdBack(event) {
    if (!this.busy) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.waitingSubmitter = event.submitter ?? false;
    this.told.textContent = this.words.then;
  }

  async giveUp() {
    const given = this.transfer;
    this.transfer = null;
    this.id.value = "";
    this.input.value = "";
    this.input.required = this.wanted;
    this.waitingSubmitter = null;
    this.state(this.words.cancelled, { stopped: true });
    this.input.focus();
    await given?.discard();
  }

  /** After the page was loaded anew the browser has forgotten the file, but not the server. */
  async tellUnfinished() {
    for (const found of await unfinished(this.words.upload, this.words.purpose)) {
      if (this.transfer) return;
      if (found.sent < found.whole) {
        this.state(filled(this.words.continue, { name: found.name, sent: size(found.sent), whole: size(found.whole) }), { stopped: true });
        return;
      }
      forget(found.key);
    }
  }
}

for (const box of document.querySelectorAll("[data-upload]")) new Field(box);
