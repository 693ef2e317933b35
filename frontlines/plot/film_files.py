"""Frames into a GIF, a film or a folder of pictures, one at a time, whole or not at all.

A frame is red, green and blue of every pixel, (height, width, 3).
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from PIL import GifImagePlugin, Image

from frontlines.arrays import Pixels
from frontlines.errors import SourceError
from frontlines.sources.writing import whole_or_not

GIF, FILM, FOLDER = ".gif", ".mp4", ""
_CLEAR = 255  # index of the colour that leaves a pixel of a GIF as it was
_MOST_A_SECOND = 50
_LAST_CS = 150  # how much longer the last frame is shown [1/100 s]
_COMMON = 96  # colours of a palette that are kept as they are
_AT_ONCE = 4096  # colours whose nearest is looked for at once


def require_film_path(path: Path, frames_per_second: float) -> None:
    """Refuse a path that no frames can be written to, before any is drawn."""
    kind = path.suffix.lower()
    if kind not in {GIF, FILM, FOLDER}:
        raise SourceError(
            f"{path.name} ends in {kind}: choose .gif, .mp4, or a name without an ending for a folder"
        )
    if kind and path.is_dir():
        raise SourceError(f"{path} is a folder: pass the name of a file, or of a folder without an ending")
    if not kind and path.exists() and not (path.is_dir() and next(path.iterdir(), None) is None):
        raise SourceError(f"{path} is there and is no empty folder: pass another name, or clear it first")
    if kind == FILM and _ffmpeg() is None:
        raise SourceError(
            "no program ffmpeg is found, which an .mp4 needs: install it (see ffmpeg.org), "
            "or choose a name that ends in .gif, or one without an ending for a folder of pictures"
        )
    if not 0 < frames_per_second <= _MOST_A_SECOND:
        raise SourceError(
            f"frames_per_second = {frames_per_second:g} cannot be shown: pass 1 to {_MOST_A_SECOND}"
        )


def write_film(frames: Iterable[Pixels], path: Path, *, pixels: Pixels, frames_per_second: float) -> None:
    """Write frames as they come, whole or not at all; `pixels` (n, 3) have the colours of a GIF."""
    with whole_or_not(path) as temporary:
        if path.suffix.lower() == GIF:
            _write_gif(frames, temporary, pixels, frames_per_second)
        elif path.suffix.lower() == FILM:
            _write_mp4(frames, temporary, frames_per_second)
        else:
            _write_pictures(frames, temporary)
            if path.is_dir():
                path.rmdir()  # it is empty, and a folder cannot take its place everywhere


def _write_pictures(frames: Iterable[Pixels], folder: Path) -> None:
    folder.mkdir()
    for number, frame in enumerate(frames, start=1):
        Image.fromarray(frame).save(folder / f"frame_{number:04d}.png")


def _ffmpeg() -> str | None:
    """Find the program that matplotlib's setting names."""
    return shutil.which(str(mpl.rcParams["animation.ffmpeg_path"]))


def _write_mp4(frames: Iterable[Pixels], path: Path, frames_per_second: float) -> None:
    """Pipe frames into ffmpeg, with the codec that it has for MP4 and colours that every player knows."""
    queue = iter(frames)
    first = next(queue)
    height, width = first.shape[:2]
    command = [
        _ffmpeg() or "ffmpeg", "-y", "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{width}x{height}", "-r", f"{frames_per_second:g}", "-i", "-", "-an",
        "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2:color=white", "-pix_fmt", "yuv420p",
        "-movflags", "+faststart", str(path),
    ]  # fmt: skip
    with tempfile.TemporaryFile() as log:
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)  # noqa: S603 - a list, no shell
        try:
            _feed(program, first, queue)
        except BaseException:
            program.kill()
            program.wait()
            raise
        if program.returncode or not path.is_file():
            log.seek(0)
            words = log.read().decode(errors="replace").strip() or f"it ended with {program.returncode}"
            raise SourceError(f"ffmpeg could not write {path.name}: {words}")


