// Sending a file with a bar that shows how far it is, and dropping it on the form. Without script the form works as it is.
for (const zone of document.querySelectorAll("[data-drop]")) {
  const input = zone.querySelector('input[type="file"]');
  zone.querySelector("[data-drop-told]").hidden = false;
  for (const name of ["dragover", "dragleave", "drop"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
  }
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  const sending = form.querySelector("[data-sending]");
  const told = form.querySelector("[data-sending-told]");
  const bar = form.querySelector("[data-sending-bar]");
  const submit = form.querySelector('button[type="submit"]');
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    sending.hidden = false;
    submit.disabled = true;
    told.textContent = told.dataset.words;
    request.upload.addEventListener("progress", ({ loaded, total, lengthComputable }) => {
      if (lengthComputable) bar.value = Math.round((100 * loaded) / total);
    });
    request.upload.addEventListener("load", () => { bar.removeAttribute("value"); told.textContent = told.dataset.done; });
    const broken = () => { told.textContent = told.dataset.failed; submit.disabled = false; bar.value = 0; };
    request.addEventListener("error", broken);
    request.addEventListener("load", () => {
      if (request.status === 200) { location.assign(request.responseURL); return; }
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const summary = page.querySelector("main .error-summary, main .error-page");
      if (!summary) { broken(); return; }
      sending.hidden = true;
      submit.disabled = false;
      document.querySelector("main .error-summary")?.remove();
      form.before(summary);
      summary.tabIndex = -1;
      summary.focus();
    });
    request.send(new FormData(form));
  });
}
document.querySelector("main .error-summary[tabindex]")?.focus();
