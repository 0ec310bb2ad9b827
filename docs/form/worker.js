// Runs gocontainer itself, by Pyodide, from the files beside this one.

import { loadPyodide } from "./pyodide/pyodide.mjs";

async function start() {
  const archive = fetch("gocontainer.zip").then((reply) => reply.arrayBuffer());
  const pyodide = await loadPyodide();
  pyodide.unpackArchive(await archive, "zip", { extractDir: "/gocontainer" });
  pyodide.runPython("import sys; sys.path.insert(0, '/gocontainer')");
  return pyodide.pyimport("gocontainer.form.answering").respond;
}

const started = start();

async function answer({ name, body }) {
  const respond = await started;
  const bytes = respond(name, body);
  const content = bytes.toJs().slice().buffer;
  bytes.destroy();
  return content;
}

let turn = Promise.resolve();
onmessage = ({ data }) => {
  turn = turn
    .then(() => answer(data))
    .then((content) => postMessage({ content }, [content]))
    .catch((error) => postMessage({ error: error.message }));
};
