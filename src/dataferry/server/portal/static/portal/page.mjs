// Small help for every page: buttons that copy. Without script the text can be selected.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  const before = button.textContent;
  button.addEventListener("click", async () => {
    const text = button.closest(".loader").querySelector("code").textContent;
    await navigator.clipboard.writeText(text);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 2000);
  });
}
