"""What is a class and what is an image: hidden names, links, loops, endings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ablate.data.walking import classes_in, images_in
from ablate.errors import MissingDataError


def made(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def test_images_at_any_depth_sorted_by_name(tmp_path: Path) -> None:
    names = [
        "b.PNG",
        "a.jpg",
        "deeper/z.webp",
        "deeper/still/x.tif",
        "naïve 图.jpeg",
        "line\nbreak.bmp",
    ]
    found = images_in(made(tmp_path, *names, "notes.txt", "README"))
    assert found.names == sorted(names) and not found.passed_over
    assert [stat.st_size for stat in found.stats] == [len(n.encode()) for n in found.names]


def test_hidden_names_are_no_images_and_no_classes(tmp_path: Path) -> None:
    """AppleDouble files, checkpoints of notebooks, what archives of macOS and indexers leave."""
    made(tmp_path, "cat/1.png", "cat/._1.png", "cat/.hidden/2.png", "cat/@eaDir/1.png")
    made(tmp_path, ".ipynb_checkpoints/3.png", "__MACOSX/._cat/4.png", ".DS_Store", "loose.png")
    assert classes_in(tmp_path) == ["cat"]
    assert images_in(tmp_path / "cat").names == ["1.png"]


def test_each_real_file_once(tmp_path: Path) -> None:
    made(tmp_path, "class/b.png", "elsewhere/c.png", "elsewhere/more/d.png")
    folder = tmp_path / "class"
    (folder / "a.png").symlink_to(folder / "b.png")  # the same file, by an earlier name
    os.link(folder / "b.png", folder / "hard.png")
    (folder / "c.png").symlink_to(tmp_path / "elsewhere" / "c.png")
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    (folder / "linked again").symlink_to(tmp_path / "elsewhere")
    assert images_in(folder).names == ["a.png", "c.png", "linked/more/d.png"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    made(tmp_path, "class/a.png", "class/inner/b.png")
    (tmp_path / "class" / "inner" / "loop").symlink_to(tmp_path / "class")
    assert images_in(tmp_path / "class").names == ["a.png", "inner/b.png"]
    (tmp_path / "class" / "self").symlink_to(tmp_path / "class" / "self")
    with pytest.raises(OSError, match="self"):
        images_in(tmp_path / "class")


def test_a_linked_folder_is_a_class(tmp_path: Path) -> None:
    made(tmp_path, "elsewhere/cat/1.png", "train/dog/1.png")
    (tmp_path / "train" / "cat").symlink_to(tmp_path / "elsewhere" / "cat")
    assert classes_in(tmp_path / "train") == ["cat", "dog"]
    assert images_in(tmp_path / "train" / "cat").names == ["1.png"]


def test_a_link_to_nothing_is_named(tmp_path: Path) -> None:
    made(tmp_path, "1.png")
    (tmp_path / "2.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(MissingDataError, match=r"2\.png: is a link to nothing"):
        images_in(tmp_path)


def test_formats_that_are_not_read_are_counted(tmp_path: Path) -> None:
    found = images_in(made(tmp_path, "1.png", "2.HEIC", "3.heic", "4.gif", "notes.txt"))
    assert found.names == ["1.png"] and found.passed_over == {".heic": 2, ".gif": 1}
