"""The plainest loop over a file: batches of 32 in the order of the file, padded to the longest.

    python -m benchmarks.score_loop FILE MODEL

Prints texts per second; reading the file and loading the model are left out.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from benchmarks.machine import CORES

BATCH = 32
TRIAL = 10 * BATCH  # texts that the number of threads is chosen by
LENGTH = 256


def main() -> None:
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    texts = [json.loads(line)["text"] for line in source.read_bytes().splitlines()]
    best = max((1, CORES), key=lambda threads: rate(texts[:TRIAL], folder, threads))
    print(json.dumps({"rate": rate(texts, folder, best), "threads": best}))


def rate(texts: list[str], folder: Path, threads: int) -> float:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding()
    started = time.perf_counter()
    for first in range(0, len(texts), BATCH):
        rows = tokenizer.encode_batch(texts[first : first + BATCH])
        ids = np.array([row.ids for row in rows], dtype=np.int64)
        mask = np.array([row.attention_mask for row in rows], dtype=np.int64)
        session.run(None, {"input_ids": ids, "attention_mask": mask})
    return len(texts) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
