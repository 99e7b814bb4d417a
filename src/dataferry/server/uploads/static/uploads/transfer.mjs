// One file on its way to the server by tus 1.0: begun or found again, sent in parts, retried with growing waits.

const PART = 6 * 1024 * 1024;
const WAITS = [1, 2, 4, 8, 15, 30];
const MOST_TRIES = 40;
const PREFIX = "dataferry-upload:";
const KEPT = 3 * 24 * 3600 * 1000;
const VERSION = { "Tus-Resumable": "1.0.0" };
// What another try cannot mend; the server says why in words.
const FINAL = new Set([400, 401, 403, 405, 412, 413, 415, 422]);
const AGAIN_BY_HAND = new Set([401, 403, 507]);

/** A short mark of a text: names of files do not belong into the storage of a shared computer. */
function mark(text) {
  let [one, two] = [0x811c9dc5, 0x1000193];
  for (let at = 0; at < text.length; at += 1) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    two = Math.imul(two ^ text.charCodeAt(text.length - 1 - at), 0x85ebca6b);
  }
  return (one >>> 0).toString(36) + (two >>> 0).toString(36);
}

const storage = {
  get(key) { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, JSON.stringify(value)); } catch { /* Full or forbidden: then only this page can go on. */ } },
  drop(key) { try { localStorage.removeItem(key); } catch { /* as above */ } },
  keys() { try { return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)); } catch { return []; } },
};

export const forget = (key) => storage.drop(key);

const encoded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const decoded = (text) => new TextDecoder().decode(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));

/** `Upload-Metadata` as an object. */
function metadata(header) {
  const pairs = (header ?? "").split(",").map((pair) => pair.trim().split(" "));
  return Object.fromEntries(pairs.filter(([key]) => key).map(([key, value]) => [key, decoded(value ?? "")]));
}

/** Uploads of this purpose that this browser began: what the server still has of them. */
export async function unfinished(address, purpose) {
  const found = [];
  for (const key of storage.keys()) {
    const kept = storage.get(key);
    if (!kept || Date.now() - kept.at > KEPT) { storage.drop(key); continue; }
    if (kept.purpose !== purpose) continue;
    try {
      const answer = await fetch(address + kept.id, { method: "HEAD", headers: VERSION });
      if (answer.ok) {
        const whole = Number(answer.headers.get("Upload-Length"));
        found.push({ key, sent: Number(answer.headers.get("Upload-Offset")), whole, name: metadata(answer.headers.get("Upload-Metadata")).filename ?? "" });
      } else if (answer.status === 404 || answer.status === 410) storage.drop(key);
    } catch { /* Offline: asked again when a file is chosen. */ }
  }
  return found;
}

export class Transfer {
  /** `told` hears {kind: sent | waiting | checking | stopped | done, ...}. */
  constructor(file, { address, purpose, token, told }) {
    Object.assign(this, { file, address, purpose, token, told, id: "", offset: 0, tries: 0, over: false, speed: null });
    this.key = PREFIX + mark([purpose, file.name, file.size, file.lastModified, file.type].join("|"));
  }

  start() {
    this.id = storage.get(this.key)?.id ?? "";
    this.run();
  }

  goOn() {
    this.over = false;
    this.tries = 0;
    this.run();
  }

  stop() {
    this.over = true;
    this.request?.abort();
    this.wake?.();
  }

  /** Stop, and have the server delete what it has. */
  async discard() {
    this.stop();
    storage.drop(this.key);
    if (!this.id) return;
    try { await this.ask("DELETE", this.address + this.id); } catch { /* It expires by itself. */ }
  }

  async run() {
    if (this.running) return;
    this.running = true;
    while (!this.over) {
      try {
        if (!this.id) await this.create();
        else await this.look();
        while (!this.over && this.offset < this.file.size) await this.sendPart();
        if (!this.over) { this.over = true; this.told({ kind: "done", id: this.id }); }
      } catch (error) {
        if (!this.over) await this.cope(error);
      }
    }
    this.running = false;
  }

