"""Archives from outside: exactly one member of sane size, never written where its name says."""

from __future__ import annotations

import pytest

from dataset_samples import zipped
from triagelab.datasets import archives
from triagelab.datasets.archives import extracted_member
from triagelab.errors import DataFormatError


def test_the_member_is_copied_and_removed_again(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"x.sas7bdat": b"data", "readme.txt": b"hello"})
    with extracted_member(archive, ".sas7bdat") as member:
        assert member.read_bytes() == b"data"
    assert not member.exists()


def test_the_name_in_the_archive_is_not_a_path(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"../../escaped.sas7bdat": b"data"})
    with extracted_member(archive, ".sas7bdat") as member:
        assert member.name == "member.sas7bdat"
    assert not (tmp_path.parent / "escaped.sas7bdat").exists()


@pytest.mark.parametrize("members", [{}, {"a.sas7bdat": b"1", "b.sas7bdat": b"2"}, {"a.csv": b"1"}])
def test_anything_but_one_member_is_refused(tmp_path, members):
    archive = zipped(tmp_path / "a.zip", members)
    with pytest.raises(DataFormatError, match="expected exactly one"), extracted_member(archive, ".sas7bdat"):
        pass


def test_a_member_that_unpacks_to_far_more_than_it_weighs_is_refused(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"a.sas7bdat": bytes(5_000_000)})
    with pytest.raises(DataFormatError, match="not a survey file"), extracted_member(archive, ".sas7bdat"):
        pass


def test_the_byte_limit_holds_while_unpacking(tmp_path, monkeypatch):
    archive = zipped(tmp_path / "a.zip", {"a.sas7bdat": b"0123456789"})
    monkeypatch.setattr(archives, "MAX_MEMBER_BYTES", 9)
    with pytest.raises(DataFormatError, match="claims 10 bytes"), extracted_member(archive, ".sas7bdat"):
        pass


@pytest.mark.parametrize("damage", ["cut", "flipped", "no zip"])
def test_a_damaged_archive_is_one_line(tmp_path, damage):
    content = bytes(range(256)) * 40
    archive = zipped(tmp_path / "a.zip", {"a.sas7bdat": content})
    data = bytearray(archive.read_bytes())
    if damage == "cut":
        data = data[: len(data) // 2]
    elif damage == "flipped":
        data[60:80] = bytes(20)
    else:
        data = bytearray(b"<html>not found</html>")
    archive.write_bytes(bytes(data))
    with (
        pytest.raises(DataFormatError, match=r"a\.zip: not a usable zip") as caught,
        extracted_member(archive, ".sas7bdat"),
    ):
        pass
    assert "\n" not in str(caught.value)
