"""Files of a release, made so that equal inputs give equal bytes."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

from pipelines.artifacts import ReleasedFile
from pipelines.errors import OutsideFailed
from pipelines.files import file_digest, write_atomically

ARCHIVE = "config-and-tokenizer.tar.gz"
SUMS = "SHA256SUMS"


def take_model(source: Path, target: Path) -> None:
    """Hard links where the disk allows them: a model of gigabytes is not copied to be released."""
    if not any(source.glob("*.safetensors")):
        raise OutsideFailed(
            "model_missing",
            f"{source} holds no safetensors",
            mend="Run the training again: its artifact is damaged.",
        )
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for file in sorted(path for path in source.iterdir() if path.is_file()):
        try:
            (target / file.name).hardlink_to(file)
        except OSError:
            shutil.copyfile(file, target / file.name)


def pack_small_files(model: Path, archive: Path) -> None:
    """Everything of the model but its weights, as one archive without times or owners."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for file in sorted(path for path in model.iterdir() if path.suffix != ".safetensors"):
            content = file.read_bytes()
            entry = tarfile.TarInfo(file.name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    write_atomically(archive, packed.getvalue())


def released(folder: Path, names: Sequence[str]) -> tuple[ReleasedFile, ...]:
    """Names relative to `folder`, with digests; writes SHA256SUMS, by file name alone, over all of them."""
    files = [_released(folder, name) for name in names]
    sums = "".join(f"{file.sha256}  {Path(file.name).name}\n" for file in files)
    write_atomically(folder / SUMS, sums.encode())
    return (*files, _released(folder, SUMS))


def _released(folder: Path, name: str) -> ReleasedFile:
    path = folder / name
    return ReleasedFile(name=name, sha256=file_digest(path), size=path.stat().st_size)
