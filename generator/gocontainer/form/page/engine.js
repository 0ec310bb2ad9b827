// Asks the command that serves this page. In the docs, where there is none, another module of this name asks Pyodide.

export async function ask(name, request) {
  const reply = await fetch(name, { method: "POST", body: JSON.stringify(request) });
  if (!reply.ok) throw new Error(await reply.text());
  return reply.arrayBuffer();
}
