// Runs before the first paint, so that a dark page never flashes light.
(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const chosen = root.dataset.theme || localStorage.getItem("console-theme") || "auto";
    root.classList.toggle("dark", chosen === "dark" || (chosen === "auto" && dark.matches));
  };
  dark.addEventListener("change", apply);
  window.addEventListener("console:theme", apply);
  apply();
})();
