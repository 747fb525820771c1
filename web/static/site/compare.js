// The compare page: panes that scroll together, bands that follow them, files that are dropped on a text field.

const curve = (top, bottom, otherTop, otherBottom, width) => {
  const middle = width / 2;
  return `M0 ${top}C${middle} ${top} ${middle} ${otherTop} ${width} ${otherTop}`
    + `V${otherBottom}C${middle} ${otherBottom} ${middle} ${bottom} 0 ${bottom}Z`;
};

const range = (text) => text.split(" ").map(Number);

// Lines of one side that go with lines of the other: both rise, and both begin at 0.
const knots = (bands, counts) => {
  const found = [[0, 0]];
  for (const { left, right } of bands) {
    for (const edge of [0, 1]) {
      const [before, otherBefore] = found.at(-1);
      if (left[edge] >= before && right[edge] >= otherBefore) found.push([left[edge], right[edge]]);
    }
  }
  found.push(counts);
  return found;
};

// Where a line of side `from` stands on the other side, in fractions of lines.
const across = (found, line, from) => {
  const to = 1 - from;
  const next = found.findIndex((knot) => knot[from] > line);
  if (next <= 0) return found.at(-1)[to];
  const [start, end] = [found[next - 1], found[next]];
  const share = (line - start[from]) / (end[from] - start[from]);
  return start[to] + share * (end[to] - start[to]);
};

class Panes {
  constructor(root) {
    this.panes = ["left", "right"].map((side) => root.querySelector(`[data-pane="${side}"]`));
    this.svg = root.querySelector("[data-bands]");
    this.paths = [...this.svg.querySelectorAll("path")];
    this.bands = this.paths.map(({ dataset }) => ({ left: range(dataset.left), right: range(dataset.right) }));
    this.knots = knots(this.bands, this.panes.map((pane) => pane.querySelectorAll("tr").length));
    this.led = null;
    this.waiting = false;
    this.panes.forEach((pane, side) => pane.addEventListener("scroll", () => this.onScroll(side), { passive: true }));
    new ResizeObserver(() => this.plan()).observe(root);
    this.plan();
  }

  onScroll(side) {
    // A pane that was moved by the other must not move it back.
    if (this.led === side) this.led = null;
    else this.lead(side);
    this.plan();
  }

  lead(side) {
    const [pane, other] = [this.panes[side], this.panes[1 - side]];
    const room = pane.scrollHeight - pane.clientHeight;
    // The point that is kept level moves from the top of the pane to its end, so that both reach their ends.
    const share = room > 0 ? pane.scrollTop / room : 0;
    const line = (pane.scrollTop + share * pane.clientHeight) / this.lineHeight;
    const top = across(this.knots, line, side) * this.lineHeight - share * other.clientHeight;
    const before = [other.scrollTop, other.scrollLeft];
    other.scrollTop = top;
    other.scrollLeft = pane.scrollLeft;
    if (other.scrollTop !== before[0] || other.scrollLeft !== before[1]) this.led = 1 - side;
  }

  get lineHeight() {
    return this.panes[0].querySelector("tr")?.getBoundingClientRect().height || 20;
  }

  plan() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  draw() {
    const height = Math.max(...this.panes.map((pane) => pane.clientHeight));
    if (!height) return; // the panes are not shown
    const [line, width] = [this.lineHeight, this.svg.clientWidth];
    this.svg.setAttribute("height", height);
    this.bands.forEach(({ left, right }, at) => {
      const [top, bottom] = left.map((edge) => edge * line - this.panes[0].scrollTop);
      const [otherTop, otherBottom] = right.map((edge) => edge * line - this.panes[1].scrollTop);
      this.paths[at].setAttribute("d", curve(top, bottom, otherTop, otherBottom, width));
    });
  }
}

document.querySelectorAll("[data-panes]").forEach((root) => new Panes(root));

const form = document.getElementById("sides");

form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

// The server reads the file: it knows encodings, and what is no text.
for (const field of form.querySelectorAll("[data-drop]")) {
  const file = form.querySelector(`#${field.id.replace("code", "file")}`);
  field.placeholder += ", or drop a file";
  const asked = field.placeholder;
  field.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    field.classList.add("dropping");
  });
  field.addEventListener("dragleave", () => field.classList.remove("dropping"));
  field.addEventListener("drop", (event) => {
    field.classList.remove("dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    file.files = event.dataTransfer.files;
    file.dispatchEvent(new Event("change", { bubbles: true }));
  });
  file.addEventListener("change", () => {
    field.value = "";
    field.placeholder = file.files.length ? `${file.files[0].name} is read when you compare` : asked;
  });
}
