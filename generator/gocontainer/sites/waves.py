"""What people do with sites: write their manifests, name a release, and bring it to them wave by wave.

Nothing here prints: each returns what changed. Where something is refused, nothing was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gocontainer.answers.model import refuse
from gocontainer.errors import CannotUse, Refused
from gocontainer.sites import cluster, files, gate, reader
from gocontainer.sites.fleet import FILE, Fleet, Version, Wave, edited
from gocontainer.sites.platforms import Platform
from gocontainer.texts import mark, tr


class Standing(NamedTuple):
    """How far a wave is."""

    wave: Wave
    sites: int
    late: list[str]
    """Those that do not have what they should have."""
    is_done: bool


class Sites:
    """The sites of a repository."""

    def __init__(self, top: Path, platform: Platform) -> None:
        self._top, self._platform, self._folder = top, platform, platform.folder
        self._fleet = self._read()

    def _read(self) -> Fleet:
        try:
            return reader.parse((self._top / FILE).read_bytes())
        except FileNotFoundError as error:
            reason = tr("there is no {file} here", file=FILE)
            raise CannotUse(reason, tr("Run it at the top of a repository with sites.")) from error

    def render(self) -> str:
        """Write the manifests."""
        changes, texts = self._rendered(self._fleet)
        files.save(self._top, texts)
        return changes

    def refuse_stale(self) -> None:
        """Raise where manifests were edited by hand or are not written anew; where there are none, all is well."""
        now = files.written(self._top / self._folder)
        if not now:
            return
        files.refuse_edited(self._folder, now)
        want = self._manifests(self._fleet)
        stale = mark("the file {path} is not what {file} and deploy/edge say")
        paths = [f"{self._folder}/{name}" for name in sorted({*now, *want}) if now.get(name) != want.get(name)]
        refuse([CannotUse(tr(stale, path=path, file=FILE), tr("Run 'make sites'.")) for path in paths])

    def release(self, what: str, name: str) -> str:
        """Name the image or the model of the next release."""
        where = f"release.{what}"
        if where not in self._fleet.places:
            raise CannotUse(tr("there is no {where} in {file}", file=FILE, where=where), tr("Add it there."))
        return self._change({where: name})

    def wave(self, number: int, *, ok: bool) -> tuple[list[str], str]:
        """Bring the release to a wave, once the one before it is done and the gate says yes.

        Return the sites of the one before that are not ready, and what changed.
        """
        wave = self._fleet.wave(number)
        if wave.version == self._fleet.release:
            return [], tr("wave {number} has the release already", number=number) + "\n"
        for earlier in self._fleet.waves[: number - 1]:
            if earlier.version != self._fleet.release:
                reason = tr("wave {number} does not have the release yet", number=earlier.number)
                raise Refused(reason, tr("Run 'make wave N={number}'.", number=earlier.number))
        late = self._allowed(self._fleet.waves[number - 2], ok=ok) if number > 1 else []
        return late, self._change(_values(wave, self._fleet.release, wave.version))

    def rollback(self, number: int) -> str:
        """Put a wave back to what it had before. Nobody is asked: it is done in a hurry."""
        wave = self._fleet.wave(number)
        if wave.previous == Version():
            raise Refused(tr("wave {number} has nothing to go back to", number=number), tr("Nothing was changed."))
        return self._change(_values(wave, wave.previous, Version()))

    def standings(self) -> list[Standing]:
        """Return how far each wave is."""
        states = cluster.states(self._top)
        return [self._standing(wave, states) for wave in self._fleet.waves]

    def _standing(self, wave: Wave, states: cluster.States) -> Standing:
        sites = [site.name for site in self._fleet.of(wave.number)]
        late = [name for name in sites if not cluster.has(states.get(name, ()), wave.version)]
        return Standing(wave, len(sites), late, self._fleet.is_done(len(late), len(sites)))

    def _allowed(self, before: Wave, *, ok: bool) -> list[str]:
        """Return the sites of a wave that are not ready; raise where the wave behind it may not begin."""
        found = self._standing(before, cluster.states(self._top))
        if not found.is_done:
            reason = tr(
                "wave {number} is not done: {ready} of {sites} sites are ready, and {quorum} % have to be",
                number=before.number,
                ready=found.sites - len(found.late),
                sites=found.sites,
                quorum=self._fleet.quorum,
            )
            raise Refused(reason, tr("Not ready yet: {names}.", names=" ".join(found.late)))
        if self._fleet.gate.query:
            gate.ask(self._fleet.gate, self._fleet.until(before.number))
        elif not ok:
            raise Refused(tr("a person has to let the wave begin"), tr("Say OK=yes."))
        return found.late

    def _change(self, values: Mapping[str, str]) -> str:
        """Edit values of the file and write the manifests; return what became of both.

        The file is written last: where a kill came before, the same command again finds what is still to do.
        """
        after = reader.parse(edited(self._fleet, values).encode())
        for where, node in after.places.items():
            if node.value != values.get(where, self._fleet.places[where].value):
                raise CannotUse(
                    tr("the value of {where} cannot be edited in place", where=where), tr("Nothing was changed.")
                )
        changes, texts = self._rendered(after)
        files.save(self._top, {**texts, FILE: after.text})
        return files.difference(FILE, self._fleet.text, after.text) + changes

    def _rendered(self, fleet: Fleet) -> tuple[str, dict[str, str | None]]:
        """Return what changes in the manifests, and the text of every file that does; raise where people edited one."""
        before = files.written(self._top / self._folder)
        files.refuse_edited(self._folder, before)
        after = self._manifests(fleet)
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        texts = {f"{self._folder}/{name}": after.get(name) for name in changed}
        return "".join(files.differences(self._folder, before, after)), texts

    def _manifests(self, fleet: Fleet) -> dict[str, str]:
        """Return the text of every file."""
        found = self._platform.files(fleet, cluster.base_of(self._top))
        return {name: files.sealed(objects) for name, objects in found.items()}


def _values(wave: Wave, now: Version, previous: Version) -> dict[str, str]:
    """Return what a wave gets in the file."""
    where = f"waves.{wave.number}"
    values = {f"{where}.image": now.image, f"{where}.previous.image": previous.image}
    if now.model:
        values |= {f"{where}.model": now.model, f"{where}.previous.model": previous.model}
    return values
