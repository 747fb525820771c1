// The pair that follows a judged or skipped one takes the focus of its buttons, so that a screen reader begins to
// read it and Tab goes on from there.
let acted = false;

document.addEventListener("htmx:beforeRequest", (event) => {
  acted = event.target instanceof Element && event.target.closest("article#pair") !== null;
});

document.addEventListener("htmx:afterSwap", () => {
  if (acted) document.getElementById("pair")?.focus({ preventScroll: true });
  acted = false;
});
