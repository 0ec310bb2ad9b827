"""With TLS the service trusts the authority that it is given, and no other: each with the real server of each kind."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.centres.authority import Authority
from tests.centres.centre import Centre
from tests.centres.events import lost, publish, published
from tests.centres.follower import DEFAULT, following
from tests.helpers.daemons import until


def test_over_tls_it_follows_with_the_authority_it_is_given(centre: Centre, tmp_path: Path) -> None:
    shutil.copy(centre.authority.certificate, tmp_path / "ca.crt")
    published(centre, 5)
    with following(centre, tmp_path, "-center-address", centre.tls_url) as service:
        assert service.max_lines == 5
        publish(centre, 6)
        service.sees(6)
        with lost(centre):
            publish(centre, 7)  # while nobody listens
            until(lambda: "does not now" in service.state, "the loss")
        service.sees(7)


def test_a_certificate_of_another_authority_is_a_clear_error_and_the_right_authority_needs_no_restart(
    centre: Centre, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(Authority(other).certificate, tmp_path / "ca.crt")
    published(centre, 5)
    with following(centre, tmp_path, "-center-address", centre.tls_url) as service:
        assert service.max_lines == DEFAULT
        assert service.ready
        assert "from the layers below\n" in service.state
        assert "certificate signed by unknown authority" in service.said("settings")[0]["error"]
        shutil.copy(centre.authority.certificate, tmp_path / "ca.crt")
        service.sees(5)
