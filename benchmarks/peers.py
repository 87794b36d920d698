"""The other servers of ``benchmarks.serving``, each as its own documentation starts it.

Modules that gunicorn, uvicorn, MLflow and BentoML import by name; PEER_MODEL is the folder of the
model that they serve, PEER_THREADS the threads of one process (0: as the library likes).
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

CLASSIC_LENGTH = 512  # tokens that the classic design pads every text to


class Peer:
    """Tokenise and run one text, in one onnxruntime session."""

    def __init__(self, padded: bool) -> None:
        import onnxruntime

        folder = Path(os.environ["PEER_MODEL"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = int(os.environ.get("PEER_THREADS", "0"))
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        length = json.loads((folder / "manifest.json").read_bytes())["max_length"]
        self._tokenizer.enable_truncation(CLASSIC_LENGTH if padded else length)
        if padded:
            self._tokenizer.enable_padding(length=CLASSIC_LENGTH)

    def classify(self, text: str) -> dict[str, Any]:
        row = self._tokenizer.encode(text)
        ids, mask = (np.array([each], dtype=np.int64) for each in (row.ids, row.attention_mask))
        (found,) = self._session.run(None, {"input_ids": ids, "attention_mask": mask})
        return {"label": int(found[0].argmax()), "probability": float(found[0].max())}


def flask_app(padded: bool = False) -> Any:
    """``gunicorn 'benchmarks.peers:flask_app(True)'``: the classic design."""
    from flask import Flask, jsonify, request

    app, peer = Flask(__name__), Peer(padded)

    @app.post("/classify")
    def classify() -> Any:
        return jsonify(peer.classify(request.get_json()["text"]))

    return app


def fastapi_app() -> Any:
    """``uvicorn --factory benchmarks.peers:fastapi_app``: a PyTorch pipeline."""
    from fastapi import Body, FastAPI
    from transformers import (
        BertConfig,
        BertForSequenceClassification,
        PreTrainedTokenizerFast,
        TextClassificationPipeline,
    )

    folder = Path(os.environ["PEER_MODEL"])
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / "tokenizer.json"),
        **{"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"},
    )
    model = BertForSequenceClassification(BertConfig(vocab_size=len(tokenizer)))
    model.eval()  # type: ignore[no-untyped-call]
    pipe = TextClassificationPipeline(  # type: ignore[no-untyped-call]
        model=model, tokenizer=tokenizer
    )
    app = FastAPI()

    @app.post("/classify")
    def classify(text: str = Body(embed=True)) -> Any:
        return pipe(text, truncation=True, max_length=256)[0]

    return app


async def empty(scope: Any, receive: Any, send: Any) -> None:
    """The least that an ASGI application can do with a request: read it and answer."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
