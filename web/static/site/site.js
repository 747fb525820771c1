// What every page has: theme switch, keys, and a voice for what changes. Pages say what they want in attributes:
//   data-card        an entry of a list that j and k move between (tabindex="-1")
//   data-key="a"     pressed or followed by that key: the one in the picked card, else the one outside all cards
//   data-say="..."   in a swapped fragment: read out when it arrives
//   template[data-keys]   rows of the help dialog
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function switchTheme() {
  const shown = root.dataset.theme ?? (dark.matches ? "dark" : "light");
  root.dataset.theme = shown === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // Storage is forbidden: it lasts as long as the page.
  }
  say(`${root.dataset.theme} theme`);
}

function say(text) {
  const voice = document.querySelector("[data-voice]");
  voice.textContent = "";
  // A change within the same task is not read out.
  setTimeout(() => { voice.textContent = text; }, 50);
}

function warn(text) {
  const shown = document.querySelector("[data-failed]");
  shown.hidden = false;
  shown.querySelector("p").textContent = text;
}

function openHelp() {
  const help = document.querySelector("[data-help]");
  const rows = help.querySelector("dl");
  if (!help.dataset.filled) {
    help.dataset.filled = "yes";
    for (const more of document.querySelectorAll("template[data-keys]")) rows.append(more.content.cloneNode(true));
  }
  help.showModal();
}

let picked = null;

function pick(card) {
  picked?.classList.remove("picked");
  picked = card;
  card?.classList.add("picked");
}

function move(step) {
  const cards = [...document.querySelectorAll("[data-card]")].filter((card) => card.offsetParent !== null);
  if (!cards.length) return;
  const at = cards.indexOf(picked);
  const next = cards[at < 0 ? 0 : Math.min(Math.max(at + step, 0), cards.length - 1)];
  pick(next);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function act(key) {
  const of = `[data-key="${CSS.escape(key)}"]`;
  const inCard = picked?.isConnected ? picked.querySelector(of) : null;
  const target = inCard ?? [...document.querySelectorAll(of)].find((found) => !found.closest("[data-card]"));
  if (!target || target.disabled) return false;
  if (target.matches("input, textarea, select")) {
    target.closest("details:not([open])")?.setAttribute("open", "");
    target.focus();
  } else {
    target.click();
  }
  return true;
}

const KEYS = { "?": openHelp, j: () => move(1), k: () => move(-1) };

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, textarea, select, dialog, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (KEYS[event.key]) {
    KEYS[event.key]();
    event.preventDefault();
  } else if (event.key.length === 1 && act(event.key)) {
    event.preventDefault();
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("focusin", (event) => {
  const card = event.target.closest("[data-card]");
  if (card && card !== picked) pick(card);
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-theme-switch]")) switchTheme();
  if (event.target.closest("[data-help-open]")) openHelp();
  if (event.target.closest("[data-failed] button")) document.querySelector("[data-failed]").hidden = true;
});
document.addEventListener("codesearch:say", (event) => say(event.detail));
document.addEventListener("htmx:afterSwap", (event) => {
  const arrived = event.target;
  const told = arrived.matches("[data-say]") ? arrived : arrived.querySelector("[data-say]");
  if (told) say(told.dataset.say);
  // The button that was pressed may be gone: its card, or what is told, takes over, so that keys and readers stay
  // where they were.
  const next = picked?.isConnected ? picked : told;
  if (document.activeElement === document.body) next?.focus({ preventScroll: true });
});
document.addEventListener("htmx:responseError", (event) => {
  const page = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  warn(page.querySelector("[data-detail]")?.textContent.trim() || `the server answered ${event.detail.xhr.status}`);
});
document.addEventListener("htmx:sendError", () => warn("the server cannot be reached; is it still running?"));
