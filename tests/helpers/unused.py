"""What the code of a rendered repository has and nothing uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from gocontainer.repository.tree import Tree

_KEY = re.compile(r'\b(?:fs|set)\.\w+\((?:&\w+\.([\w.]+), )?"([a-z0-9-]+)"')
"""A flag of the service, with the field that it sets."""
_SETTINGS = re.compile(r"internal/(?:config|center)/\w+\.go")
_EXPORTED = re.compile(
    r"(?m)^func (?:\([^)]*\) )?([A-Z]\w*)|^(?:type|const|var) ([A-Z]\w*)|^\t([A-Z]\w*)(?:, [A-Z]\w*)* +[\w.*\[\]]+ *$"
)
BY_INTERFACE = frozenset(["Collect", "Describe", "Format", "MarshalText", "Unwrap", "UploadTraces"])
"""Methods that others call: fmt, encoding/json, ResponseController of net/http, the exporters of both libraries."""
BY_SITES = frozenset(["model-version"])
"""Flags that `gocontainer sites` sets."""
FOR_OWNERS = frozenset(["Env", "HTTP", "Hot", "Now", "Secret"])
"""What is there for the code and the tests that an owner writes."""


def unused(files: Tree) -> Iterator[str]:
    """Yield the flags that no manifest, page or test says, the fields that nothing reads, and exported names.

    What is not exported is staticcheck's matter, in `make lint`.
    """
    texts = {path: file.content.decode() for path, file in files.items() if path not in ("go.sum", ".gocontainer.lock")}
    code = {path: _without_comments(text) for path, text in texts.items() if _is_code(path)}
    for path in filter(_SETTINGS.fullmatch, code):
        others = "\n".join(text for other, text in texts.items() if other not in code or not _SETTINGS.fullmatch(other))
        for field, key in _KEY.findall(code[path]):
            if key not in BY_SITES and not _said(key, others):
                yield f"no manifest, page or test says -{key}"
            if field and not _read(field.rpartition(".")[2], code):
                yield f"nothing reads {field} of -{key}"
    named = Counter(word for text in code.values() for word in re.findall(r"\w+", text))
    for path, text in code.items():
        for name in (next(filter(None, found)) for found in _EXPORTED.findall(text)):
            if named[name] == 1 and name not in BY_INTERFACE | FOR_OWNERS:
                yield f"nothing uses {name} of {path}"


def _is_code(path: str) -> bool:
    return path.endswith(".go") and not path.endswith("_test.go")


def _without_comments(text: str) -> str:
    return re.sub(r"(?m)(^|\s)//.*$", "", text)


def _said(key: str, texts: str) -> bool:
    """Whether a key is named in full, or by how all of its kind begin, as in `center-`."""
    variable = f"APP_{key.replace('-', '_').upper()}"
    family = key.partition("-")[0] + "-`"
    return bool(re.search(rf"(?<![\w-])-?-?{key}(?![\w-])|\b{variable}\b|`{family}", texts))


def _read(field: str, code: dict[str, str]) -> bool:
    return any(re.search(rf"\.{field}\b", re.sub(rf"&\w+\.{field}\b", "", text)) for text in code.values())
