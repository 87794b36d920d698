"""The table of candidates."""

from mlproject.packaging.report import Conversion, Fidelity, Loss, Row, Speed, table

SPEED = Speed(mean_ms=1.5, p50_ms=1.4, p95_ms=3.0, texts_per_second=900.0)
FIDELITY = Fidelity(
    texts=10,
    agreement=1.0,
    max_difference=0.01,
    mixed_texts=10,
    mixed_labels=0,
    mixed_difference=0.0,
    losses={"f1": Loss(points=0.001, slice="test")},
)


def conversion() -> Conversion:
    slower = SPEED.model_copy(update={"mean_ms": 2.5})
    failed = FIDELITY.model_copy(update={"reason": "f1 on test loses 1 points"})
    return Conversion(
        served="int8_static",
        rows={
            "fp32": Row(speed=slower, fidelity=FIDELITY, megabytes=4.0),
            "int8_static": Row(speed=SPEED, fidelity=FIDELITY, megabytes=1.0),
            "int8_dynamic": Row(speed=SPEED, fidelity=failed),
            "openvino_bf16": Row(note="openvino is not installed"),
        },
        timed_texts=5,
        timed_tokens=20.0,
        threads=2,
        load=0.1,
    )


def test_the_fastest_come_first_and_each_has_a_verdict() -> None:
    head, *lines = table(conversion()).splitlines()
    assert "ms/text" in head
    assert [line.split()[0] for line in lines] == [
        *("int8_static", "int8_dynamic", "fp32", "openvino_bf16"),
    ]
    ends = ("served", "f1 on test loses 1 points", "passes", "openvino is not installed")
    assert all(line.endswith(end) for line, end in zip(lines, ends, strict=True))


def test_figures_are_named_by_candidate() -> None:
    found = conversion().figures()
    assert found["convert.int8_static.mean_ms"] == 1.5
    assert found["convert.fp32.agreement"] == 1.0
    assert "convert.openvino_bf16.mean_ms" not in found