  /** What to do after a failure: wait and go on, begin anew, or stop and say why. */
  async cope({ status = 0, detail = "", wait = 0 }) {
    if (status === 404 || status === 410) {
      storage.drop(this.key);
      this.id = "";
      this.offset = 0;
      this.tries += 1;
      if (this.tries <= 3) return;
    }
    if (FINAL.has(status) || status === 404 || status === 410 || status === 507 || this.tries >= MOST_TRIES) {
      this.over = true;
      this.told({ kind: "stopped", reason: detail, again: AGAIN_BY_HAND.has(status) || !FINAL.has(status) });
      return;
    }
    const seconds = wait || WAITS[Math.min(this.tries, WAITS.length - 1)];
    this.tries += 1;
    const offline = navigator.onLine === false;
    this.told({ kind: "waiting", seconds, offline });
    await this.pause(offline ? null : seconds * (1000 + 200 * Math.random()));
  }

  /** Wait; `null` until the network is back. */
  pause(milliseconds) {
    return new Promise((resolve) => {
      const timer = milliseconds === null ? 0 : setTimeout(() => this.wake(), milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        removeEventListener("online", this.wake);
        resolve();
      };
      addEventListener("online", this.wake);
    });
  }

  async create() {
    const about = { purpose: this.purpose, filename: this.file.name.slice(-200), filetype: this.file.type };
    const text = Object.entries(about).filter(([, value]) => value).map(([key, value]) => `${key} ${encoded(value)}`).join(",");
    const answer = await this.ask("POST", this.address, { "Upload-Length": String(this.file.size), "Upload-Metadata": text });
    this.id = answer.header("Location").split("/").pop();
    this.offset = 0;
    storage.set(this.key, { id: this.id, purpose: this.purpose, at: Date.now() });
  }

  async look() {
    const answer = await this.ask("HEAD", this.address + this.id);
    this.offset = Number(answer.header("Upload-Offset"));
    if (this.offset === this.file.size) return;
    this.told({ kind: "sent", sent: this.offset, whole: this.file.size, seconds: null });
  }

  async sendPart() {
    const end = Math.min(this.offset + PART, this.file.size);
    const [before, began] = [this.offset, performance.now()];
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(this.offset) };
    const answer = await this.ask("PATCH", this.address + this.id, headers, this.file.slice(this.offset, end), (sent) => this.progress(before + sent, before, began));
    this.offset = Number(answer.header("Upload-Offset"));
    if (this.offset > before) this.tries = 0;
    else throw { status: 0 };
    this.measure(this.offset - before, began);
    this.progress(this.offset);
  }

  measure(bytes, began) {
    const now = bytes / Math.max(0.001, (performance.now() - began) / 1000);
    this.speed = this.speed === null ? now : 0.7 * this.speed + 0.3 * now;
  }

  progress(sent, before = sent, began = 0) {
    const speed = this.speed ?? (sent > before ? (1000 * (sent - before)) / Math.max(1, performance.now() - began) : null);
    const seconds = speed ? (this.file.size - sent) / speed : null;
    this.told({ kind: "sent", sent, whole: this.file.size, seconds });
    if (sent === this.file.size && this.offset < sent) this.told({ kind: "checking" });
  }

  /** One request. Rejects with {status, detail, wait}; status 0 is a broken connection. */
  ask(method, address, headers = {}, body = null, progress = null) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      this.request = request;
      request.open(method, address);
      for (const [name, value] of Object.entries({ ...VERSION, "X-CSRFToken": this.token(), "Accept-Language": document.documentElement.lang, ...headers })) request.setRequestHeader(name, value);
      if (progress) request.upload.addEventListener("progress", ({ loaded }) => progress(loaded));
      for (const broken of ["error", "abort", "timeout"]) request.addEventListener(broken, () => reject({ status: 0 }));
      request.addEventListener("load", () => {
        if (request.status >= 200 && request.status < 300) { resolve({ header: (name) => request.getResponseHeader(name) ?? "" }); return; }
        let detail = "";
        try { ({ detail } = JSON.parse(request.responseText)); } catch { /* No words: a proxy's page, or HEAD. */ }
        reject({ status: request.status, detail, wait: Number(request.getResponseHeader("Retry-After")) || 0 });
      });
      request.send(body);
    });
  }
}
