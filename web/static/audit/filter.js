// Which classes are listed, and in which order.

const form = document.getElementById("filters");
const field = (name) => document.getElementById(name);

// Numbers of the paths that a text selects, null for all: a part of the path in any case, or, with a slash
// in front, its beginning.
const chosenPaths = (text) => {
  const wanted = text.trim().toLowerCase();
  if (!wanted || wanted === "/") return null;
  const matches = wanted.startsWith("/")
    ? (path) => path.startsWith(wanted.slice(1))
    : (path) => path.includes(wanted);
  const chosen = new Set();
  paths.forEach((path, number) => { if (matches(path.toLowerCase())) chosen.add(number); });
  return chosen;
};

const orders = {
  worth: (a, b) => a.number - b.number,
  saved: (a, b) => b.saved - a.saved,
  places: (a, b) => b.places - a.places,
  similarity: (a, b) => b.similarity - a.similarity,
  lines: (a, b) => b.lines - a.lines,
};

const chosenClasses = () => {
  const type = field("filter-type").value;
  const role = field("filter-role").value;
  const language = words.indexOf(field("filter-language").value);
  const lines = Number(field("filter-lines").value) || 0;
  const newOnly = field("filter-new").checked;
  const chosen = chosenPaths(field("filter-path").value);
  const order = orders[field("sort").value];
  return classes
    .filter((found) =>
      (!type || found.type === type) &&
      (!role || found.role === role) &&
      (!newOnly || found.new) &&
      found.lines >= lines &&
      (language < 0 || found.members.some((row) => row[5] === language)) &&
      (chosen === null || found.members.some((row) => chosen.has(row[0]))))
    .sort((a, b) => order(a, b) || a.number - b.number);
};
