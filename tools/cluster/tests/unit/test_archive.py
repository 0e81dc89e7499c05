import hashlib
import io
import json
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from cluster.images.archive import BinaryImage, hash_content, write_archive


@pytest.fixture
def image(tmp_path: Path) -> BinaryImage:
    program = tmp_path / "pause"
    program.write_bytes(b"\x7fELF made up")
    return BinaryImage("local/pause:1", program)


def read(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as tar:
        files = {member.name: tar.extractfile(member) for member in tar}
        return {name: file.read() for name, file in files.items() if file}


class TestWriteArchive:
    def test_names_its_parts_by_their_content(self, image: BinaryImage, tmp_path: Path) -> None:
        write_archive(image, tmp_path / "image.tar")
        files = read(tmp_path / "image.tar")
        (manifest,) = json.loads(files["manifest.json"])
        config = files[manifest["Config"]]
        assert manifest["RepoTags"] == ["local/pause:1"]
        assert manifest["Config"] == hashlib.sha256(config).hexdigest() + ".json"
        layer = hashlib.sha256(files[manifest["Layers"][0]]).hexdigest()
        assert json.loads(config)["rootfs"]["diff_ids"] == [f"sha256:{layer}"]

    def test_puts_the_program_where_it_is_looked_for(self, image: BinaryImage, tmp_path: Path) -> None:
        moved = replace(image, path="operator/manager_amd64", links=("manager",))
        write_archive(moved, tmp_path / "image.tar")
        files = read(tmp_path / "image.tar")
        (manifest,) = json.loads(files["manifest.json"])
        with tarfile.open(fileobj=io.BytesIO(files[manifest["Layers"][0]])) as layer:
            assert layer.getmember("operator/manager_amd64").isfile()
            assert layer.getmember("manager").linkname == "/operator/manager_amd64"
        config = json.loads(files[manifest["Config"]])["config"]
        assert config["Entrypoint"] == ["/operator/manager_amd64"]
        assert hash_content(moved) != hash_content(image)

    def test_runs_the_program_as_nobody_in_particular(self, image: BinaryImage, tmp_path: Path) -> None:
        write_archive(image, tmp_path / "image.tar")
        files = read(tmp_path / "image.tar")
        (manifest,) = json.loads(files["manifest.json"])
        config = json.loads(files[manifest["Config"]])["config"]
        assert config["Entrypoint"] == ["/pause"]
        assert int(config["User"]) > 0
        with tarfile.open(fileobj=io.BytesIO(files[manifest["Layers"][0]])) as layer:
            assert layer.getmember("pause").mode == 0o755
            assert layer.getmember("tmp").mode == 0o1777

    def test_runs_the_part_of_a_program_that_is_several(self, image: BinaryImage, tmp_path: Path) -> None:
        write_archive(replace(image, part="webhook"), tmp_path / "image.tar")
        files = read(tmp_path / "image.tar")
        (manifest,) = json.loads(files["manifest.json"])
        assert json.loads(files[manifest["Config"]])["config"]["Entrypoint"] == ["/pause", "webhook"]

    def test_is_the_same_for_the_same_image(self, image: BinaryImage, tmp_path: Path) -> None:
        write_archive(image, tmp_path / "one.tar")
        write_archive(image, tmp_path / "two.tar")
        assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


class TestContentHash:
    def test_changes_with_program_and_name(self, image: BinaryImage) -> None:
        before = hash_content(image)
        assert hash_content(BinaryImage("local/pause:2", image.program)) != before
        assert hash_content(replace(image, part="webhook")) != before
        image.program.write_bytes(b"\x7fELF another")
        assert hash_content(image) != before
