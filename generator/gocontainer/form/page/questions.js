// The questions, group by group. One that is as it was keeps its elements, and so the focus and what is typed.

import { make, one } from "./dom.js";

const drawn = new Map();

export function draw(page, wrong, answer, unfold) {
  const { activeElement } = document;
  const focused = { id: activeElement?.id, question: activeElement?.closest(".question")?.id };
  const groups = page.groups.map((group) => drawGroup(group, page, wrong, answer, unfold));
  const holder = one("groups");
  if (groups.some((group, place) => holder.children[place] !== group)) holder.replaceChildren(...groups);
  while (holder.children.length > groups.length) holder.lastChild.remove();
  drawIdle(page);
  if (focused.id && document.activeElement.id !== focused.id) {
    (one(focused.id) ?? one(focused.question)?.querySelector("input:checked, input"))?.focus();
  }
}

function drawGroup(group, page, wrong, answer, unfold) {
  const id = `group-${group.name}`;
  const details = one(id) ?? make("details", {
    id, open: group.questions.length > 0, ontoggle: () => unfold(group.name, details.open),
  }, make("summary"));
  details.firstChild.replaceChildren(group.title, " ", make("span", { class: "quiet" }, group.count));
  const questions = group.questions.map((question) => {
    const state = JSON.stringify([question, wrong?.name === question.name && wrong, page.language]);
    const known = drawn.get(question.name);
    if (known?.state === state) return known.element;
    const element = drawQuestion(question, wrong?.name === question.name ? wrong : null, page, answer);
    drawn.set(question.name, { state, element });
    return element;
  });
  const same = [...details.children].slice(1).every((child, place) => child === questions[place]);
  if (!same || details.children.length - 1 !== questions.length) details.replaceChildren(details.firstChild, ...questions);
  return details;
}

function drawQuestion(question, wrong, page, answer) {
  const id = `question-${question.name}`;
  const about = [
    make("p", {}, question.question),
    make("p", { class: "why", id: `${id}-why` }, question.why),
  ];
  const origin = make("span", { class: "origin" }, question.origin);
  const title = make("span", { class: "title" }, question.title);
  const ends = [
    question.remark && make("p", { class: "remark" }, question.remark),
    wrong && make("p", { class: "error", id: `${id}-error` }, wrong.text),
    question.back && make("button", {
      type: "button", class: "back", id: `${id}-back`, onclick: () => answer(question.name, question.default),
    }, question.back),
  ];
  if (question.kind === "text") {
    const label = make("label", { for: `${id}-0` }, title, origin);
    return make("div", { class: "question", id }, label, ...about, ...textOf(question, wrong, id, answer), ...ends);
  }
  return make("fieldset", { class: "question", id, "aria-describedby": `${id}-why` },
    make("legend", {}, title, origin), ...about, offersOf(question, page, id, answer), ...ends);
}

function textOf(question, wrong, id, answer) {
  const input = make("input", {
    type: "text", id: `${id}-0`, value: wrong ? wrong.value : question.value, autocomplete: "off", spellcheck: "false",
    inputmode: question.numeric && question.rule.length && typeof question.value === "number" ? "numeric" : null,
    "aria-invalid": wrong ? "true" : null, "aria-describedby": `${id}-why ${id}-rule${wrong ? ` ${id}-error` : ""}`,
    onchange: () => answer(question.name, input.value),
  });
  return [input, make("p", { class: "rule", id: `${id}-rule` }, question.rule)];
}

function offersOf(question, page, id, answer) {
  const many = question.kind === "many";
  const chosen = (offer) => (many ? question.value.includes(offer.value) : offer.value === question.value);
  const isDefault = (offer) => (many ? String(question.default).split(",").includes(offer.value) : offer.value === question.default);
  const offers = question.offers.map((offer, place) => make("label", { class: "offer" },
    make("input", {
      type: many ? "checkbox" : "radio", name: question.name, id: `${id}-${place}`,
      checked: chosen(offer), disabled: Boolean(offer.obstacle),
      onchange: () => answer(question.name, many ? ticked(question, id) : offer.value),
    }),
    make("span", { class: "value" }, offer.title, isDefault(offer) && make("span", { class: "default" }, ` · ${page.texts.default}`)),
    offer.label !== offer.title && make("span", { class: "label" }, offer.label),
    offer.obstacle && make("span", { class: "obstacle" }, offer.obstacle)));
  return make("div", { class: "offers" }, ...offers);
}

function ticked(question, id) {
  return question.offers.filter((_, place) => one(`${id}-${place}`).checked).map((offer) => offer.value);
}

function drawIdle(page) {
  const idle = one("idle");
  idle.hidden = page.idle.length === 0;
  idle.querySelector("dl").replaceChildren(...page.idle.flatMap((each) => [
    make("dt", {}, each.title), make("dd", {}, each.needs),
  ]));
}
