#!/usr/bin/env python3
"""Makes the corpora of the benchmarks: the same bytes from the same seed.

usage: corpus.py mixed|small|image|edit-blocks|edit-pages DIR [SIZE]

  mixed        the .NET SDK, compiler libraries and 512 MiB of random bytes, SIZE (default 1) times over with other random bytes
  small        SIZE (default 100000) files of 1 to 8 KB of words, 250 in a directory
  image        one file disk.img of SIZE MiB (default 4096): a third zeros, a third random, a third words
  edit-blocks  changes 1 % of DIR/disk.img as whole 4 MiB blocks
  edit-pages   changes 1 % of DIR/disk.img as scattered 4 KiB pages
"""
import os
import random
import shutil
import sys

MIB = 1 << 20
WORDS = [bytes(random.Random(n).choices(b"abcdefghijklmnopqrstuvwxyz", k=2 + n % 9)) for n in range(2000)]


def words(rng, size):
    return b" ".join(rng.choices(WORDS, k=size // 5 + 2))[:size]


def mixed(root, copies):
    sources = [os.path.dirname(os.path.realpath(shutil.which("dotnet"))), "/usr/lib/gcc"]
    for copy in range(copies):
        for source in filter(os.path.isdir, sources):
            shutil.copytree(source, os.path.join(root, str(copy), source.strip("/").replace("/", "-")), symlinks=True)
        rng = random.Random(copy)
        for n in range(8):
            with open(os.path.join(root, str(copy), f"random-{n}.bin"), "wb") as file:
                for _ in range(64):
                    file.write(rng.randbytes(MIB))
        if copy:
            stir(os.path.join(root, str(copy)), rng)


def stir(root, rng):
    """Gives each copy content of its own: every 4 KiB of it, with its bytes shifted by a random word."""
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or name.startswith("random-"):
                continue
            with open(path, "rb") as file:
                content = file.read()
            mark = rng.randbytes(3)
            with open(path, "wb") as file:
                file.write(b"".join(content[at : at + 4096] + mark for at in range(0, len(content), 4096)))


def small(root, count):
    rng = random.Random(1)
    for n in range(count):
        folder = os.path.join(root, f"{n // 10000:02}", f"{n // 250 % 40:02}")
        if n % 250 == 0:
            os.makedirs(folder)
        with open(os.path.join(folder, f"{n}.txt"), "wb") as file:
            file.write(words(rng, rng.randrange(1024, 8193)))


def image(root, mebibytes):
    rng = random.Random(2)
    with open(os.path.join(root, "disk.img"), "wb") as file:
        for n in range(mebibytes):
            kind = n // 4 % 3
            file.write(bytes(MIB) if kind == 0 else rng.randbytes(MIB) if kind == 1 else words(rng, MIB))


def edit(root, unit):
    rng = random.Random(unit)
    with open(os.path.join(root, "disk.img"), "r+b") as file:
        size = file.seek(0, os.SEEK_END)
        for at in rng.sample(range(size // unit), size // 100 // unit):
            file.seek(at * unit)
            file.write(rng.randbytes(unit))


def main():
    kind, root = sys.argv[1:3]
    size = int(sys.argv[3]) if len(sys.argv) > 3 else None
    os.makedirs(root, exist_ok=True)
    if kind == "mixed":
        mixed(root, size or 1)
    elif kind == "small":
        small(root, size or 100_000)
    elif kind == "image":
        image(root, size or 4096)
    elif kind == "edit-blocks":
        edit(root, 4 * MIB)
    elif kind == "edit-pages":
        edit(root, 4096)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
