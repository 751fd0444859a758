"""Peak memory of reading word vectors, by the size of the file and the words asked for.

    python bench/vector_memory.py               # files of 120,000 and 240,000 words, 300 numbers each
    python bench/vector_memory.py --words 60000 --asked 5000

On Linux. Each reading is a process of its own; what it had before it read is shown beside its peak. Files are made in a
temporary folder: 0.3 and 0.6 GB of GloVe text, 0.15 and 0.3 GB of arrays.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

READ = """
import re, sys, time
from transformer_programs.tasks.vectors import read_vectors
def peak(): return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1024
words, before, start = [f"Word{7 * i}" for i in range(int(sys.argv[2]))], peak(), time.process_time()
found = read_vectors(sys.argv[1], words)
print(f"{before:.0f} MB before, {peak():.0f} MB at the peak ({found.matrix.nbytes / 1e6:.0f} MB of them the answer),",
      f"{time.process_time() - start:.1f} s")
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--words", type=int, default=120_000, help="of the smaller files")
    arguments.add_argument("--asked", type=int, nargs="+", default=[5_000, 15_000], help="vectors that are kept")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for count in (options.words, 2 * options.words):
            for path in (text(Path(folder), count), arrays(Path(folder), count)):
                for asked in options.asked:
                    done = subprocess.run(
                        [sys.executable, "-c", READ, path, str(asked)], capture_output=True, text=True, check=True
                    )
                    size = path.stat().st_size / 1e6
                    print(f"{path.suffix} {size:,.0f} MB, {count:,} words, {asked:,} asked: {done.stdout.strip()}")
                path.unlink()


def text(folder: Path, count: int) -> Path:
    """GloVe text: a word and its numbers a line."""
    numbers = np.random.default_rng(0).normal(size=(50, 300))
    rows = [" ".join(f"{number:.5f}" for number in row) for row in numbers]
    path = folder / "vectors.txt"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"word{i} {rows[i % 50]}\n" for i in range(count))
    return path


def arrays(folder: Path, count: int) -> Path:
    """The same words as arrays."""
    path = folder / "vectors.npz"
    np.savez(path, words=np.array([f"word{i}" for i in range(count)]), vectors=np.ones((count, 300), np.float32))
    return path


if __name__ == "__main__":
    main()
