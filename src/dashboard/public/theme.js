// Sets the theme before the first paint: a classic script, because a module would come too late.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be closed to the page; then the system's theme it is.
}
