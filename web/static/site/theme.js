// Runs before the first paint: the theme that was chosen here before, and that scripts run at all.
(() => {
  const root = document.documentElement;
  root.dataset.scripted = "";
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // Storage is forbidden: the system's theme it is.
  }
})();
