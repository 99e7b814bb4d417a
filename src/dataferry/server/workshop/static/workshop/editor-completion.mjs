// The list of names while SQL is written: tables, columns with type and datum, functions, keywords.
// Follows the ARIA pattern of a list that never takes the focus: Tab keeps its meaning, Esc closes.
import { insideText } from "./editor-inks.mjs";

const WORD = /[\p{L}_][\p{L}\p{N}_]*$/u;
const BARE = /^[a-z_][a-z0-9_]*$/;
const MOST = 60;
const AFTER_TABLE = /\b(?:from|join)\s+$/i;
const ALIASES = /\b(?:from|join|,)\s+("?)([\p{L}_][\p{L}\p{N}_]*)\1(?:\s+(?:as\s+)?([\p{L}_][\p{L}\p{N}_]*))?/giu;
const NOT_ALIASES = new Set(["on", "where", "join", "left", "right", "inner", "full", "cross", "group", "order", "using", "union", "limit", "having", "window", "qualify", "as"]);

function quoted(name) {
  return BARE.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

function tableNamed(text, name, tables) {
  const wanted = name.toLowerCase();
  for (const [, , table, alias] of text.matchAll(ALIASES)) {
    if (alias && !NOT_ALIASES.has(alias.toLowerCase()) && alias.toLowerCase() === wanted) return tables.find((each) => each.name === table.toLowerCase());
  }
  return tables.find((each) => each.name === wanted);
}

function columnsOf(table) {
  return table.columns.map((column) => ({ label: column.name, insert: quoted(column.name), kind: "column", detail: [column.type, column.crs].filter(Boolean).join(" · "), from: table.name }));
}

function ranked(options, typed) {
  const wanted = typed.toLowerCase();
  const rank = ({ label }) => {
    const name = label.toLowerCase();
    return name.startsWith(wanted) ? 0 : name.split(/[_\s]/).some((part) => part.startsWith(wanted)) ? 1 : name.includes(wanted) ? 2 : 3;
  };
  return options.map((option, index) => [rank(option), index, option]).filter(([r]) => r < 3).sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, MOST).map(([, , option]) => option);
}

// What fits at a place: { from, options }, or null.
export function offered(text, at, names, asked) {
  if (insideText(text, at)) return null;
  const before = text.slice(0, at);
  const typed = before.match(WORD)?.[0] ?? "";
  const from = at - typed.length;
  const owner = before.slice(0, from).match(/([\p{L}_][\p{L}\p{N}_]*)"?\.$/u);
  if (owner) {
    const table = tableNamed(text, owner[1], names.tables);
    return table ? { from, options: ranked(columnsOf(table), typed) } : null;
  }
  if (!asked && typed.length < 2) return null;
  const tables = names.tables.map((table) => ({ label: table.name, insert: table.name, kind: "table", detail: table.detail }));
  if (AFTER_TABLE.test(before.slice(0, from))) return { from, options: ranked(tables, typed) };
  const used = names.tables.filter((table) => new RegExp(`\\b${table.name}\\b`).test(text));
  const columns = (used.length ? used : names.tables).flatMap(columnsOf);
  const functions = names.functions.map(([name, signature, group]) => ({ label: name, insert: `${name}(`, kind: "function", detail: signature || group }));
  const keywords = names.keywords.map((word) => ({ label: word, insert: word, kind: "keyword", detail: "" }));
  return { from, options: ranked([...columns, ...tables, ...functions, ...keywords], typed) };
}

export class Completion {
  constructor(area, names, words, rectangleAt) {
    Object.assign(this, { area, names, words, rectangleAt, options: [], active: -1, from: 0, count: 0 });
    this.list = document.createElement("ul");
    this.list.id = `${area.id}-names`;
    this.list.className = "editor-names";
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", words.names);
    // It scrolls, so it can be focused; Tab closes it before it could get there.
    this.list.tabIndex = 0;
    this.list.hidden = true;
    this.told = document.createElement("div");
    this.told.className = "sr-only";
    this.told.setAttribute("role", "status");
    area.parentElement.append(this.list, this.told);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.list.id);
    area.addEventListener("keydown", (event) => this.key(event));
    area.addEventListener("input", (event) => this.look(!this.list.hidden && event.inputType === "deleteContentBackward"));
    area.addEventListener("blur", () => this.close());
    area.addEventListener("click", () => this.close());
    area.addEventListener("scroll", () => this.close());
    // The list must not take the focus from the text.
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const row = event.target.closest("[role=option]");
      if (row) this.take(Number(row.dataset.index));
    });
  }

  look(asked) {
    const { selectionStart: at, selectionEnd: end, value } = this.area;
    const found = at === end ? offered(value, at, this.names, asked) : null;
    const typed = found ? value.slice(found.from, at).toLowerCase() : "";
    const done = found?.options.length === 1 && found.options[0].label.toLowerCase() === typed;
    if (!found || !found.options.length || (done && !asked)) {
      if (asked && this.list.hidden) this.told.textContent = this.words.nothing;
      this.close(asked);
      return;
    }
    this.from = found.from;
    this.show(found.options, asked ? 0 : -1);
  }

  show(options, active) {
    this.options = options;
    this.list.replaceChildren(...options.map((option, index) => this.row(option, index)));
    this.list.hidden = false;
    this.place();
    this.told.textContent = this.words.offered.replace("{count}", options.length);
    this.choose(active);
  }

  row(option, index) {
    const row = document.createElement("li");
    row.id = `${this.list.id}-${index}`;
    row.dataset.index = index;
    row.dataset.kind = option.kind;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    for (const [name, text] of [["name", option.label], ["detail", option.detail], ["kind", this.words[option.kind] + (option.from ? ` · ${option.from}` : "")]]) {
      const part = document.createElement("span");
      part.className = `editor-name-${name}`;
      part.textContent = text;
      row.append(part);
    }
    return row;
  }

  place() {
    const spot = this.rectangleAt(this.from);
    const room = this.area.parentElement.getBoundingClientRect();
    const width = this.list.offsetWidth;
    this.list.style.left = `${Math.max(0, Math.min(spot.left - room.left, room.width - width))}px`;
    this.list.style.top = `${spot.bottom - room.top + 2}px`;
  }

  choose(index) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const row = this.list.children[index];
    if (!row) {
      this.area.removeAttribute("aria-activedescendant");
      return;
    }
    row.setAttribute("aria-selected", "true");
    this.area.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }

  take(index) {
    const { insert } = this.options[index];
    this.close();
    this.area.setSelectionRange(this.from, this.area.selectionEnd);
    // The one way to write into a textarea that the browser's own undo knows.
    if (!document.execCommand("insertText", false, insert)) {
      this.area.setRangeText(insert, this.from, this.area.selectionEnd, "end");
      this.area.dispatchEvent(new Event("input"));
    }
    this.close();
  }

  close(keepTold = false) {
    this.list.hidden = true;
    this.choose(-1);
    if (!keepTold) this.told.textContent = "";
  }

  key(event) {
    if (event.isComposing) return;
    if ((event.key === " " && event.ctrlKey) || (event.key === "ArrowDown" && event.altKey)) {
      event.preventDefault();
      this.look(true);
      return;
    }
    if (this.list.hidden) return;
    const last = this.options.length - 1;
    const steps = { ArrowDown: this.active < last ? this.active + 1 : 0, ArrowUp: this.active > 0 ? this.active - 1 : last, PageDown: Math.min(last, this.active + 8), PageUp: Math.max(0, this.active - 8) };
    if (event.key in steps) this.choose(steps[event.key]);
    else if (event.key === "Enter" && this.active >= 0) this.take(this.active);
    else if (event.key === "Escape") this.close();
    else {
      if (["Tab", "Enter", "ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) this.close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
