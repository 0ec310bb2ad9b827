"""What Go code says of itself: programs, ports, paths, settings. By its text alone, so that no Go is needed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gocontainer.adopt.sources import Evidence, Found, Sources

_MODULE = re.compile(r'^module[ \t]+"?([^\s"]+)', re.MULTILINE)
_GO = re.compile(r"^go[ \t]+(\d+\.\d+)\S*", re.MULTILINE)
_REPLACE = re.compile(
    r"^(?:replace[ \t]+|[ \t]+)\S+(?:[ \t]+v\S+)?[ \t]+=>[ \t]+(\.{1,2}(?:/\S*)?|/\S+)[ \t]*(?://.*)?$", re.MULTILINE
)
_MAIN = re.compile(r"^package\s+main\b", re.MULTILINE)
_FUNC_MAIN = re.compile(r"^func\s+main\s*\(\s*\)", re.MULTILINE)
_IGNORED = re.compile(r"^//go:build\s+(?:ignore|tools?)\b", re.MULTILINE)
_CGO = re.compile(r'^(?:import[ \t]+|[ \t]+)"C"[ \t]*$', re.MULTILINE)
_EMBED = re.compile(r"^[ \t]*//go:embed[ \t]+(.+)$", re.MULTILINE)
_WORD = re.compile(r'"((?:\\.|[^"\\])*)"|`([^`]*)`|(\S+)')
_NEEDS_C = (
    "github.com/(?:mattn/go-sqlite3|confluentinc/confluent-kafka-go|rakyll/portmidi|godror/godror|sassoftware/sas)"
)
_MODULES_IN_C = re.compile(rf"^(?:require[ \t]+|[ \t]+)({_NEEDS_C}\S*)[ \t]+v", re.MULTILINE)
_LISTEN = re.compile(
    r"""(?x)(?:ListenAndServe(?:TLS)?\(|Addr:\s*|net\.Listen\(\s*"tcp[46]?",\s*|\.(?:Run|Start|Listen)\()\s*
    "[^":]*:(\d{2,5})" """
)
_DEFAULT = re.compile(
    r"""(?xi)"[^"\s]*(?:port|addr|address|listen|bind)[^"\s]*"\s*,\s*(?:\w*[a-z]\w*\s*,\s*)?
    (?:"[^":\s]*:?(\d{2,5})"|(\d{2,5}))\s*[,)]"""
)
_FALLBACK = re.compile(
    r"""(?i)\b\w*(?:port|addr|listen)\w*\s*:?=\s*"[^":\s]*:?(\d{2,5})"|`[^`]*default:"[^":]*:?(\d{2,5})"[^`]*`"""
)
_VARIABLE = re.compile(
    r"""(?:os\.(?:Getenv|LookupEnv)|\w*(?:[gG]et|[lL]ookup)?[eE]nv\w*)\(\s*"([A-Z][A-Z0-9_]+)"|`[^`]*\benv(?:config)?:"([A-Z][A-Z0-9_]+)"""
)
_FLAG = re.compile(
    r"""\b(?:flag|pflag|fs|flags)\.\w*(?:String|Int|Bool|Duration|Uint|Float)\w*\(\s*(?:&\w[\w.]*,\s*)?"([a-z][\w.-]*)\""""
)
_PATH = re.compile(
    r'\.(?:Handle|HandleFunc|Handler|HandlerFunc|GET|Get|HEAD|Head|Path|Any|All)\(\s*(?:http\.MethodGet,\s*|"GET",\s*)?"(?:(?:GET|HEAD)\s+)?(/(?:[\w-]+/)*(?:livez|liveness|live|alive|healthz|health|healthcheck|health-check|_health|status|ping|readyz|readiness|ready|up|-/healthy|-/ready|healthy))"'
)
_GROUPS = re.compile(r"\.(?:Group|Route|Mount|Subrouter)\(")
"""What puts something before the paths of a file: whoever reads them one by one does not know them."""
_READY = ("readyz", "readiness", "ready")
_BEST = ("livez", "liveness", "live", "alive", "healthz", "health", "-/healthy", "healthy", "healthcheck",
         "health-check", "_health", "ping", "up", "status")  # fmt: skip


class Program(NamedTuple):
    """A main package."""

    folder: str
    """As `go build` takes it: ./cmd/orders, or a dot."""
    where: Evidence

    @property
    def name(self) -> str:
        """The last part of its folder; nothing where that is the module's own."""
        return posixpath.basename(self.folder).strip(".")


def module(sources: Sources) -> Found | None:
    """Return the module's path and where it stands."""
    return next(sources.find(_MODULE, ["go.mod"]), None)


def version(sources: Sources) -> Found | None:
    """Return the Go version that go.mod asks for, as 1.26."""
    return next(sources.find(_GO, ["go.mod"]), None)


def outside(sources: Sources) -> Evidence | None:
    """Return the line of go.mod that takes a module from outside of the folder, if there is one."""
    found = sources.find(_REPLACE, ["go.mod"])
    return next((each.where for each in found if posixpath.normpath(each.match[1]).startswith(("..", "/"))), None)


def programs(sources: Sources) -> list[Program]:
    """Return every main package that has a function main, by its folder."""
    found: dict[str, Program] = {}
    for each in sources.find(_FUNC_MAIN, sources.go):
        text, folder = sources.text(each.where.path), posixpath.dirname(each.where.path)
        if _MAIN.search(text) and not _IGNORED.search(text):
            place = f"./{folder}" if folder else "."
            found.setdefault(place, Program(place, each.where))
    return list(found.values())


def uses_c(sources: Sources) -> Evidence | None:
    """Return where C code is linked: in the code itself, or in a module of go.mod that is known for it."""
    found = [*sources.find(_CGO, sources.go), *sources.find(_MODULES_IN_C, ["go.mod"])]
    return found[0].where if found else None


def embedded(sources: Sources) -> list[tuple[str, Evidence]]:
    """Return what the code embeds, by paths from the top as .dockerignore has them."""
    found = []
    for each in sources.find(_EMBED, sources.go):
        folder = posixpath.dirname(each.where.path)
        for word in _WORD.finditer(each.match[1]):
            pattern = (word[1] or word[2] or word[3] or "").removeprefix("all:")
            found.append((posixpath.normpath(posixpath.join(folder, pattern)), each.where))
    return found


def _near(sources: Sources, program: Program) -> list[str]:
    """Return the Go files, those of the program and of what it may import first, other programs left out."""
    own = program.folder.removeprefix("./").strip(".")
    others = [each.folder.removeprefix("./") for each in programs(sources) if each.folder not in (program.folder, ".")]
    left = [path for path in sources.go if posixpath.dirname(path) not in others]
    return sorted(left, key=lambda path: posixpath.dirname(path) != own)


def ports(sources: Sources, program: Program) -> Iterator[tuple[int, Evidence]]:
    """Yield the ports that the code names, the surest first: where it listens, then defaults of settings."""
    files = _near(sources, program)
    for pattern in (_LISTEN, _DEFAULT, _FALLBACK):
        for each in sources.find(pattern, files):
            number = next(filter(None, each.match.groups()))
            yield int(number), each.where


def variables(sources: Sources, program: Program) -> dict[str, Evidence]:
    """Return the variables that the code reads."""
    found = sources.find(_VARIABLE, _near(sources, program))
    return _first((each.match[1] or each.match[2], each.where) for each in found)


def flags(sources: Sources, program: Program) -> dict[str, Evidence]:
    """Return the flags that the code knows."""
    return _first((each.match[1], each.where) for each in sources.find(_FLAG, _near(sources, program)))


def _first(pairs: Iterator[tuple[str, Evidence]]) -> dict[str, Evidence]:
    found: dict[str, Evidence] = {}
    for name, where in pairs:
        found.setdefault(name, where)
    return found


def health(sources: Sources, program: Program) -> tuple[dict[str, Evidence], dict[str, Evidence]]:
    """Return the paths that say that the service lives, and that it is ready, the likeliest first.

    A path that is not the whole one would fail each probe, so what may have something before it is none.
    """
    files = [path for path in _near(sources, program) if not _GROUPS.search(sources.text(path))]
    paths = _first((each.match[1], each.where) for each in sources.find(_PATH, files))
    ready = {path: where for path, where in paths.items() if path.endswith(_READY)}
    live = {path: where for path, where in paths.items() if path not in ready}
    return dict(sorted(live.items(), key=lambda each: _rank(each[0]))), ready


def _rank(path: str) -> tuple[int, int]:
    name = next((number for number, ending in enumerate(_BEST) if path.endswith(f"/{ending}")), len(_BEST))
    return name, path.count("/")


def any_of(sources: Sources, words: Sequence[str], program: Program) -> Evidence | None:
    """Return where the code has one of some words, as they stand."""
    pattern = re.compile("|".join(map(re.escape, words)))
    found = next(sources.find(pattern, _near(sources, program)), None)
    return found.where if found else None
