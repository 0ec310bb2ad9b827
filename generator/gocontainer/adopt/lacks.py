"""What the code of a service does not do that its manifests count on, each with the lines to add."""

from __future__ import annotations

import json
import posixpath
import re
from typing import NamedTuple

from gocontainer.adopt import go_code
from gocontainer.adopt.go_code import Program
from gocontainer.adopt.sources import Evidence, Sources, label
from gocontainer.adopt.surroundings import Surroundings
from gocontainer.answers.adopted import Adopted
from gocontainer.texts import mark, tr

_PROBE = """\
mux.HandleFunc("GET {path}", func(w http.ResponseWriter, _ *http.Request) {{
	w.WriteHeader(http.StatusNoContent)
}})"""
_DRAIN = """\
ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
defer stop()
go func() {{
	<-ctx.Done()
	drain, cancel := context.WithTimeout(context.Background(), {seconds}*time.Second)
	defer cancel()
	_ = server.Shutdown(drain)
}}()"""
_MEMORY = """\
env:
  - name: GOMEMLIMIT
    value: "{bytes}\""""
_METRICS = 'mux.Handle("GET /metrics", promhttp.Handler())'
_FOLDER = """\
volumeMounts:
  - name: data
    mountPath: /data
volumes:
  - name: data
    emptyDir: {}"""


class Lack(NamedTuple):
    """Something that is not there: what that costs, what to add, and where something of it was seen."""

    name: str
    reason: str
    lines: tuple[str, ...]
    """The lines to add; none where only a person knows them."""
    where: Evidence | None = None

    def document(self) -> dict[str, object]:
        """Return it as JSON has it."""
        place = self.where.document() if self.where else None
        return {"name": self.name, "reason": self.reason, "lines": list(self.lines), "evidence": place}


def _lines(text: str, **values: object) -> tuple[str, ...]:
    return tuple((text.format(**values) if values else text).split("\n"))


def of_code(sources: Sources, program: Program, known: Adopted, drain_seconds: int, go_bytes: str) -> list[Lack]:
    """Return what the code lacks."""
    found = []
    if not known.live:
        text = mark("no path was seen that says that the service lives: the probes only see whether its port is open")
        found.append(Lack("liveness", tr(text), _lines(_PROBE, path="/livez")))
    if not known.ready:
        text = mark("no path was seen that says that it can take requests: a pod gets them as soon as its port is open")
        found.append(Lack("readiness", tr(text), _lines(_PROBE, path="/readyz")))
    if not go_code.any_of(sources, ["SIGTERM", "os.Interrupt", "signal.Notify", "endless."], program):
        text = mark("nothing waits for SIGTERM: a rollout cuts the requests in flight")
        found.append(Lack("drain", tr(text), _lines(_DRAIN, seconds=drain_seconds)))
    elif not go_code.any_of(sources, [".Shutdown(", ".GracefulStop(", ".ShutdownWithContext("], program):
        text = mark("SIGTERM is heard, but no server is shut down: a rollout cuts the requests in flight")
        found.append(Lack("drain", tr(text), _lines(_DRAIN, seconds=drain_seconds)))
    if "deploy" not in known.parts and not go_code.any_of(sources, ["SetMemoryLimit", "automemlimit"], program):
        text = mark("nothing tells Go how much memory it has: it collects too late, and the kernel ends it")
        found.append(Lack("memory", tr(text), _lines(_MEMORY, bytes=go_bytes)))
    if not go_code.any_of(sources, ["promhttp.", "otelhttp.", "VictoriaMetrics/metrics", "/metrics"], program):
        text = mark("no metrics are served: no alert can tell that requests fail")
        found.append(Lack("metrics", tr(text), _lines(_METRICS)))
    return found


def of_image(sources: Sources, program: Program, around: Surroundings, service: str) -> list[Lack]:
    """Return what the image or the pods may have to be given besides the program."""
    found = []
    for each in around.copied:
        if _is_program(sources, each, service):
            continue
        text = mark("the Dockerfile that is there brings more than the program: {line}")
        copied = tr("name it in .dockerignore, and copy it in the Dockerfile's last stage")
        found.append(Lack("files", f"{tr(text, line=each)}; {copied}", (each.text,), each))
    if around.arguments:
        words, where = around.arguments
        reason = tr("the Dockerfile that is there starts it with arguments, and ours with none")
        found.append(Lack("arguments", reason, (f"args: {json.dumps(words, ensure_ascii=False)}",), where))
    for path, where in go_code.embedded(sources):
        if not _is_there(sources, path):
            reason = tr("{path} is embedded and not there: make it before the image is built", path=path)
            found.append(Lack("embedded", reason, (), where))
    writes = go_code.any_of(sources, ["os.Create(", "os.WriteFile(", "os.MkdirAll(", "os.OpenFile("], program)
    if writes:
        text = mark("files are written, and of the pod's disk only /tmp can be: mount another folder where it is one")
        found.append(Lack("disk", tr(text), _lines(_FOLDER), writes))
    return found


def _is_program(sources: Sources, copied: Evidence, service: str) -> bool:
    """Whether a line copies the program alone, which something else has compiled."""
    paths = [word for word in copied.text.split()[1:-1] if not word.startswith("--")]
    named = {posixpath.basename(path) for path in paths if not _is_there(sources, path)}
    return len(named) == len(paths) and all(name.startswith("$") or label(name) == service for name in named)


def _is_there(sources: Sources, pattern: str) -> bool:
    """Whether a path from the top of the folder, or one of those that a pattern means, is there."""
    named = re.sub(r"\*+", "*", pattern.lstrip("/"))  # Go takes two stars for one, and pathlib does not
    return (sources.folder / named).exists() or any(sources.folder.glob(named))
