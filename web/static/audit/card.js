// One clone class as a card.

const FIRST_MEMBERS = 6;
const cardPattern = document.getElementById("card-pattern").content;
const comparisonPattern = document.getElementById("comparison-pattern").content;

const percent = (share) => `${Math.round(100 * share)} %`;

const varies = ({ names: pairs, renamed, literals, statements }) => {
  const parts = pairs.map(([first, other]) => `${first} → ${other}`);
  if (renamed > pairs.length) parts.push(`${count(renamed - pairs.length, "more name")}`);
  if (literals) parts.push(count(literals, "literal"));
  if (statements) parts.push(count(statements, "line of statements", "lines of statements"));
  return parts;
};

const facts = (found) => [
  ["Lines to save", [found.saved.toLocaleString("en")]],
  ["Similarity", [percent(found.similarity)]],
  ["Probability", [`${percent(found.probability)}, decided by ${found.decided}`]],
  ["Varies", varies(found.variation)],
  ["Suggestion", [found.target ? `${found.action}, in ${found.target === "." ? "the root folder" : found.target}` : found.action]],
];

const factList = (found, list) => {
  for (const [term, values] of facts(found)) {
    if (!values.length) continue;
    const group = element("div");
    group.append(element("dt", "", term));
    for (const value of values) group.append(element("dd", "", value));
    list.append(group);
  }
};

const memberItem = (row, index, compare) => {
  const { place, name, kind, language, role, isNew } = member(row);
  const item = element("li");
  item.append(element("code", "place", place), " ");
  if (name) item.append(element("span", "name", name), " ");
  item.append(element("span", "quiet", [kind, language, role].join(", ")), " ");
  if (isNew) item.append(element("span", "badge new", "new"), " ");
  if (index) {
    const button = element("button", "compare", "Compare");
    button.type = "button";
    button.setAttribute("aria-label", `Compare ${place} with the first member`);
    button.addEventListener("click", () => compare(index));
    item.append(button);
  } else {
    item.append(element("span", "quiet", "· first"));
  }
  return item;
};

const copy = async (text, button, source) => {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch { // no permission, or not a secure context: the reader copies the selection
    getSelection().selectAllChildren(source);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = label; }, 1500);
};

// The side-by-side view of a card, filled when it is first opened.
const comparisonView = (found, panel) => {
  panel.append(comparisonPattern.cloneNode(true));
  const select = panel.querySelector("select");
  found.members.forEach((row, index) => {
    if (index) select.append(new Option(member(row).place, String(index)));
  });
  const show = () => {
    const [table, sentence] = comparison(found, Number(select.value));
    const hint = panel.querySelector(".hint");
    hint.textContent = sentence;
    hint.hidden = !sentence;
    panel.querySelector(".sides").replaceChildren(...(table ? [table] : []));
  };
  select.addEventListener("change", show);
  show();
  return (index) => { select.value = String(index); show(); };
};

const card = (found) => {
  const made = cardPattern.cloneNode(true).firstElementChild;
  const part = (selector) => made.querySelector(selector);
  made.dataset.number = String(found.number);
  part(".type").textContent = found.type;
  part(".type").classList.add(found.type);
  part(".title").textContent = `${count(found.places, "member")}, ${count(found.lines, "line")}, ${found.role}`;
  part(".new").hidden = !found.new;
  part(".explanation").textContent = found.explanation;
  factList(found, part(".facts"));

  const permalink = part(".permalink");
  permalink.textContent = found.id;
  permalink.href = `#${encodeURIComponent(found.id)}`;
  permalink.setAttribute("aria-label", `Link to class ${found.id}`);
  part(".copy").addEventListener("click", (event) => copy(found.id, event.currentTarget, permalink));

  const panel = part(".comparison");
  const toggle = part(".toggle");
  let choose = null;
  const open = (shown) => {
    choose ??= comparisonView(found, panel);
    panel.hidden = !shown;
    toggle.setAttribute("aria-expanded", String(shown));
    toggle.textContent = shown ? "Hide source" : "Show source";
  };
  const compare = (index) => {
    open(true);
    choose(index);
    panel.scrollIntoView({ block: "nearest" });
  };
  toggle.addEventListener("click", () => open(panel.hidden));

  const list = part(".members");
  const listed = (rows, from) => rows.map((row, index) => memberItem(row, from + index, compare));
  list.append(...listed(found.members.slice(0, FIRST_MEMBERS), 0));
  const hidden = found.members.length - FIRST_MEMBERS;
  const cut = found.places - found.members.length;
  const cutNote = () => { if (cut) list.append(element("li", "quiet", `${count(cut, "more member")} not in this file`)); };
  const more = part(".more");
  if (hidden > 0) {
    more.hidden = false;
    more.textContent = `Show ${count(hidden, "more member")}`;
    more.addEventListener("click", () => {
      list.append(...listed(found.members.slice(FIRST_MEMBERS), FIRST_MEMBERS));
      cutNote();
      more.hidden = true;
    }, { once: true });
  } else {
    cutNote();
  }
  return made;
};
