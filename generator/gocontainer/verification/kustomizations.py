"""What Kustomize would find: names that nothing has any more, and objects that stand twice.

Every kustomization is followed to the objects that it makes, without its patches' contents. What lies elsewhere
(a remote base, a chart, a plugin) is not followed, and what may be about it is taken to be right.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gocontainer.repository.worktree import folders
from gocontainer.verification import objects as kinds
from gocontainer.verification.findings import Files, Finding, line_of
from gocontainer.verification.objects import Object, mappings, parsed, selects, texts

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_PATHS = ("configurations", "crds", "generators", "transformers", "validators")
_FOREIGN = ("generators", "helmCharts", "helmChartInflationGenerator", "transformers")
"""What makes or changes objects in ways that nobody can follow here."""
_REMOTE = re.compile(r"://|^git@|\?|^[\w-]+(\.[\w-]+)+[/:]")


class Built(NamedTuple):
    """What a kustomization makes; ``is_whole`` says whether all of it is known."""

    objects: list[Object]
    is_whole: bool = True


def check(files: Files, prefix: str) -> list[Finding]:
    """Return what is wrong with the kustomizations below a folder, and with those that may reach into it."""
    kustomizations = _Kustomizations(files)
    for path in sorted(path for path in files if path.rpartition("/")[2] in NAMES):
        inside = path.startswith(prefix)
        if inside or posixpath.basename(prefix.rstrip("/")).encode() in files[path]:
            document = kustomizations.document(path)
            if document.get("kind", "Kustomization") == "Kustomization":
                kustomizations.follow(posixpath.dirname(path))
    return sorted({*kustomizations.found})


class _Kustomizations:
    """The kustomizations of a repository, and what is wrong with those that were built."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self._folders = {folder for path in files for folder in folders(path)}
        self.found: list[Finding] = []
        self._documents: dict[str, list[Any]] = {}

    def documents(self, path: str) -> list[Any]:
        """Return what a file of YAML holds; nothing where it cannot be parsed, which others say."""
        if path not in self._documents:
            self._documents[path] = parsed(self.files[path])
        return self._documents[path]

    def document(self, path: str) -> dict[str, Any]:
        """Return the one document of a kustomization."""
        return next((each for each in self.documents(path) if isinstance(each, dict)), {})

    def follow(self, folder: str) -> None:
        """Follow a kustomization of its own; what its autoscalers scale has to be in it."""
        built = self.build(folder)
        for each in built.objects if built.is_whole else ():
            for kind, name in kinds.scaled(each):
                if not kinds.having(built.objects, kind, name) and each.path:
                    self._note("missing", each.path, f"{kind} {name}", name)

    def build(self, folder: str, given: Iterable[Object] = (), around: tuple[str, ...] = ()) -> Built:
        """Follow the kustomization of a folder; a component changes the objects that are ``given``."""
        path = next((posixpath.join(folder, name) for name in NAMES if posixpath.join(folder, name) in self.files), "")
        document = self.document(path) if path else {}
        if not document or folder in around:
            return Built([*given], is_whole=False)
        built = Built([*given], not any(document.get(name) for name in _FOREIGN))
        around = (*around, folder)
        for entry in (*texts(document, "resources"), *texts(document, "bases")):
            built = self._with(built, path, entry, around)
        built = built._replace(objects=[*built.objects, *self._generated(built, path, document)])
        for entry in texts(document, "components"):
            place = self._place(path, entry)
            if place is not None:
                inner = self.build(place, built.objects, around)
                built = Built(inner.objects, built.is_whole and inner.is_whole)
            elif _REMOTE.search(entry):
                built = built._replace(is_whole=False)
        for entry in (each for name in _PATHS for each in texts(document, name)):
            self._place(path, entry)
        objects = [*self._patched(built, path, document)]
        return built._replace(objects=[*self._renamed(Built(objects, built.is_whole), path, document)])

    def _place(self, path: str, entry: str) -> str | None:
        """Return the file or folder that an entry names, from the top; note where there is none."""
        place = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry))
        if place in self.files or place in self._folders:
            return place
        if not _REMOTE.search(entry) and not place.startswith(".."):
            self._note("missing", path, entry)
        return None

    def _note(self, kind: str, path: str, said: str, *words: str) -> None:
        text = self.files[path].decode("utf-8", "replace")
        self.found.append(Finding(kind, path, line_of(text, *(words or (said,))), said))

    def _with(self, built: Built, path: str, entry: str, around: tuple[str, ...]) -> Built:
        """Add what an entry of the resources makes."""
        place = self._place(path, entry)
        if place is None:
            return built._replace(is_whole=False)
        if place in self.files:
            more = Built([*kinds.objects(self.documents(place), place)], bool(self.documents(place)))
        else:
            more = self.build(place, (), around)
        for each in more.objects:
            if any((each.api, each.kind) == (o.api, o.kind) and each.names & o.names for o in built.objects):
                self._note("twice", path, each.title, entry)
        return Built([*built.objects, *more.objects], built.is_whole and more.is_whole)

    def _generated(self, built: Built, path: str, document: Mapping[str, Any]) -> Iterator[Object]:
        """Yield the objects that are made of files and literals."""
        for kind in ("ConfigMap", "Secret"):
            for each in mappings(document, f"{kind[0].lower()}{kind[1:]}Generator"):
                for entry in (*texts(each, "files"), *texts(each, "envs"), *texts(each, "env")):
                    self._place(path, entry.partition("=")[2] or entry)
                name = str(each.get("name", ""))
                if each.get("behavior", "create") == "create":
                    yield Object("v1", kind, frozenset([name]))
                elif built.is_whole and not kinds.having(built.objects, kind, name):
                    self._note("missing", path, f"{kind} {name}", name)

    def _patched(self, built: Built, path: str, document: Mapping[str, Any]) -> Iterator[Object]:
        """Yield the objects with what patches add to them, less those that one deletes."""
        objects = [*built.objects]
        for where, patch, target in self._patches(path, document):
            if target is not None:
                matched = [each for each in objects if selects(target, each)]
                said = " ".join(str(target[key]) for key in ("kind", "name") if target.get(key))
            else:
                own = next(kinds.objects([patch]), None)
                if own is None:
                    continue
                matched = [o for o in objects if (o.api, o.kind) == (own.api, own.kind) and o.names & own.names]
                said = own.title
            if not matched and built.is_whole and said:
                self._note("missing", where, said, said.rpartition(" ")[2])
            for each in matched:
                objects.remove(each)
                objects += self._with_patch(each, where, patch)
        yield from objects

    def _with_patch(self, target: Object, where: str, patch: object) -> list[Object]:
        """Return an object with a patch: nothing, where it deletes the object."""
        for operation in patch if isinstance(patch, list) else ():
            op, place = (str(operation.get(key)) for key in ("op", "path")) if isinstance(operation, dict) else ("", "")
            if op in ("remove", "replace", "test") and kinds.lacks(target, place):
                self._note("missing", where, f"{place} of {target.title}", place)
        if not isinstance(patch, dict):
            return [target._replace(document=None)]
        if patch.get("$patch") == "delete":
            return []
        for name, has_image in kinds.containers(patch):
            if name not in target.containers and not has_image:
                self._note("missing", where, f"container {name}", f"name: {name}")
        more = frozenset(name for name, _ in kinds.containers(patch))
        images = target.images | kinds.images(patch)
        return [target._replace(images=images, containers=target.containers | more, document=None)]

    def _patches(self, path: str, document: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any] | None]]:
        """Yield each patch: the file where it stands, what it says, and its target if that is said beside it."""
        listed = [*mappings(document, "patches"), *mappings(document, "patchesJson6902")]
        merges = texts(document, "patchesStrategicMerge")
        listed += [{"patch": each} if "\n" in each else {"path": each} for each in merges]
        for each in listed:
            where, target = path, each.get("target") if isinstance(each.get("target"), dict) else None
            if each.get("path"):
                place = self._place(path, str(each["path"]))
                if place not in self.files:
                    continue
                where = str(place)
            patches = self.documents(where) if each.get("path") else parsed(str(each.get("patch", "")).encode())
            yield from ((where, patch, target) for patch in patches)

    def _renamed(self, built: Built, path: str, document: Mapping[str, Any]) -> Iterator[Object]:
        """Yield the objects as they are called in the end, and note what names none of them."""
        objects, images = built.objects, mappings(document, "images")
        for each in images if built.is_whole else ():
            if not any(each.get("name") in o.images for o in objects):
                self._note("missing", path, f"image {each.get('name')}", str(each.get("name")))
        for each in mappings(document, "replicas") if built.is_whole else ():
            if not any(each.get("name") in o.names for o in objects):
                self._note("missing", path, f"replicas of {each.get('name')}", str(each.get("name")))
        for selector in self._selectors(path, document) if built.is_whole else ():
            if not any(selects(selector, each) for each in objects):
                said = " ".join(str(selector[key]) for key in ("kind", "name") if selector.get(key))
                self._note("missing", path, said, said.rpartition(" ")[2])
        named = {str(each.get("name")): str(each["newName"]) for each in images if each.get("newName")}
        before, after = str(document.get("namePrefix", "")), str(document.get("nameSuffix", ""))
        for made in objects:
            names = made.names | {f"{before}{name}{after}" for name in made.names}
            yield made._replace(names=names, images=frozenset(named.get(image, image) for image in made.images))

    def _selectors(self, path: str, document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield what the replacements that are written here take from and put to."""
        for each in mappings(document, "replacements"):
            if each.get("path"):
                self._place(path, str(each["path"]))
            targets = (target.get("select") for target in mappings(each, "targets"))
            yield from (found for found in (each.get("source"), *targets) if isinstance(found, dict))
