"""Opening archives from outside: one expected member, of bounded size, written to a place we choose."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from triagelab.errors import DataFormatError

MAX_MEMBER_BYTES = 2 * 1024**3
MAX_RATIO = 200
CHUNK = 4 * 1024 * 1024


@contextmanager
def extracted_member(archive: Path, suffix: str) -> Iterator[Path]:
    """Yield the path of a temporary copy of the one member that ends in `suffix`.

    The member's own name is never used as a path. Raises: DataFormatError for anything but one such member of sane
    size with a correct checksum.
    """
    with tempfile.TemporaryDirectory(prefix="triagelab-") as folder:
        target = Path(folder) / f"member{suffix}"
        try:
            with zipfile.ZipFile(archive) as opened:
                _copy(opened, _only_member(opened, archive, suffix), target, archive)
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise DataFormatError(f"{archive}: not a usable zip file ({str(error)[:80]}); download it again") from error
        yield target


def _only_member(opened: zipfile.ZipFile, archive: Path, suffix: str) -> zipfile.ZipInfo:
    members = [info for info in opened.infolist() if info.filename.lower().endswith(suffix)]
    if len(members) != 1:
        raise DataFormatError(f"{archive}: holds {len(members)} files ending in {suffix}; expected exactly one")
    member = members[0]
    if member.file_size > MAX_MEMBER_BYTES or member.file_size > MAX_RATIO * max(member.compress_size, 1):
        raise DataFormatError(
            f"{archive}: {member.filename!r} claims {member.file_size} bytes; that is not a survey file"
        )
    return member


def _copy(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, archive: Path) -> None:
    """Copy with a byte count, because the size in a zip header is only a claim."""
    written = 0
    with opened.open(member) as source, target.open("wb") as sink:
        while chunk := source.read(CHUNK):
            written += len(chunk)
            if written > MAX_MEMBER_BYTES:
                raise DataFormatError(f"{archive}: {member.filename!r} is larger than {MAX_MEMBER_BYTES} bytes")
            sink.write(chunk)
