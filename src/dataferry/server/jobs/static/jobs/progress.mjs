// Says the progress of jobs to screen readers: new words at once when the state changes, else every ten seconds at most.
const QUIET = 10000;
const told = new WeakMap();

function tell(job) {
  const status = job.closest(".job-box")?.querySelector("[data-job-status]");
  const words = job.querySelector("[data-job-words]")?.textContent.trim();
  if (!status || !words) return;
  const last = told.get(status) ?? { words, state: job.dataset.state, at: Date.now() };
  const isNew = words !== last.words && (job.dataset.state !== last.state || Date.now() - last.at >= QUIET);
  if (isNew) status.textContent = words;
  if (isNew || !told.has(status)) told.set(status, { words, state: job.dataset.state, at: Date.now() });
}

for (const job of document.querySelectorAll(".job")) tell(job);
document.body.addEventListener("htmx:load", (event) => {
  const loaded = event.detail.elt;
  if (loaded.matches?.(".job")) tell(loaded);
  else for (const job of loaded.querySelectorAll?.(".job") ?? []) tell(job);
});
