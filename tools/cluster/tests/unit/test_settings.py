import base64
import tomllib
from pathlib import Path

from cluster import commands, encryption, settings
from cluster.paths import ClusterFolder

FOLDER = ClusterFolder(Path("/state"), "192.0.2.10")


class TestContainerd:
    def test_writes_nothing_outside_its_folder(self) -> None:
        text = settings.render_containerd(FOLDER, Path("/programs"), Path("/programs/runc"), "local/pause:1")
        content = tomllib.loads(text)
        places = [content["root"], content["state"], content["grpc"]["address"], content["ttrpc"]["address"]]
        places.append(content["plugins"]["io.containerd.internal.v1.opt"]["path"])
        assert all(Path(place).is_relative_to("/state") for place in places)
        assert content["plugins"]["io.containerd.nri.v1.nri"]["disable"]
        assert content["plugins"]["io.containerd.cri.v1.runtime"]["netns_mounts_under_state_dir"]

    def test_has_its_own_runc_and_pause(self) -> None:
        text = settings.render_containerd(FOLDER, Path("/programs"), Path("/programs/runc"), "local/pause:1")
        plugins = tomllib.loads(text)["plugins"]
        runc = plugins["io.containerd.cri.v1.runtime"]["containerd"]["runtimes"]["runc"]
        assert runc["options"]["BinaryName"] == "/programs/runc"
        assert plugins["io.containerd.cri.v1.images"]["pinned_images"]["sandbox"] == "local/pause:1"


class TestEncryptionAtRest:
    def test_secrets_are_written_with_a_fresh_key_first(self) -> None:
        first, second = settings.render_encryption(), settings.render_encryption()
        writer = first["resources"][0]["providers"][0]
        key = writer["secretbox"]["keys"][0]["secret"]
        assert len(base64.b64decode(key)) == 32
        assert first != second


class TestKeyRotation:
    def test_writes_with_a_new_key_and_reads_with_both(self) -> None:
        before = settings.render_encryption()
        after = encryption.add_key(before)
        old, new = (each["resources"][0]["providers"][0]["secretbox"]["keys"] for each in (before, after))
        assert [key["name"] for key in new] == ["key2", "key1"]
        assert (new[1:], len(base64.b64decode(new[0]["secret"]))) == (old, 32)

    def test_forgets_the_old_key_last(self) -> None:
        both = encryption.add_key(settings.render_encryption())
        [key] = encryption.keep_first_key(both)["resources"][0]["providers"][0]["secretbox"]["keys"]
        assert key["name"] == "key2"
        assert encryption.add_key(encryption.keep_first_key(both))["kind"] == "EncryptionConfiguration"

    def test_needs_an_api_server_that_reloads(self) -> None:
        assert commands.build_api_server(FOLDER)["encryption-provider-config-automatic-reload"] is True


class TestKubelet:
    def test_answers_nobody_unknown(self) -> None:
        content = settings.render_kubelet(FOLDER)
        assert content["authentication"]["anonymous"] == {"enabled": False}
        assert content["authorization"] == {"mode": "Webhook"}


class TestAsArguments:
    def test_truth_values_are_written_as_go_reads_them(self) -> None:
        assert commands.format_flags({"a": True, "b": False, "c": Path("/x"), "d": 1}) == [
            "--a=true",
            "--b=false",
            "--c=/x",
            "--d=1",
        ]

    def test_a_control_loop_listens_on_loopback_only(self) -> None:
        for flags in (commands.build_scheduler(FOLDER), commands.build_controller_manager(FOLDER)):
            assert flags["bind-address"] == "127.0.0.1"
