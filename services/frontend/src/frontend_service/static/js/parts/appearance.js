// The theme button without loading the page again. The server reads the same cookie.
const NEXT = { "": "dark", dark: "light", light: "" };
const A_YEAR = 365 * 24 * 3600;

document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-appearance]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  choose(button.value);
  button.value = NEXT[button.value];
});

function choose(theme) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  document.cookie = `theme=${theme}; Max-Age=${theme ? A_YEAR : 0}; Path=/; SameSite=Lax`;
  for (const button of document.querySelectorAll("[data-appearance] button")) {
    button.ariaLabel = button.title = `Theme: ${theme || "as the system"}`;
  }
}
