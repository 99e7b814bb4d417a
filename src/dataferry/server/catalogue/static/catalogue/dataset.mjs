// The drawn map moves by keyboard and buttons. The drawing is the server's; without script it just stands still.
const WIDE = 560;
const HIGH = 470;
let words = {};

function button(text, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

function movable(canvas) {
  const drawing = canvas.querySelector("svg");
  const view = { x: 0, y: 0, scale: 1 };
  const show = () => {
    const wide = WIDE / view.scale;
    const high = HIGH / view.scale;
    view.x = Math.min(Math.max(view.x, 0), WIDE - wide);
    view.y = Math.min(Math.max(view.y, 0), HIGH - high);
    drawing.setAttribute("viewBox", `${view.x} ${view.y} ${wide} ${high}`);
    canvas.dataset.scale = String(view.scale);
    for (const dot of drawing.querySelectorAll("circle")) {
      dot.dataset.r ??= dot.getAttribute("r");
      dot.setAttribute("r", String(Number(dot.dataset.r) / Math.sqrt(view.scale)));
    }
    drawing.querySelector(".scale-bar").style.visibility = view.scale === 1 ? "" : "hidden";
  };
  const zoom = (by) => {
    const middle = { x: view.x + WIDE / view.scale / 2, y: view.y + HIGH / view.scale / 2 };
    view.scale = Math.min(Math.max(view.scale * by, 1), 16);
    view.x = middle.x - WIDE / view.scale / 2;
    view.y = middle.y - HIGH / view.scale / 2;
    show();
  };
  const pan = (right, down) => {
    view.x += (right * WIDE) / view.scale / 8;
    view.y += (down * HIGH) / view.scale / 8;
    show();
  };
  const keys = {
    "+": () => zoom(1.5), "=": () => zoom(1.5), "-": () => zoom(1 / 1.5),
    ArrowLeft: () => pan(-1, 0), ArrowRight: () => pan(1, 0), ArrowUp: () => pan(0, -1), ArrowDown: () => pan(0, 1),
  };
  canvas.dataset.scale = "1";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "group");
  canvas.setAttribute("aria-label", words.moves ?? "");
  canvas.addEventListener("keydown", (event) => {
    if (event.target !== canvas || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  const tools = document.createElement("div");
  tools.className = "map-tools";
  tools.append(button("+", words.closer ?? "+", () => zoom(1.5)), button("−", words.farther ?? "-", () => zoom(1 / 1.5)));
  canvas.append(tools);
}

function start() {
  words = JSON.parse(document.querySelector("[data-map-words]")?.dataset.mapWords ?? "{}");
  for (const canvas of document.querySelectorAll("[data-still-map] .canvas:not([data-scale])")) movable(canvas);
}

start();
// On the way back htmx brings the page in anew.
document.addEventListener("htmx:historyRestore", start);
document.addEventListener("htmx:afterSettle", start);
