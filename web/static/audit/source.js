// Two members beside each other, coloured and aligned as highlight.py and encoded_rows.py wrote it.

const signs = [
  ["·", "not compared", "plain"],
  ["=", "equal", "equal"],
  ["~", "renamed", "renamed"],
  ["!", "changed", "changed"],
  ["+", "only in the other", "added"],
  ["-", "only in the first", "removed"],
  [":", "named by the judge", "renamed"],
];

// The lines of a text, each a list of pieces: a colour and its text.
const colouredLines = ([text, runs]) => {
  const lines = [[]];
  let at = 0;
  for (const [, colour, length] of (runs || `p${text.length}`).matchAll(/([a-z])(\d+)/g)) {
    const parts = text.slice(at, at + Number(length)).split("\n");
    parts.forEach((part, index) => {
      if (index) lines.push([]);
      if (part) lines.at(-1).push([colour, part]);
    });
    at += Number(length);
  }
  return lines;
};

// Roles are named, because the phone's layout takes them from table elements.
const cell = (className) => {
  const made = element("td", className);
  made.setAttribute("role", "cell");
  return made;
};

const codeCell = (pieces, side) => {
  const made = cell(`code ${side}`);
  for (const [colour, text] of pieces ?? []) {
    made.append(colour === "p" ? text : element("span", `hl-${colour}`, text));
  }
  return made;
};

const numberCell = (start, offset, side) => {
  const made = cell(`number ${side}`);
  if (offset >= 0) made.textContent = String(start + offset);
  return made;
};

const comparisonRow = (kind, left, right) => {
  const [sign, meaning, className] = signs[kind];
  const row = element("tr", `${className}${left.pieces ? "" : " no-left"}${right.pieces ? "" : " no-right"}`);
  row.setAttribute("role", "row");
  const mark = cell("sign");
  const visible = element("span", "", sign);
  visible.setAttribute("aria-hidden", "true");
  mark.append(visible, element("span", "unseen", meaning));
  row.append(
    numberCell(left.start, left.offset, "left"), codeCell(left.pieces, "left"), mark,
    numberCell(right.start, right.offset, "right"), codeCell(right.pieces, "right"),
  );
  return row;
};

// A table of both texts; `rows` are runs of kind, left, right and length, -1 for a side that has nothing.
const comparisonTable = (first, other, rows) => {
  const table = element("table", "comparison-table");
  table.setAttribute("role", "table");
  table.setAttribute("aria-label", `${first.place} beside ${other.place}`);
  const body = table.createTBody();
  const side = ({ lines, start }, offset) => ({ pieces: lines?.[offset], start, offset });
  for (let run = 0; run < rows.length; run += 4) {
    const [kind, left, right, length] = rows.slice(run, run + 4);
    for (let step = 0; step < length; step += 1) {
      body.append(comparisonRow(
        kind, side(first, left < 0 ? -1 : left + step), side(other, right < 0 ? -1 : right + step),
      ));
    }
  }
  return table;
};

// What the page holds of a member of a class; lines is null without source text.
const excerpt = (found, index) => {
  const { texts, members } = sourceText();
  const text = members[found.number][2 * index];
  const { place, start, length } = member(found.members[index]);
  return { place, start, length, lines: text < 0 ? null : colouredLines(texts[text]) };
};

// Rows of members whose alignment is not at hand: uncompared, side by side.
const unalignedRows = (left, right) => {
  const shared = Math.min(left, right);
  return [0, 0, 0, shared, ...(left > shared ? [0, shared, -1, left - shared] : [0, -1, shared, right - shared])];
};

// A member compared with the first of its class: a table, null without any source, and a sentence about
// what is missing, empty when nothing is.
const comparison = (found, index) => {
  const { members, rows } = sourceText();
  const first = excerpt(found, 0);
  const other = excerpt(found, index);
  const aligned = members[found.number][2 * index + 1];
  if (aligned >= 0) {
    const hints = [];
    if (!rows[aligned].some((kind, at) => at % 4 === 0 && kind)) hints.push("The lines of these members could not be aligned.");
    const cut = Math.max(...[first, other].map(({ lines, length }) => length - lines.length));
    if (cut > 0) hints.push(`${count(cut, "line")} at the end of a member ${cut === 1 ? "is" : "are"} not in this file.`);
    return [comparisonTable(first, other, rows[aligned]), hints.join(" ")];
  }
  if (!first.lines && !other.lines) return [null, "The source of these members is not in this file."];
  const missing = first.lines && other.lines ? "The alignment of these members" : "The source of one of these members";
  const table = comparisonTable(first, other, unalignedRows(first.lines?.length ?? 0, other.lines?.length ?? 0));
  return [table, `${missing} is not in this file.`];
};
