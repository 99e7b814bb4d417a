// The editor: colours, line numbers, marks at lines with a problem and names to choose, around a real textarea.
// The textarea stays what is written in, read aloud and sent; without script it works alone.
import { Completion } from "./editor-completion.mjs";
import { pieces } from "./editor-inks.mjs";

class Editor {
  constructor(frame) {
    this.frame = frame;
    this.area = frame.querySelector("textarea");
    this.language = frame.dataset.editor;
    this.words = JSON.parse(frame.dataset.words);
    this.room = this.box("div", "editor-room");
    this.gutter = this.box("div", "editor-gutter");
    this.paint = this.box("pre", "editor-paint");
    this.inner = document.createElement("div");
    this.paint.append(this.inner);
    this.surround();
    frame.classList.add("live");
    this.problems = new Map();
    this.wait = 0;
    this.draw();
    // The list hears keys first: what it takes is not a new line.
    if (this.language === "sql" && frame.dataset.names) this.completion = new Completion(this.area, JSON.parse(frame.dataset.names), this.words, (at) => this.rectangleAt(at));
    this.area.addEventListener("input", () => this.later());
    this.area.addEventListener("scroll", () => this.follow(), { passive: true });
    this.area.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.follow()).observe(this.area);
    this.readProblems();
  }

  // An element that is moved loses the focus: who began to type before this script came would type into nothing.
  surround() {
    const { selectionStart, selectionEnd, scrollTop } = this.area;
    const typing = document.activeElement === this.area;
    this.area.before(this.gutter, this.room);
    this.room.append(this.paint, this.area);
    if (!typing) return;
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(selectionStart, selectionEnd);
    this.area.scrollTop = scrollTop;
  }

  box(kind, name) {
    const box = document.createElement(kind);
    box.className = name;
    if (name !== "editor-room") box.setAttribute("aria-hidden", "true");
    return box;
  }

  later() {
    cancelAnimationFrame(this.wait);
    this.wait = requestAnimationFrame(() => this.draw());
  }

  draw() {
    const text = this.area.value;
    const nodes = [];
    let done = 0;
    for (const [from, to, kind] of pieces(text, this.language)) {
      if (from > done) nodes.push(text.slice(done, from));
      const piece = document.createElement("span");
      piece.className = `code-${kind}`;
      piece.textContent = text.slice(from, to);
      nodes.push(piece);
      done = to;
    }
    // A last line break alone would have no height.
    nodes.push(`${text.slice(done)}\n`);
    this.inner.replaceChildren(...nodes);
    this.number(text.split("\n").length);
    this.follow();
  }

  number(lines) {
    if (this.numbered === lines) return;
    this.numbered = lines;
    const rows = [];
    for (let line = 1; line <= lines; line += 1) {
      const row = document.createElement("span");
      row.textContent = line;
      if (this.problems.has(line)) row.className = "wrong";
      rows.push(row);
    }
    this.gutter.replaceChildren(...rows);
  }

  follow() {
    this.inner.style.transform = `translate(${-this.area.scrollLeft}px, ${-this.area.scrollTop}px)`;
    this.gutter.scrollTop = this.area.scrollTop;
  }

  // Where a character stands on the screen; the painted text has the same letters in the same places.
  rectangleAt(offset) {
    this.draw();
    const walker = document.createTreeWalker(this.inner, NodeFilter.SHOW_TEXT);
    let left = offset;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (left < node.length || (left === node.length && !node.nextSibling && !node.parentNode.nextSibling)) {
        const range = document.createRange();
        range.setStart(node, left);
        range.setEnd(node, Math.min(node.length, left + 1));
        return range.getClientRects()[0] ?? range.getBoundingClientRect();
      }
      left -= node.length;
    }
    return this.inner.getBoundingClientRect();
  }

  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.area.form.querySelector("[data-run]")?.click();
    } else if (event.key === "Enter" && !event.shiftKey && !event.isComposing && !event.defaultPrevented) this.indent(event);
  }

  // A new line starts where the line before it starts.
  indent(event) {
    const { value, selectionStart, selectionEnd } = this.area;
    if (selectionStart !== selectionEnd || this.area.readOnly) return;
    const margin = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart).match(/^ */)[0];
    if (!margin) return;
    event.preventDefault();
    document.execCommand("insertText", false, `\n${margin}`);
  }

  // Problems are told in a list below the editor; here they are marked at their lines.
  readProblems() {
    const listed = [...document.querySelectorAll(`[data-problem="${this.area.id}"]`)];
    this.problems = new Map(listed.filter((each) => each.dataset.line).map((each) => [Number(each.dataset.line), each]));
    if (listed.length) this.area.setAttribute("aria-invalid", "true");
    else this.area.removeAttribute("aria-invalid");
    this.numbered = 0;
    this.number(this.area.value.split("\n").length);
  }

  goTo(line, column) {
    const lines = this.area.value.split("\n");
    const at = Math.min(Math.max(line, 1), lines.length);
    const start = lines.slice(0, at - 1).reduce((sum, each) => sum + each.length + 1, 0);
    const from = column > 1 ? start + Math.min(column - 1, lines[at - 1].length) : start;
    this.area.focus();
    this.area.setSelectionRange(from, start + lines[at - 1].length);
    const height = parseFloat(getComputedStyle(this.area).lineHeight);
    this.area.scrollTop = Math.max(0, (at - 4) * height);
  }
}

const editors = new Map();
for (const frame of document.querySelectorAll("[data-editor]")) {
  const editor = new Editor(frame);
  editors.set(editor.area.id, editor);
}

function jump(link) {
  const editor = editors.get(link.dataset.problem);
  if (!editor || !link.dataset.line) return false;
  editor.goTo(Number(link.dataset.line), Number(link.dataset.column || 1));
  return true;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-problem]");
  if (link && jump(link)) event.preventDefault();
});
document.addEventListener("htmx:afterSettle", () => { for (const editor of editors.values()) editor.readProblems(); });

// A link from a failed build names the line: #recipe-line-12.
const named = location.hash.match(/^#([a-z]+)-line-(\d+)$/);
if (named) editors.get(named[1])?.goTo(Number(named[2]), 1);

// Words that were written and not kept are not lost by a slip.
let unkept = false;
for (const form of document.querySelectorAll("form[data-keeps]")) {
  form.addEventListener("input", () => { unkept = true; });
  form.addEventListener("submit", () => { unkept = false; });
}
document.addEventListener("draft:kept", () => { unkept = false; });
window.addEventListener("beforeunload", (event) => { if (unkept) event.preventDefault(); });
