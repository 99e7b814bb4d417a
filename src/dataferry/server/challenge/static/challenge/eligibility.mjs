// The organisers' queue by keyboard. Everything works without it: the keys press the buttons that are there.
const items = [...document.querySelectorAll("[data-item]")];
const keys = document.querySelector("[data-keys]");
if (keys) keys.hidden = false;

let at = -1;
for (const [position, item] of items.entries()) item.addEventListener("focusin", () => { at = position; });

const isWriting = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function go(position) {
  if (!items.length) return;
  at = Math.min(Math.max(position, 0), items.length - 1);
  items[at].focus();
  items[at].scrollIntoView({ block: "nearest" });
}

function press(outcome) {
  const button = items[at]?.querySelector(`button[name="outcome"][value="${outcome}"]`);
  if (!button) return;
  const reason = items[at].querySelector("textarea");
  if (outcome !== "passed" && !reason.value.trim()) {
    reason.focus();
    return;
  }
  button.click();
}

const acts = { j: () => go(at + 1), k: () => go(at - 1), p: () => press("passed"), q: () => press("queried"), f: () => press("failed") };

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && isWriting(event.target) && at >= 0) items[at].focus();
  if (isWriting(event.target)) return;
  const act = acts[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  act();
});
