// The answers in the fragment of the address: #service=orders&cgo=true, with the language where somebody chose it.

const LANGUAGE = "lang";

export function read() {
  const said = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const language = said[LANGUAGE];
  delete said[LANGUAGE];
  return { said, language };
}

export function write(said, language) {
  const entries = Object.entries(said).map(([name, value]) => [name, String(value)]);
  if (language) entries.push([LANGUAGE, language]);
  return `#${new URLSearchParams(entries)}`;
}
