"""`socle keys signing` and `socle label verify`, as an operator and a verifier type them."""

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.validation.domain.labels.badge import draw_baked
from services.validation.domain.labels.credential import issue
from services.validation.domain.labels.did import did_document
from services.validation.domain.labels.facts import Credential, GrantedLabel, LabelFacts, LabelState
from services.validation.domain.labels.multikey import write_public
from services.validation.domain.labels.status_list import sign_list
from services.validation.operations.key_file import read_key_file
from shared.clock import now
from socle.cli import main
from tests.support.labels import ISSUER, facts, key, ring

KEY = key()
ENVIRONMENT = {"SOCLE_VALIDATION_SIGNING_KEYS_FILE": ""}


def socle(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], env=ENVIRONMENT)


class TestKeys:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "folder" / "keys.json"

    def test_a_new_key_is_for_its_owner_alone(self, path: Path) -> None:
        done = socle("keys", "signing", "new", "--file", path)
        assert done.exit_code == 0, done.output
        [made] = read_key_file(path).keys
        assert done.stdout.strip() == made.id
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [file.name for file in path.parent.iterdir()] == ["keys.json"]

    def test_the_newest_signs_and_a_retired_one_has_no_secret(self, path: Path) -> None:
        first = socle("keys", "signing", "new", "--file", path).stdout.strip()
        second = socle("keys", "signing", "new", "--file", path).stdout.strip()
        assert read_key_file(path).find(first) is not None
        done = socle("keys", "signing", "retire", first, "--file", path)
        assert (done.exit_code, done.stdout) == (0, f"{first}: retirée / retired\n")
        kept = read_key_file(path)
        retired = kept.find(first)
        assert retired is not None
        assert (retired.state, retired.private) == ("retired", None)
        assert kept.signing is not None
        assert kept.signing.id == second
        listed = socle("keys", "signing", "list", "--file", path)
        assert {line.split("\t")[0]: line.split("\t")[1] for line in listed.stdout.splitlines()} == {
            first: "retirée",
            second: "signe",
        }
        assert "z3u2" not in listed.output

    def test_the_last_one_retired_is_told(self, path: Path) -> None:
        only = socle("keys", "signing", "new", "--file", path).stdout.strip()
        done = socle("keys", "signing", "retire", only, "--compromised", "--file", path)
        assert (done.exit_code, done.stdout) == (0, f"{only}: révoquée / revoked\n")
        assert "aucun label ne peut être délivré" in done.stderr

    def test_what_cannot_be_is_refused_in_words(self, path: Path, tmp_path: Path) -> None:
        assert "ne s'ouvre pas" in socle("keys", "signing", "list", "--file", path).stderr
        socle("keys", "signing", "new", "--file", path)
        assert "Aucune clé ne porte" in socle("keys", "signing", "retire", "x", "--file", path).stderr
        path.chmod(0o644)
        for arguments in (["list"], ["new"], ["retire", "x"]):
            done = socle("keys", "signing", *arguments, "--file", path)
            assert (done.exit_code, "chmod 600" in done.stderr) == (1, True)
        other = tmp_path / "other.json"
        other.write_text('{"secret": 1}')
        other.chmod(0o600)
        assert "socle keys signing new" in socle("keys", "signing", "new", "--file", other).stderr
        assert other.read_text() == '{"secret": 1}'


class TestVerify:
    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        today = now().date()
        label = facts(issued_at=now(), valid_from=today, valid_until=today + timedelta(days=30))
        self.write(tmp_path, label, issue(label, ISSUER, KEY))
        return tmp_path

    def write(self, place: Path, label: LabelFacts, credential: Credential) -> None:
        (place / "label.json").write_bytes(credential.document)
        (place / "label.jwt").write_text(credential.jwt)
        (place / "label.svg").write_text(draw_baked(GrantedLabel(label, credential, LabelState.VALIDE)))
        (place / "altered.json").write_bytes(credential.document.replace(b"7.2.1", b"8.0.0"))
        (place / "did.json").write_text(json.dumps(did_document(ISSUER, ring(KEY))))
        for name, bits in (("revocation", ()), ("suspension", ()), ("revoked", (label.status_index,))):
            purpose = "suspension" if name == "suspension" else "revocation"
            document = sign_list(bits, ISSUER, purpose, 0, KEY, now())  # type: ignore[arg-type]
            (place / f"{name}.json").write_text(json.dumps(document))

    def test_every_form_verifies_by_the_document_or_the_key(self, place: Path) -> None:
        for name in ("label.json", "label.jwt", "label.svg"):
            for anchor in (("--did", place / "did.json"), ("--key", write_public(KEY.public))):
                done = socle("label", "verify", place / name, *anchor)
                assert done.exit_code == 0, done.output
                assert "n'ont pas été vérifiées" in done.stdout
                assert "were not checked" in done.stdout

    def test_the_lists_tell_the_status(self, place: Path) -> None:
        verify = ("label", "verify", place / "label.json", "--did", place / "did.json", "--json")
        lists = ("--status-list", place / "suspension.json", "--status-list")
        found = socle(*verify, *lists, place / "revocation.json")
        assert found.exit_code == 0
        assert (json.loads(found.stdout)["outcome"], json.loads(found.stdout)["status_checked"]) == (
            "valid",
            True,
        )
        found = socle(*verify, *lists, place / "revoked.json")
        assert (found.exit_code, json.loads(found.stdout)["outcome"]) == (1, "revoked")
        # The list alone does not tell whether the label ended or its credential was replaced.
        assert json.loads(found.stdout)["code"] == "revoked-in-list"

    def test_a_change_or_another_key_is_refused(self, place: Path) -> None:
        done = socle("label", "verify", place / "altered.json", "--did", place / "did.json")
        assert (done.exit_code, "Attestation altérée" in done.stdout) == (1, True)
        other = write_public(key().public)
        for name in ("label.json", "label.jwt", "label.svg"):
            done = socle("label", "verify", place / name, "--key", other)
            assert (done.exit_code, "Attestation altérée" in done.stdout) == (1, True)

    def test_what_cannot_be_read_is_told(self, place: Path) -> None:
        (place / "nothing.txt").write_text("bonjour")
        (place / "bytes.json").write_bytes(b"\xff\x00")
        for file, did in (
            ("nothing.txt", "did.json"),
            ("bytes.json", "did.json"),
            ("label.json", "nothing.txt"),
            ("label.json", "bytes.json"),
            ("label.json", "label.json"),
        ):
            done = socle("label", "verify", place / file, "--did", place / did)
            assert (done.exit_code, done.stdout) == (1, "")
            assert done.stderr
        assert socle("label", "verify", place / "label.json").exit_code == 2
        assert socle("label", "verify", place / "label.json", "--key", "z6Mk").exit_code == 2