def _feed(program: subprocess.Popen[bytes], first: Pixels, rest: Iterable[Pixels]) -> None:
    """Give a program every frame, and wait for it to end; one that does not listen will say why."""
    with program:
        pipe: Any = program.stdin
        try:
            pipe.write(first.tobytes())
            for frame in rest:
                pipe.write(frame.tobytes())
            pipe.close()
        except BrokenPipeError:
            return


def _write_gif(frames: Iterable[Pixels], path: Path, pixels: Pixels, frames_per_second: float) -> None:
    """Write a GIF whose frames hold only what changed, so that hundreds stay small."""
    palette = _Palette(pixels)
    last: Pixels | None = None
    with path.open("wb") as file:
        for number, (frame, more) in enumerate(_with_more(frames)):
            if last is None:
                height, width = frame.shape[:2]
                file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0))
                file.write(palette.to_bytes())
                file.write(b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00")  # again and again
            due, before = (int(100 * n / frames_per_second) for n in (number + 1, number))
            _write_frame(file, frame, last, palette, due - before + (0 if more else _LAST_CS))
            last = frame
        file.write(b";")


def _with_more(frames: Iterable[Pixels]) -> Iterator[tuple[Pixels, bool]]:
    """Yield each frame, and whether another one follows."""
    queue = iter(frames)
    held = next(queue)
    for frame in queue:
        yield held, True
        held = frame
    yield held, False


class _Palette:
    """The colours of a GIF: the commonest of some pixels as they are, the rest by median cut."""

    def __init__(self, pixels: Pixels) -> None:
        codes, counts = np.unique(_codes(pixels), return_counts=True)
        codes = codes[np.argsort(-counts.astype(np.int64), kind="stable")]
        colours = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1).astype(np.uint8)
        common, rare = colours[:_COMMON], colours[_COMMON:]
        if len(rare):
            cut = Image.fromarray(rare[None]).quantize(_CLEAR - _COMMON, method=Image.Quantize.MEDIANCUT)
            listed = np.array(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)[: _CLEAR - _COMMON]
            common = np.concatenate([common, listed])
        self.colours: Pixels = common
        self._nearest = np.full(1 << 24, _CLEAR, dtype=np.uint8)

    def to_bytes(self) -> bytes:
        """Return the colour table, whose last colours are never used."""
        return bytes(self.colours.tobytes().ljust(3 * (_CLEAR + 1), b"\0"))

    def index(self, pixels: Pixels) -> Pixels:
        """Return which colour is the nearest to each pixel; each colour is looked for once."""
        codes = _codes(pixels)
        fresh = np.unique(codes[self._nearest[codes] == _CLEAR])
        for part in np.array_split(fresh, len(fresh) // _AT_ONCE + 1):
            wanted = np.stack([part >> 16, part >> 8 & 255, part & 255], axis=1).astype(np.int32)
            apart = ((wanted[:, None] - self.colours.astype(np.int32)) ** 2).sum(axis=2)
            self._nearest[part] = apart.argmin(axis=1)
        return self._nearest[codes]


def _codes(pixels: Pixels) -> npt.NDArray[np.uint32]:
    """Return each colour as one number."""
    red, green, blue = (pixels[:, band].astype(np.uint32) for band in range(3))
    return (red << 16 | green << 8 | blue).astype(np.uint32)


def _write_frame(file: IO[bytes], frame: Pixels, last: Pixels | None, palette: _Palette, cs: int) -> None:
    """Write the part of a frame that changed, what did not change left clear; shown for `cs` 1/100 s."""
    changed = np.ones(frame.shape[:2], dtype=bool) if last is None else (frame != last).any(axis=2)
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    top, bottom = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 1)
    left, right = (int(columns[0]), int(columns[-1]) + 1) if len(columns) else (0, 1)
    index = np.full(frame.shape[:2], _CLEAR, dtype=np.uint8)
    index[changed] = palette.index(frame[changed])
    picture = Image.fromarray(np.ascontiguousarray(index[top:bottom, left:right]))
    wait_ms = cs * 10
    for block in GifImagePlugin.getdata(
        picture, (left, top), duration=wait_ms, transparency=_CLEAR, disposal=1
    ):
        file.write(block)
