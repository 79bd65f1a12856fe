// Shows the rows of the compatibility page whose name and state were asked for.
const rows = [...document.querySelectorAll("#compatibility tbody tr")];
const name = document.querySelector("#compatibility-name");
const state = document.querySelector("#compatibility-state");
const count = document.querySelector("#compatibility-count");

function show() {
  const wanted = name.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    const [title, kind] = row.cells;
    const fits =
      title.textContent.toLowerCase().includes(wanted) &&
      (!state.value || kind.textContent === state.value);
    row.hidden = !fits;
    shown += fits;
  }
  count.textContent = `${shown} of ${rows.length} names`;
}

name.addEventListener("input", show);
state.addEventListener("change", show);
show();
