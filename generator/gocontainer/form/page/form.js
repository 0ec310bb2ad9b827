// The page: what was said, what follows from it, and what a person does. All it knows of answers comes from ask().

import { ask } from "./engine.js";
import { make, one } from "./dom.js";
import { drawContent, drawTree } from "./files.js";
import * as link from "./link.js";
import * as questions from "./questions.js";

const FIRST = "Dockerfile";
const state = { said: {}, language: "", chosen: "", page: null, path: FIRST, wrong: null };
const unfolded = new Set(["basics"]);
let turn = Promise.resolve();

// One request after the other, each with what was said by then.
function next(action) {
  turn = turn.then(action).catch((error) => {
    tell(`${state.page?.texts.failed ?? ""} ${error.message}`, true);
  });
  return turn;
}

async function data(name, request) {
  return JSON.parse(new TextDecoder().decode(await ask(name, { language: state.language, said: state.said, ...request })));
}

function askPage(request = {}) {
  return data("page", { open: [...unfolded], ...request });
}

function open() {
  return next(async () => {
    const { said, language } = link.read();
    state.chosen = language in { en: 0, zh_CN: 0 } ? language : "";
    state.language = state.chosen || (navigator.language.startsWith("zh") ? "zh_CN" : "en");
    Object.assign(state, { said, wrong: null });
    await take(await askPage());
    document.documentElement.dataset.ready = "true";
  });
}

function answer(name, value) {
  return next(async () => {
    const page = await askPage({ name, value });
    state.wrong = page.error ? { name, value, text: page.error } : null;
    await take(page);
  });
}

function unfold(group, isOpen) {
  if (isOpen === unfolded.has(group)) return;
  unfolded[isOpen ? "add" : "delete"](group);
  if (isOpen) next(async () => draw(await askPage()));
}

async function take(page) {
  state.page = page;
  state.said = page.said;
  const hash = link.write(state.said, state.chosen);
  if (hash !== location.hash) history[document.documentElement.dataset.ready ? "pushState" : "replaceState"](null, "", hash);
  draw(page);
  tell(page.error ?? page.notes.join(" "), Boolean(page.error));
  await show(page.files.some((file) => file.path === state.path) ? state.path : FIRST);
}

async function show(path) {
  const { lines } = await data("file", { path });
  if (path !== state.path) one("content").scrollTop = 0;
  state.path = path;
  state.lines = lines;
  drawTree(state.page, path, (other) => next(() => show(other)));
  drawContent(path, lines, one("difference").checked);
}

function draw(page) {
  document.documentElement.lang = page.language.replace("_", "-");
  document.title = `${page.service} · gocontainer`;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = page.texts[element.dataset.text];
  drawLanguages(page);
  questions.draw(page, state.wrong, answer, unfold);
  one("estimate").textContent = page.estimate;
  const words = page.command.split(" ").map((word) => make("span", {}, word)); // a flag is not broken at its hyphens
  one("command").replaceChildren(...words.flatMap((word, place) => (place ? [" ", word] : [word])));
}

function drawLanguages(page) {
  const holder = one("languages");
  holder.setAttribute("aria-label", page.texts.language);
  const buttons = Object.entries(page.texts.languages).map(([name, title]) => make("button", {
    type: "button", id: `language-${name}`, lang: name.replace("_", "-"),
    "aria-pressed": String(name === page.language), onclick: () => speak(name),
  }, title));
  const focused = document.activeElement.id;
  holder.replaceChildren(...buttons);
  if (focused.startsWith("language-")) one(focused).focus();
}

function speak(language) {
  return next(async () => {
    state.language = state.chosen = language;
    state.wrong = null;
    await take(await askPage());
  });
}

function tell(text, wrong = false) {
  const status = one("status");
  status.textContent = text;
  status.classList.toggle("wrong", wrong);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell(state.page.texts.copied);
  } catch {
    tell(state.page.texts.not_copied, true);
  }
}

function download() {
  return next(async () => {
    const content = await ask("archive", { language: state.language, said: state.said });
    const address = URL.createObjectURL(new Blob([content], { type: "application/zip" }));
    make("a", { href: address, download: `${state.page.service}.zip` }).click();
    setTimeout(() => URL.revokeObjectURL(address)); // once the browser has it
  });
}

one("download").addEventListener("click", download);
one("link").addEventListener("click", () => copy(location.href));
one("copy").addEventListener("click", () => copy(state.page.command));
one("skip").addEventListener("click", () => one("files-title").focus());
one("difference").addEventListener("change", (event) => drawContent(state.path, state.lines, event.target.checked));
addEventListener("popstate", open);
open();
