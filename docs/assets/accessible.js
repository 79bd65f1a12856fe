// What the theme leaves out for those who use a keyboard or a screen reader.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");

// What scrolls sideways can be reached by Tab, so that the arrow keys move it. The theme
// puts its frames around tables later than this runs, and takes `tabindex` away where a
// finger may point.
const SCROLLS = "pre > code, .md-typeset__scrollwrap";

function reach(block) {
  const wide = block.scrollWidth > block.clientWidth;
  if (wide === block.hasAttribute("tabindex")) return;
  if (wide) block.tabIndex = 0;
  else block.removeAttribute("tabindex");
}

const sizes = new ResizeObserver((changes) => changes.forEach(({ target }) => reach(target)));
for (const block of document.querySelectorAll(SCROLLS)) sizes.observe(block);
new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "attributes" && target.matches(SCROLLS)) reach(target);
    for (const node of addedNodes) {
      if (node.nodeType !== Node.ELEMENT_NODE) continue;
      if (node.matches(SCROLLS)) sizes.observe(node);
      if (node.matches(".md-code__nav")) node.setAttribute("role", "presentation");
      for (const block of node.querySelectorAll(SCROLLS)) sizes.observe(block);
    }
  }
}).observe(document.querySelector("article"), {
  attributeFilter: ["tabindex"], childList: true, subtree: true,
});
