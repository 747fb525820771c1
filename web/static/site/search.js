// Dropped and chosen files become text in the field, Ctrl+Enter searches, the link is copied.
const LARGEST = 1 << 20; // characters that a text field still scrolls well with; a longer file is sent as it is

const form = document.querySelector("#search");
const field = form.querySelector("#code");
const language = form.querySelector("#language");
const file = form.querySelector("#file");
const dropZone = form.querySelector("[data-drop]");
const fileName = form.querySelector("[data-file-name]");
const button = form.querySelector("[data-search]");

const say = (text) => document.dispatchEvent(new CustomEvent("codesearch:say", { detail: text }));

function chooseLanguage(name) {
  const endings = name.toLowerCase().split(".").slice(1).map((_, at, all) => all.slice(at).join("."));
  const options = [...language.options];
  const known = endings.map((ending) => options.find((option) => option.dataset.endings?.split(" ").includes(ending)));
  language.value = known.find(Boolean)?.value ?? "";
}

async function take(chosen) {
  const text = chosen.size <= LARGEST ? await chosen.text() : "";
  // What is not UTF-8 text is left to the server, which knows more encodings.
  const readable = text !== "" && !/[\u0000\ufffd]/.test(text);
  if (readable) {
    field.value = text;
    file.value = "";
    chooseLanguage(chosen.name);
  }
  const chosenLanguage = language.value ? `, ${language.selectedOptions[0].text}` : "";
  fileName.textContent = readable ? `loaded ${chosen.name}${chosenLanguage}` : `${chosen.name} is sent as it is`;
}

file.addEventListener("change", () => { if (file.files.length) take(file.files[0]); });

field.placeholder += ", or drop a file";
let inside = 0; // dragenter and dragleave come for children too
dropZone.addEventListener("dragenter", () => { inside += 1; dropZone.classList.add("dropping"); });
dropZone.addEventListener("dragleave", () => { inside -= 1; if (!inside) dropZone.classList.remove("dropping"); });
dropZone.addEventListener("dragover", (event) => event.preventDefault());
dropZone.addEventListener("drop", (event) => {
  inside = 0;
  dropZone.classList.remove("dropping");
  if (!event.dataTransfer.files.length) return;
  event.preventDefault();
  file.files = event.dataTransfer.files;
  take(file.files[0]);
});

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit(button);
});
form.addEventListener("submit", () => { button.textContent = "Searching…"; button.setAttribute("aria-busy", "true"); });
addEventListener("pageshow", () => { button.textContent = "Search"; button.removeAttribute("aria-busy"); });

document.querySelector("[data-copy]")?.addEventListener("click", async (event) => {
  event.preventDefault();
  const link = event.currentTarget;
  try {
    await navigator.clipboard.writeText(link.href);
    link.textContent = "Copied";
    say("link copied");
  } catch {
    location.href = link.href; // no clipboard without HTTPS: the address bar has it then
  }
});
