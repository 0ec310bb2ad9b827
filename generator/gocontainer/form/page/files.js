// The tree of files, and the one that is shown.

import { make, one } from "./dom.js";

const SIGNS = { "+": "+", "-": "−", "~": "~" };

export function drawTree(page, path, show) {
  const tree = one("tree");
  const focused = tree.contains(document.activeElement) && document.activeElement.dataset.path;
  const lists = [make("ul")];
  for (const file of page.files) {
    lists.length = file.depth + 1;
    const item = make("li", {}, ...(file.path.endsWith("/") ? folder(file) : leaf(file, page, path, show)));
    lists[file.depth].append(item);
    if (file.path.endsWith("/")) {
      lists.push(make("ul"));
      item.append(lists.at(-1));
    }
  }
  const { scrollTop } = tree;
  tree.replaceChildren(lists[0]);
  tree.scrollTop = scrollTop;
  if (focused) tree.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  one("count").textContent = page.files.filter((file) => !file.path.endsWith("/") && file.mark !== "-").length;
}

function folder(file) {
  return [make("span", { class: "mark" }), make("span", { class: "folder" }, file.name), ...reason(file)];
}

function leaf(file, page, path, show) {
  const words = file.mark && make("span", { class: "hidden" }, ` ${page.texts.marks[file.mark]}`);
  return [
    make("span", { class: "mark", "aria-hidden": "true" }, SIGNS[file.mark] ?? ""),
    make("button", {
      type: "button", "data-path": file.path, "aria-current": file.path === path ? "true" : null,
      class: file.mark === "-" ? "left" : null, onclick: () => show(file.path),
    }, file.name, words || ""),
    ...reason(file),
  ];
}

function reason(file) {
  return file.reason ? [" ", make("span", { class: "reason" }, file.reason)] : [];
}

export function drawContent(path, lines, differs) {
  const tags = { "+": "ins", "-": "del", " ": "span" };
  const shown = differs ? lines : lines.filter(([mark]) => mark !== "-").map(([, line]) => [" ", line]);
  one("path").textContent = path;
  one("content").replaceChildren(make("code", {}, ...shown.map(([mark, line]) => make(tags[mark], {}, line))));
}
