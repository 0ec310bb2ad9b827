"""What a rendered page says that the rendered files do not: a path, a name, a command, a number."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gocontainer.cli.click_commands import main
from gocontainer.inspection import explain, places
from gocontainer.rendering.failover import Failover
from gocontainer.repository.tree import Tree
from tests.helpers.support import answers

FOREIGN = frozenset([
    # Fields of Kubernetes that a page says are not set.
    "fsGroup", "preStop", "terminationGracePeriodSeconds", "spec.traffic",
    # Keys of Knative's operator, of KubeEdge's nodes, a label of OpenYurt's, and a header.
    "config-defaults", "config-features", "disabled", "knative-serving", "max-revision-timeout-seconds",
    "edgecore.yaml", "modules.edged.tailoredKubeletConfig.featureGates.DisableCSIVolumePlugin",
    "modules.metaManager.metaServer.enable", "modules.taskManager.enable", "openyurt.io/is-edge-worker=true",
    "If-None-Match: *",
    # What writes the keys of hosts.
    "ssh-keyscan",
    # OpenBao's command.
    "bao",
    # A matcher of PromQL.
    "route!~",
    # What a Gateway is told.
    "certificateRefs",
    # What Flux and Argo CD are told.
    "PruneLast=true", "argocd.argoproj.io/sync-options: Prune=false", "generatorOptions",
    "kustomize.toolkit.fluxcd.io/prune: disabled", "prune", "prune: true", "selfHeal", "syncOptions",
])  # fmt: skip
"""What pages name that lies outside of the repository, and so in none of its files."""
OTHER_COMMANDS = ("argocd app ", "flux ", "git revert", "rollout undo")
"""How commands begin that no tool of the repository's has."""
MADE = ("deploy/kubeedge", "deploy/openyurt", "deploy/native", "prepull/")
"""What a command of the repository's own writes."""
FACTS: Sequence[str] = (
    "period of 100 ms",  # the kernel's, in which a CPU limit is counted
    "at 100 % the kernel kills",
    "`/tmp` and the 5 logs of 10Mi that a kubelet keeps",
    "off by default since KubeEdge 1.21",
    "at 70 % of it",  # Knative's container-concurrency-target-percentage
    "Knative allows no more than 600 s",
    "no grace period of their own before Kubernetes 1.25",  # tests/test_kubernetes_versions.py
    r"\b(?:200|4\d\d|50[03])\b(?! ?(?:s|ms|%|bytes|[KMG]i)\b)",  # statuses of HTTP, which the Go tests hold
    "any other 4xx",
    r"\b5xx\b",
    r"\| of 30 days' share then used up \|",  # the rows below, and the rules: tests/test_monitoring.py
    r"\| critical \| 14\.4 \| 1 h \| 5 min \| 2 % \|",
    r"\| critical \| 6 \| 6 h \| 30 min \| 5 % \|",
    r"\| warning \| 1 \| 3 d \| 6 h \| 10 % \|",
    "that `model_fallback` is 0",
    "needs Istio, of whose version 1.31 these objects are",
    r"was so with Envoy 1\.40",  # tests/mesh
    "a certificate lasts 24 hours",  # istiod's default, DEFAULT_WORKLOAD_CERT_TTL
    "the default of 10 % leaves out one replica",  # Istio's, of maxEjectionPercent
    # Who may talk to whom: tests/networks and tests/test_network.py
    r"(?m:^\| (?:the service|anybody)[^|]* \| [^|]+ \| [\d, ]+ \|$)",
    r"(?m:^\| [^|]+ \| \S+-collector \| [\d, ]+ \|$)",
    r"(?m:^\| \S+-collector \| [^|]+ \| [\d, ]+ \|$)",
    r"apply them to Kubernetes 1\.\d\d or newer",  # an answer; tests/checks hold the manifests against it
    r"git\.example\.com:2222",  # an answer
    r"\b(?:CIS Kubernetes|CIS Docker|NSA) \d+\.\d+(?:\.\d+)?(?:, \d+\.\d+(?:\.\d+)?)*",  # tests/test_hardening.py
    "ends with 4 if a file drifted",
    "Exit code 3: some files have conflict markers",  # tests/test_agents.py
    "(?m:^\\d\\. )",  # a list
    r"its pods are ready after \d+ s \| at most, \d+ s of it for the slowest start",  # tests/test_scale_out.py
)
"""Numbers that nobody sets here: phrases in which they stand."""
SAID: Sequence[str] = (
    "The last {revisions} rollouts are kept",
    # docs/decisions.md and docs/knative.md: a pod
    "| user | {first(user, knative_user)} |",
    "| memory | {memory_limit}, request and limit |",
    "| Go's memory limit | {memory_percent} % of",
    "| CPU | {cpu} requested, {cpu_limit} at most |",
    "| CPU | {cpu} requested, no limit |",
    "| GOMAXPROCS | {max(2, ceil(2 * millicores / 1000))} |",
    "from `APP_CPU_REQUEST`, {knative_cpu} millicores",
    "twice the request, at least {2}",
    "| local storage | {storage_request} requested, {storage_limit} at most | {tmp_size} of `/tmp`",
    # memory
    "Go may use {go} bytes of it. {memory_base} MiB are",
    "a sixteenth of the rest is {rest // parts} bytes",
    (
        "| requests in flight | {rest // parts * 8 // (65536 + 8 * max_header)}, each with two connections "
        "and headers of {max_header // 1024} KiB | {part_requests} |"
    ),
    (
        "| bodies | {rest // parts * 4 // 8 // 1024} KiB, each byte of which becomes up to {per_byte}; a value of JSON "
        "counts as {per_value} more | {part_bodies} |"
    ),
    (
        "| calls of other services | {min(32, rest // parts // (per_call * 1024))} at once of each, with answers of "
        "{answer_kib} KiB | {part_calls} |"
    ),
    "| spans | {min(2048, rest // parts // 2048)} of {span // 1024} KiB | {part_spans} |",
    (
        "| config centre | {rest // parts // per_setting // 1024} KiB, each byte of which becomes up to "
        "{per_setting} | {part_settings} |"
    ),
    "| model | {rest // parts * 2 // 16 // 1024} KiB for a file that is read whole | {part_model} |",
    (
        "| topic | {min(16384, rest // parts // 64 // 1024)} KiB at once, each byte of which becomes up to {32}; "
        "{rest // parts // 2 // 1024} KiB of events without an outcome | {part_fetch} |"
    ),
    "when its caller takes nothing for {request_timeout} s",
    # probes
    (
        "| startup | {startup_period} s | {startup_timeout} s | {startup_failures} | "
        "{startup_period * startup_failures + startup_timeout} s | "
        "{startup_period * startup_failures} s for the slowest"
    ),
    (
        "| readiness | {readiness_period} s | {readiness_timeout} s | {readiness_failures} | "
        "{readiness_period * readiness_failures + readiness_timeout} s |"
    ),
    (
        "| liveness | {liveness_period} s | {liveness_timeout} s | {liveness_failures} | "
        "{liveness_period * liveness_failures + liveness_timeout} s |"
    ),
    (
        "| startup | the kubelet, port {knative_startup_port} | {startup_period} s | {startup_timeout} s | "
        "{startup_failures} | {startup_period * startup_failures} s for the slowest"
    ),
    "| readiness | Knative's proxy, port {knative_readiness_port} |",
    (
        "| liveness | the kubelet, by a command | {liveness_period} s | {liveness_timeout} s | {liveness_failures} | "
        "restarts a process that hangs, after {liveness_period * liveness_failures + liveness_timeout} s"
    ),
    "is then killed within {first(liveness_grace, grace_period)} s",
    (
        "restarted after {liveness_period * liveness_failures + liveness_timeout + "
        "first(liveness_grace, grace_period)} s at most"
    ),
    "says so itself once {request_timeout + answer} s have passed, the deadline of a request and {answer} s to answer",
    # a shutdown
    "once two looks, {secret_pause} s apart",
    "| the agent's token | {vault_token} s, for Vault alone |",
    "| preStop | {pre_stop_seconds} |",
    "| drain | {drain} |",
    "their own deadline is {request_timeout} s",
    "| flush | {flushing} |",
    "| margin | {grace_period - pre_stop_seconds - drain - flushing} | for what a busy node adds, and for the second",
    "| grace period | {grace_period} |",
    "| margin | {revision_timeout - drain - flushing} | for what a busy node adds |",
    "| a request's own deadline | {request_timeout} |",
    "| until the answer begins | {response_start} |",
    "| timeout of the revision | {revision_timeout} |",
    # a rollout
    "| replicas | {first(min_replicas, keda_min_replicas)} to {first(max_replicas, keda_max_replicas)} |",
    "| replicas | {first(replicas, site_replicas)} | fixed |",
    "| autoscaler | {first(hpa_target, hpa_pod_target)} % of the CPU request |",
    "| autoscaler | {lag} waiting message",
    "| autoscaler | {in_flight_target} requests in flight for each replica |",
    "or more of them make it worse: up to {first(max_replicas, keda_max_replicas, max_scale, replicas)}, each",
    (
        "| scaling down | {first(scale_down_percent, keda_scale_down_percent)} % each "
        "{first(scale_down_period, keda_scale_down_period)} s, after a lull of "
        "{first(scale_down_window, keda_scale_down_window)} s |"
    ),
    "| disruption budget | {max_disrupted} at a time |",
    "| surge | {first(site_surge, max_surge)} |",
    "| counts as ready after | {min_ready} s |",
    (
        "| timeout on the way | {first(route_timeout, ingress_timeout)} s | "
        "the service answers within {request_timeout + answer} s"
    ),
    "| body | {max_body} bytes, by the service | `max-body-bytes`; a larger one",
    "| called stuck after | {first(progress_deadline, knative_progress_deadline)} s |",
    "| requests at once | {concurrency} for each replica |",
    "| fewest | {min_scale} |",
    "| fewest at work | {activation_scale} |",
    "| most | {max_scale} |",
    "| rollout | {rollout} s |",
    # a config centre
    "| wait at start | {center_timeout} s |",
    (
        "| next try | after {center_first_try} s, then twice as long each time, at most {center_last_try} s; "
        "between a half and all of it | a centre"
    ),
    "| questions | {1000 // center_pause} a second at most |",
    # events
    "| events at once | {events_in_flight} |",
    "| an event's deadline | {request_timeout} s |",
    "A stop waits {drain} s",
    "| attempts | {max_attempts} |",
    "| retries | {retries}, after 2, 4, 8, 16 and {2 ** retries} s |",
    "| consumers | {consumers} |",
    "lets what is in flight end, for {request_timeout + answer} s at most",
    # sites
    "Done are {quorum} % of a wave's sites",
    "| the queue | {queue_bytes // 1048576} MiB at most |",
    "| one delivery | {upstream_attempt} s at most |",
    (
        "| next try | after {upstream_first_try} s, then twice as long each time, at most {upstream_last_try} s; "
        "between a half and all of it | sites"
    ),
    "takes it within {model_look} s",
    # the collector
    "which keeps those that failed, those that took {trace_slow} ms and a tenth of the others",
    "| replicas | {collector_replicas} | a trace is judged whole",
    (
        "| waits for a trace | {trace_wait} s | a request ends within {request_timeout + answer} s, and its spans "
        "leave the service at most {5} s later |"
    ),
    "| slow | {trace_slow} ms |",
    "| share of the others | {trace_share} % |",
    (
        "| traces at once | {traces} | {traces // trace_wait // 1000},{traces // trace_wait // 100 % 10 * 100} "
        "a second; beyond that"
    ),
    "| decisions kept | {trace_decisions} of each kind |",
    (
        "| memory | {collector_memory}, of which spans may have {trace_memory} MiB | "
        "above {trace_memory - trace_spike} MiB it refuses"
    ),
    "| batch | {trace_batch} spans, {trace_batch_most} at most, after {trace_batch_wait} s at the latest |",
    "| queue of a store | {trace_queue} batches |",
    "| CPU | {collector_cpu}, {collector_cpu_limit} core at most |",
    # failover
    (
        "makes {50} requests a second and has {ceil(fewest / 2)} of {fewest} replicas in its own zone, which all get "
        "the fault at once"
    ),
    "Shares are of the first {10} s",
    "| answers 503 | {noticed} ms | {over} ms | 0 | {all_lost} requests, {all_lost / 5} % | yes |",
    "| refuses connections | {noticed} ms | {over} ms | 0 | 0 | yes |",
    (
        "| the process is gone, its proxy is there | {noticed} ms | {over} ms | 0 | {all_lost} requests, "
        "{all_lost / 5} % | no: the proxy answers 503 for it |"
    ),
    (
        "| hangs | {1000 * mesh_try + noticed} ms | {1000 * mesh_try + over} ms | 0; {50 * mesh_try + all_lost} "
        "wait for a second try | all until readiness acts, "
        "{readiness_period * readiness_failures + readiness_timeout} s |"
    ),
    (
        "| is slow, beyond {mesh_try} s | {1000 * mesh_try + noticed} ms | {1000 * mesh_try + over} ms | 0; "
        "{50 * mesh_try + all_lost} wait for a second try | 0,"
    ),
    "| half of the replicas answer 503 | {noticed} ms | {over} ms | 0 | {half_lost} requests, {half_lost / 5} % |",
    (
        "| a node or the zone is gone | {1000 * mesh_try + noticed} ms | {1000 * mesh_try + over} ms | 0; "
        "{50 * mesh_try + all_lost} wait for a second try | those on connections that are open; a new one is tried "
        "elsewhere after {connect} ms |"
    ),
    "| istiod is gone | at once | at once | 0 | 0 |",
    "a configuration that was written from these objects as Istio {1.31} writes it",
    "and the others {1000} ms later at most",
    (
        "left out after {eject_after} failures in a row, so that all are after {eject_after} x E requests, or "
        "{eject_after} x E"
    ),
    "a try ends after {mesh_try} s, so that what hangs",
    "there are {mesh_attempts} more tries after the first, of which",
    "has waited for {mesh_try * mesh_attempts * 1000} ms at most",
    "| left out after | {eject_after} failures in a row |",
    "| left out for | {eject_time} s, and as long again",
    "| looked at again | each {eject_interval} s |",
    "| left out at most | {max_ejection} % |",
    "from below {min_health} % on all are asked again",
    "| a try | {mesh_try} s |",
    "| tries | {mesh_attempts} after the first |",
    "| a connection | {connect} ms |",
    "| a request | {mesh_timeout} s | the service answers within {request_timeout + answer} s, and its answer says",
    (
        "| retries at once | {retries_at_least}, or {retry_percent} % of the requests in flight | what a caller with "
        "{50} requests a second"
    ),
    (
        "| connections, requests | {mesh_connections} of one caller | {mesh_pending} in flight for each of "
        "{most_replicas} replicas"
    ),
    "| requests that wait for a connection | {mesh_pending} |",
    "| an idle connection | {mesh_idle} s | half of the service's {idle_timeout} s,",
    "one quote a second, at {queue_bytes // 86400 // 250 * 100} bytes",
    # alerts
    (
        "{alert_slo} % of all requests get an answer other than 5xx, and {alert_slo} % get one within {late} s: a "
        "share of {error_budget} each"
    ),
    "{alert_slo} % of all events get an answer other than 5xx: a share of {error_budget} may",
    "For {unscraped} minutes no pod has given",
    "get to port {admin} through",
    "It is told after {shed} minutes",
    (
        "On average one caller or more waits for a connection, or all that the pool may have are in use and callers "
        "wait, for {waiting} minutes"
    ),
    "For {stale // 60} minutes no answer has come from",
    "For {fallback} minutes a site has not taken the model",
    "For {lag_minutes} minutes more events have waited than {lag_replicas} replicas work on at once, {lag_each} each",
    "More than {restarts} restarts of one container within {restart_hours} h",
    "The kernel killed the container at its limit, {memory_limit}.",
    "For {near_limit_minutes} minutes more than {near_limit} of the limit was in use",
    "For {throttled} minutes the container stood still in more than a quarter",
    # README
    (
        "The service listens on {first(port, knative_port)}; probes and `/metrics` are on {admin}. Profiles are on "
        "127.0.0.1:{pprof} only"
    ),
    "Grafana is at http://127.0.0.1:{grafana_port}, and leads",
    "You need Go {go_version} or newer",
    "| a second port | {admin} is reached",
    "| anybody who scrapes | the service's metrics | {admin} |",
    "`curl 'localhost:{admin}/readyz?verbose'`",
    "APP_CENTER_ADDRESS=http://localhost:{center_server_port} make run",
)
"""Sentences with numbers: in braces what follows from the numbers that stand in other files."""
_RULES = "deploy/components/monitoring/prometheusrule.yaml"
IN_FILES: Mapping[str, tuple[str, str]] = {
    "admin": ("internal/config/", r'"admin-addr", ":(\d+)"'),
    "alert_slo": (_RULES, r"requests than ([\d.]+) % allows"),
    "error_budget": (_RULES, r"> 14\.4 \* ([\d.]+)"),
    "fallback": (_RULES, r"model_fallback[^=]*=[^=]*=[^=]*== 1\n +for: (\d+)m"),
    "lag_each": (_RULES, r"_lag.* > (\d+) \* "),
    "lag_minutes": (_RULES, r"_lag.*\n +for: (\d+)m"),
    "lag_replicas": (_RULES, r"_lag.* > \d+ \* (\d+)"),
    "late": (_RULES, r'le="([\d.]+)"'),
    "near_limit": (_RULES, r'resource="memory"\s*\} > ([\d.]+)'),
    "near_limit_minutes": (_RULES, r'resource="memory"\s*\} >.*\n +for: (\d+)m'),
    "restart_hours": (_RULES, r"restarts_total[^}]*\}\[(\d+)h\]\) > "),
    "restarts": (_RULES, r"restarts_total[^}]*\}\[1h\]\) > (\d+)"),
    "shed": (_RULES, r"shed_requests[^>]*> 0\n +for: (\d+)m"),
    "stale": (_RULES, r"staleness_seconds[^>]* > (\d+)"),
    "throttled": (_RULES, r"periods_total[^>]* > 0\.25\n +for: (\d+)m"),
    "unscraped": (_RULES, r"absent[^)]*\)\n +for: (\d+)m"),
    "waiting": (_RULES, r"wait_time_seconds_sum[^>]* > 1\n(?:.*\n)+? +for: (\d+)m"),
    "center_server_port": ("deploy/", r"(?i)center[-_]address[=:]\s*\S*?:(\d+)"),
    "center_first_try": ("internal/center/follow.go", r"firstTry = (time.Second)"),
    "center_pause": ("internal/center/follow.go", r"pause += (\d+) \* time.Millisecond"),
    "grafana_port": ("hack/observe/compose.yaml", r"127\.0\.0\.1:\$\{GRAFANA_PORT:-(\d+)\}"),
    "go_version": ("go.mod", r"(?m)^go (\d+\.\d+)"),
    "parts": ("internal/memory/memory.go", r" / (\d+) \* n"),
    "answer_kib": ("internal/deps/core.go", r"answerBytes += (\d+) \* 1024"),
    "part_calls": ("internal/memory/memory.go", r"func Calls.*part\((\d+)\)"),
    "per_call": ("internal/memory/memory.go", r"func Calls.*/\((\d+)\*1024"),
    "part_bodies": ("internal/memory/memory.go", r"func Bodies.*part\((\d+)\)"),
    "part_fetch": ("internal/memory/memory.go", r"func Fetch.*part\((\d+)\)"),
    "part_model": ("internal/memory/memory.go", r"func Model.*part\((\d+)\)"),
    "part_requests": ("internal/memory/memory.go", r"(?s)func Requests[^}]*part\((\d+)\)"),
    "part_settings": ("internal/memory/memory.go", r"func Settings.*part\((\d+)\)"),
    "part_spans": ("internal/memory/memory.go", r"func Spans.*part\((\d+)\)"),
    "per_value": ("internal/httpapi/body.go", r"valueBytes = (\d+)"),
    "per_byte": ("internal/memory/memory.go", r"func Bodies.*part\(4\) / (\d+)"),
    "per_setting": ("internal/memory/memory.go", r"func Settings.*part\(1\) / (\d+)"),
    "pprof": ("internal/config/", r'"pprof-addr", "127.0.0.1:(\d+)"'),
    "connect": ("deploy/components/mesh/", r"connectTimeout: (\d+)ms"),
    "revisions": ("deploy/base/deployment.yaml", r"revisionHistoryLimit: (\d+)"),
    "secret_pause": ("internal/secret/secret.go", r"pause += (\d+) \* time.Second"),
    "span": ("internal/memory/memory.go", r"func Spans.*part\(1\)/(\d+)"),
    "vault_token": ("deploy/components/vault/kustomization.yaml", r"expirationSeconds: (\d+)"),
    "trace_batch": ("deploy/components/collector/config.yaml", r" send_batch_size: (\d+)"),
    "trace_batch_most": ("deploy/components/collector/config.yaml", r" send_batch_max_size: (\d+)"),
    "trace_batch_wait": ("deploy/components/collector/config.yaml", r" timeout: (\d+)s"),
    "trace_decisions": ("deploy/components/collector/config.yaml", r"[^_]sampled_cache_size: (\d+)"),
    "trace_memory": ("deploy/components/collector/config.yaml", r" limit_mib: (\d+)"),
    "trace_queue": ("deploy/components/collector/config.yaml", r" queue_size: (\d+)"),
    "trace_share": ("deploy/components/collector/config.yaml", r" sampling_percentage: (\d+)"),
    "trace_slow": ("deploy/components/collector/config.yaml", r" threshold_ms: (\d+)"),
    "trace_spike": ("deploy/components/collector/config.yaml", r" spike_limit_mib: (\d+)"),
    "trace_wait": ("deploy/components/collector/config.yaml", r" decision_wait: (\d+)s"),
    "traces": ("deploy/components/collector/config.yaml", r" num_traces: (\d+)"),
    "upstream_first_try": ("internal/offline/forward.go", r"firstTry = (time.Second)"),
}
"""Numbers that numbers.toml does not have: a file or folder, and a pattern with one group."""
_HOLE = re.compile(r"\{([^}]*)\}")
_NUMBER = re.compile(r"(?<![\w.])\d[\w.]*(?<![.])%?")
_CODE = re.compile(r"`([^`]+)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def pattern(sentence: str) -> str:
    """Return how one of SAID is found in a page: each number is a group."""
    return r"(\d[\w.]*?%?)".join(re.escape(part) for part in _HOLE.split(sentence)[::2])


class Page(NamedTuple):
    """A page of a rendered repository: its prose, and the lines that are to be typed."""

    path: str
    prose: str
    typed: tuple[str, ...]


def pages(files: Tree) -> Iterator[Page]:
    """Yield each page."""
    for path, file in files.items():
        if path.endswith(".md"):
            lines = file.content.decode().splitlines()
            typed = tuple(line.strip() for line in lines if line.startswith("    "))
            yield Page(path, "\n".join(line for line in lines if not line.startswith("    ")), typed)


def wrong(files: Tree, service: str) -> Iterator[str]:
    """Yield what the pages of a rendered repository say that its files do not."""
    known = Known(files, service)
    for page in pages(files):
        for name in (*_CODE.findall(page.prose), *known.commands(page)):
            yield from (f"{page.path}: {said}" for said in known.missing(name))
        for link in _LINK.findall(page.prose):
            if not known.has_path(link):
                yield f"{page.path}: the link {link} leads nowhere"
        yield from (f"{page.path}: {said}" for said in known.numbers(page.prose))


class Known:
    """What the files of a repository name and set."""

    def __init__(self, files: Tree, service: str) -> None:
        self.files = files
        self.texts = {path: file.content.decode() for path, file in files.items()}
        self.rest = "\n".join(text for path, text in self.texts.items() if not path.endswith(".md"))
        self.targets = set(re.findall(r"(?m)^([a-z][a-z-]*):(?!=)", self.texts["Makefile"]))
        self.keys = set(re.findall(r'\b(?:fs|set|flag)\.\w+\((?:&[\w.]+, )?"([a-z0-9-]+)"', self.rest)) | {"help"}
        self.values = _values(self.texts, service)

    def has_path(self, path: str) -> bool:
        """Whether a file or folder is there, or is made by a command; a bare name may be anywhere."""
        path = path.rstrip("/")
        there = any(each == path or each.endswith(f"/{path}") or f"/{path}/" in f"/{each}" for each in self.files)
        return there or path.startswith(tuple(each.rstrip("/") for each in MADE))

    def commands(self, page: Page) -> Iterator[str]:
        """Yield the commands that a page has its readers type, one by one."""
        for line in page.typed:
            yield from (each for each in re.split(r" && | \| ", line) if each.startswith(("make", "go run", "kubectl")))

    def missing(self, name: str) -> Iterator[str]:
        """Yield what is named by ``name``, a word or a command, and is nowhere."""
        words = name.split()
        if words[-2:-1] == ["make"] or words[0] == "make":
            target = words[words.index("make") + 1 :]
            wanted = [each for each in target[:1] if each not in self.targets]
            yield from (f"there is no target {each}" for each in wanted)
        elif words[0] == "gocontainer":
            if not {*words[1:2]} <= {*main.commands}:
                yield f"there is no command {name}"
        elif words[0] in ("go", "kubectl", "curl"):
            yield from self._arguments(words)
        elif not self._is_named(name):
            yield f"nothing is called {name}"

    def _arguments(self, words: Sequence[str]) -> Iterator[str]:
        for before, word in itertools.pairwise(words):
            is_file = before in ("-f", "-k") or word.startswith("./cmd/")
            if is_file and not self.has_path(word.removeprefix("./")):
                yield f"there is no {word}"
            if words[0] == "go" and word.startswith("-") and word.lstrip("-").partition("=")[0] not in self.keys:
                yield f"there is no flag {word}"

    def _is_named(self, name: str) -> bool:
        if name in FOREIGN or name.startswith(("kubernetes.podspec-", *OTHER_COMMANDS)):
            return True
        if name.startswith(("http://", "https://")):
            return True
        if name.startswith("-") and not name.startswith("--"):
            return name.lstrip("-") in self.keys
        variable = name.partition("=")[0]
        if variable.startswith("APP_"):
            return variable == "APP_" or variable[4:].lower().replace("_", "-") in {*self.keys, "config"}
        if re.fullmatch(r"[A-Z_]+=.*", name):
            return variable in self.rest
        return self.has_path(name) or name.removesuffix("{handler}") in self.rest or name.partition("<")[0] in self.rest

    def numbers(self, prose: str) -> Iterator[str]:
        """Yield each number that is another one in the files, or of which nothing says where it is set."""
        covered = bytearray(len(prose))
        for phrase in FACTS:
            for found in re.finditer(phrase, prose):
                covered[found.start() : found.end()] = b"x" * len(found[0])
        for sentence in SAID:
            holes = _HOLE.findall(sentence)
            for found in re.finditer(pattern(sentence), prose):
                covered[found.start() : found.end()] = b"x" * len(found[0])
                yield from (
                    f"'{found[0]}': {said} is {value} in the files"
                    for said, value in zip(found.groups(), map(self._value, holes), strict=True)
                    if not _same(said, value)
                )
        for found in _NUMBER.finditer(_without_code(prose)):
            if not covered[found.start()]:
                before = prose[: found.start()].rpartition("\n")[2]
                yield f"nothing says where {found[0]} is set: {before}{found[0]} ..."

    def _value(self, expression: str) -> object:
        names = {name: self.values.get(name) for name in re.findall(r"[a-z]\w*", expression)}
        functions = {"max": max, "min": min, "ceil": math.ceil, "first": _first}
        try:
            return eval(expression, {"__builtins__": {}}, {**names, **functions})
        except TypeError:
            return None


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _same(said: str, value: object) -> bool:
    return said == str(value) or (said.isdecimal() and isinstance(value, int | float) and int(said) == value)


def _without_code(prose: str) -> str:
    """Return prose with spaces in the place of what is quoted: that is looked up by name."""
    return _CODE.sub(lambda found: " " * len(found[0]), prose)


def _values(texts: Mapping[str, str], service: str) -> dict[str, Any]:
    """Return the numbers that stand in the files, pages aside, by name."""
    values: dict[str, Any] = {}
    for name, row in explain.numbers().items():
        for place in explain.places(row):
            if place.file in texts and not place.file.endswith(".md"):
                value = places.find(texts[place.file], place, service)
                if value is not None:
                    values[name] = _plain(value)
    for name, (where, pattern) in IN_FILES.items():
        for path, text in texts.items():
            if path.startswith(where) and (found := re.search(pattern, text)):
                values[name] = 1 if found[1] == "time.Second" else _plain(found[1])
    return {**values, **_memory(values)}


def _plain(text: str) -> int | str:
    seconds = re.fullmatch(r"(?:-sleep=)?(\d+)s", text)
    return int(seconds[1] if seconds else text) if seconds or text.isdecimal() else text


def _memory(values: Mapping[str, Any]) -> dict[str, int]:
    """Return what follows from the limits of the container, as the service computes it at start."""
    cpu, limit = str(values["cpu"]), str(values["memory_limit"])
    size = int(limit[:-2]) * (1 << 20 if limit.endswith("Mi") else 1 << 30)
    kept = max(size // 100 * (100 - values["memory_percent"]), min(values["memory_reserve"] << 20, size // 4))
    base = values["memory_base"] << 20
    return {
        "millicores": int(cpu[:-1]) if cpu.endswith("m") else 1000 * int(cpu),
        "go": size - kept,
        "rest": max(size - kept - base, base // 4),
        "pre_stop_seconds": values.get("pre_stop") or values.get("own_pre_stop") or 0,
        "flushing": values.get("flush", 0),
        **_failing(values),
    }


def _failing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a fault costs one caller in a mesh."""
    if "eject_after" not in values:
        return {}
    fewest, most = (
        _first(*(values.get(name) for name in (f"{end}_replicas", f"keda_{end}_replicas", "replicas")))
        for end in ("min", "max")
    )
    cost = Failover.of({**answers(), "min_replicas": fewest})
    return {
        "fewest": fewest,
        "most_replicas": most,
        "noticed": cost.ejected_ms,
        "over": cost.over_ms,
        "all_lost": cost.lost,
        "half_lost": cost.half_lost,
    }
