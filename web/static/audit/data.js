// The islands: the classes at once, the source text when it is first asked for.

const island = (id) => JSON.parse(document.getElementById(id).textContent);

const { paths, names, words, classes } = island("audit-classes");
classes.forEach((found, number) => { found.number = number; });

let sources = null;
const sourceText = () => (sources ??= island("audit-sources"));

// A member as an object; its list is in the order that classes.py writes.
const member = ([path, start, end, name, kind, language, role, isNew]) => ({
  place: `${paths[path]}:${start}-${end}`,
  start,
  length: end - start + 1,
  name: names[name],
  kind: words[kind],
  language: words[language],
  role: words[role],
  isNew: isNew === 1,
});

const count = (number, noun, nouns = `${noun}s`) => `${number.toLocaleString("en")} ${number === 1 ? noun : nouns}`;

const element = (name, className = "", text = "") => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
};
