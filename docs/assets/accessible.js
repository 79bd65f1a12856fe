// What the theme leaves out for those who use a keyboard or a screen reader.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
for (const block of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) {
  block.tabIndex = 0; // the arrow keys scroll it
}
