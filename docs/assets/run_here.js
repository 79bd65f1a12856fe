// "Run here": a cell of Python in the page. Nothing is loaded before the reader asks.
//
// Pyodide (an interpreter in WebAssembly) and NumPy come from a public server; this package
// and the tutorial's come from this site. Without a network the page says so, and what the
// examples print stands there already.
const SERVER = "https://cdn.jsdelivr.net/pyodide/v314.0.7/full/";
const here = document.currentScript.src;
let interpreter = null;

async function start(say, server) {
  say("Loading Python …");
  const { loadPyodide } = await import(`${server}pyodide.mjs`);
  const python = await loadPyodide({ indexURL: server });
  say("Loading this project …");
  for (const archive of ["minitorch_ff.whl", "ember.zip"]) {
    const answer = await fetch(new URL(archive, here));
    if (!answer.ok) throw new Error(`${archive}: ${answer.status}`);
    python.unpackArchive(await answer.arrayBuffer(), "zip");
  }
  say("Loading NumPy …");
  await python.loadPackage("numpy");
  say("");
  return python;
}

async function run(code, output, button, server) {
  const say = (text) => { output.textContent = text; };
  button.disabled = true;
  try {
    interpreter ??= start(say, server);
    const python = await interpreter;
    say("");
    python.setStdout({ batched: (line) => { output.textContent += `${line}\n`; } });
    await python.runPythonAsync(code);
  } catch (error) {
    const offline = !navigator.onLine || /fetch|import/i.test(error.message);
    if (offline) interpreter = null; // the next click tries again
    say(offline
      ? `Python could not be loaded (${error.message}). The examples above show what they print.`
      : error.message);
  } finally {
    button.disabled = false;
  }
}

for (const place of document.querySelectorAll(".run-here")) {
  const code = document.createElement("textarea");
  code.value = place.textContent.trim();
  code.rows = code.value.split("\n").length + 1;
  code.spellcheck = false;
  code.setAttribute("aria-label", "Python to run");
  const button = document.createElement("button");
  button.textContent = "Run here";
  button.className = "md-button md-button--primary";
  const output = document.createElement("pre");
  output.setAttribute("role", "status");
  button.addEventListener("click", () =>
    run(code.value, output, button, place.dataset.server ?? SERVER));
  place.replaceChildren(code, button, output);
}
