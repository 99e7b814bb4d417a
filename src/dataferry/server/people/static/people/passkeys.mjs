// A passkey that was not used is told on the page, not only to the console.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const trouble of document.querySelectorAll("[data-passkey-trouble]")) {
    trouble.hidden = false;
    trouble.tabIndex = -1;
    trouble.focus();
  }
});
