// Asks Python in this browser, in a thread of its own: the page stays quick while it renders.

const worker = new Worker("worker.js", { type: "module" });
const waiting = [];
worker.onmessage = ({ data }) => {
  const { resolve, reject } = waiting.shift();
  if (data.error) reject(new Error(data.error));
  else resolve(data.content);
};
worker.onerror = (event) => waiting.splice(0).forEach(({ reject }) => reject(new Error(event.message)));

export function ask(name, request) {
  return new Promise((resolve, reject) => {
    waiting.push({ resolve, reject });
    worker.postMessage({ name, body: JSON.stringify(request) });
  });
}
