// Watches one job: its progress as it is told, and the page anew whenever its status is another one.
const number = new Intl.NumberFormat("en");
const shown = () => document.querySelector("[data-job]");
const id = shown().dataset.job;
let stage = { name: null, since: 0, from: 0 };

function say(text) {
  document.dispatchEvent(new CustomEvent("codesearch:say", { detail: text }));
}

function timeLeft(progress) {
  const now = performance.now();
  if (progress.stage !== stage.name) stage = { name: progress.stage, since: now, from: progress.done };
  const did = progress.done - stage.from;
  const took = (now - stage.since) / 1000;
  // What the first second tells of the rest is noise.
  if (!progress.total || !did || took < 1) return "";
  const left = Math.round(((progress.total - progress.done) * took) / did);
  return left < 90 ? `, about ${left} s left` : `, about ${Math.round(left / 60)} min left`;
}

function showProgress(progress) {
  const section = shown();
  const said = section.querySelector("[data-stage]");
  if (!said || !progress) return;
  if (said.textContent !== progress.stage) say(progress.stage);
  said.textContent = progress.stage;
  const of = progress.total === null ? "" : ` of ${number.format(progress.total)}`;
  const counts = progress.unit && (progress.done || progress.total);
  section.querySelector("[data-count]").textContent = counts
    ? `${number.format(progress.done)}${of} ${progress.unit}${timeLeft(progress)}`
    : "";
  const bar = section.querySelector("[data-bar]");
  if (progress.total) {
    bar.max = progress.total;
    bar.value = progress.done;
  } else {
    bar.removeAttribute("value");
  }
}

async function showAnew(status) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-job]");
    if (!answer.ok || !fresh) throw new Error("no such page");
    shown().replaceWith(fresh);
    say(status);
  } catch {
    location.reload(); // its own error page says more than we know
  }
}

async function take(job) {
  if (job.status !== shown().dataset.status) await showAnew(job.status);
  showProgress(job.progress);
}

const ENDED = ["done", "failed", "cancelled"];
const events = new EventSource(`/api/v1/jobs/${id}/events`);
let turn = Promise.resolve(); // one after the other: showing a page anew takes a while
events.addEventListener("job", (event) => {
  const job = JSON.parse(event.data);
  if (ENDED.includes(job.status)) events.close();
  turn = turn.then(() => take(job));
});
