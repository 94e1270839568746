// Runs before the first paint, so that a dark page never flashes white. Kept as a file: the page runs no inline script.
(function () {
  var wanted = "system";
  try {
    wanted = localStorage.getItem("lynex.theme") || "system";
  } catch (error) {
    // Storage is off: the system's choice it is.
  }
  var dark = wanted === "dark" || (wanted === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
