// The list: pages of cards, the address, the keyboard.

const list = document.getElementById("classes");
const statusLine = document.getElementById("status");
const pagers = [...document.querySelectorAll(".pager")];
const pageSize = Number(list.dataset.pageSize);
let chosen = [];
let page = 0;

const showPage = (number) => {
  const pages = Math.max(Math.ceil(chosen.length / pageSize), 1);
  page = Math.min(Math.max(number, 0), pages - 1);
  list.replaceChildren(...chosen.slice(page * pageSize, (page + 1) * pageSize).map(card));
  if (!chosen.length) list.append(element("p", "quiet", classes.length ? "No class matches the filters." : "No clone class was found."));
  statusLine.textContent = chosen.length === classes.length
    ? count(classes.length, "class", "classes")
    : `${chosen.length.toLocaleString("en")} of ${count(classes.length, "class", "classes")}`;
  for (const pager of pagers) {
    pager.hidden = pages === 1;
    pager.querySelector(".position").textContent = `Page ${page + 1} of ${pages}`;
    for (const button of pager.querySelectorAll("button")) {
      const target = page + Number(button.dataset.step);
      button.disabled = target < 0 || target >= pages;
    }
  }
};

const refilter = () => {
  chosen = chosenClasses();
  showPage(0);
};

const cards = () => [...list.querySelectorAll(".card")];

const focusCard = (target) => {
  target.focus({ preventScroll: true });
  target.scrollIntoView({ block: "start" });
};

// Turns the page and goes to its first or last card.
const turn = (step) => {
  const before = page;
  showPage(page + step);
  if (page !== before) focusCard(cards().at(step > 0 ? 0 : -1));
};

const step = (by) => {
  const all = cards();
  const at = all.indexOf(document.activeElement?.closest(".card"));
  if (at < 0) {
    if (all.length) focusCard(all[0]);
  } else if (all[at + by]) {
    focusCard(all[at + by]);
  } else {
    turn(by);
  }
};

const decoded = (fragment) => {
  try {
    return decodeURIComponent(fragment.slice(1));
  } catch { // not an address of this page
    return "";
  }
};

const showFolder = (path) => {
  field("filter-path").value = path;
  refilter();
  document.getElementById("list").scrollIntoView();
};

// `#/folder/` filters by path; any other fragment is the id of a class.
const follow = () => {
  const target = decoded(location.hash);
  if (target.startsWith("/")) {
    showFolder(target);
    return;
  }
  const found = classes.find(({ id }) => id === target);
  if (!found) return;
  if (!chosen.includes(found)) {
    form.reset();
    chosen = chosenClasses();
  }
  showPage(Math.floor(chosen.indexOf(found) / pageSize));
  const shown = list.querySelector(`[data-number="${found.number}"]`);
  focusCard(shown);
  shown.querySelector(".toggle").click();
};

const keys = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => field("filter-path").focus(),
};

const isTyping = (target) => target.closest("input, select, textarea") !== null;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "Enter" && event.target.classList.contains("card")) {
    event.target.querySelector(".toggle").click();
  } else if (Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  }
});

let waiting = 0;
form.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(refilter, 120); // while somebody types, the list waits
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(refilter));
for (const pager of pagers) {
  pager.addEventListener("click", ({ target }) => {
    if (target.dataset.step) turn(Number(target.dataset.step));
  });
}
// A folder can be chosen again after the filters were cleared, when the address does not change.
document.addEventListener("click", (event) => {
  const link = event.target.closest('a[href^="#/"]');
  if (!link) return;
  event.preventDefault();
  showFolder(decoded(link.getAttribute("href")));
});
addEventListener("hashchange", follow);

form.hidden = false;
document.getElementById("keys").hidden = false;
refilter();
follow();
