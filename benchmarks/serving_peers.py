"""The rows of ``benchmarks.serving`` that set other servers beside ours."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from benchmarks.drive import CONNECTIONS, Bench, Figure, Figures, Key
from benchmarks.servers import Server
from benchmarks.serving_table import Row

QUESTION: Key = ("questions", 1)
EXPORT = "base-exported"
CLASSIC = {  # model -> what its row says
    EXPORT: "classic",
    "base-exported-eager": "classic, eager attention",
    "base-fp32": "classic, our fp32 file",
}
TURNS = 3  # each in new processes
CLASSIC_P50 = 40.0
CLASSIC_RATE = {"questions": 40.0, "posts": 8.0}
FLASK_RATE = {"base": {1: 1.0, 16: 1.0, 64: 1.0}, "student": {16: 1.2, 64: 1.2}}
FRAMEWORKS_RATE = 2.5


def classic(bench: Bench) -> Iterator[Row]:
    """The classic design: PyTorch's export in fp32, every text padded to 512 tokens.

    Its one question is asked in turns with ours, and so are two faster files in its place.
    """
    found: dict[str, list[Figure]] = {model: [] for model in ("base", *CLASSIC)}
    for _ in range(1 if bench.quick else TURNS):
        with bench.servers.ours(bench.models.get("base")) as server:
            found["base"].append(bench.load(server, *QUESTION, bench.seconds))
        for model in CLASSIC:
            with bench.servers.classic(bench.models.get(model)) as server:
                found[model].append(bench.load(server, *QUESTION, bench.seconds))
    for model, name in CLASSIC.items():
        target = CLASSIC_P50 if model == EXPORT else None
        yield sooner(bench, name, found["base"], found[model], target)
    keys = [(kind, 16) for kind in bench.kinds]
    with bench.servers.classic(bench.models.get(EXPORT)) as server:
        peer = bench.drive(server, keys)
    for key in keys:
        yield more(bench, "base", "classic", key, peer, CLASSIC_RATE[key[0]])


def dynamic(bench: Bench) -> Iterator[Row]:
    """Our own file under Flask, in the best of many set-ups for each row."""
    yield from _flask(bench, "base")


def student(bench: Bench) -> Iterator[Row]:
    """The same with the distilled model."""
    yield from _flask(bench, "student")


def _flask(bench: Bench, model: str) -> Iterator[Row]:
    trials: list[tuple[Server, Figures]] = []
    for server in bench.servers.dynamic(bench.models.get(model), bench.quick):
        with server:
            trials.append((server, bench.drive(server, seconds=bench.seconds / 4)))
    best = {key: max(trials, key=lambda trial: trial[1][key].rate)[0] for key in bench.keys}
    peer: Figures = {}
    for server in dict.fromkeys(best.values()):
        with server:
            peer |= bench.drive(server, [key for key in bench.keys if best[key] is server])
    for key in bench.keys:
        yield more(bench, model, best[key].name, key, peer, FLASK_RATE[model].get(key[1]))


def mlflow(bench: Bench) -> Iterator[Row]:
    """MLflow's server with the model as it was trained, and with our file for comparison."""
    targets: Mapping[str, float | None] = {"base-fp32": FRAMEWORKS_RATE, "base": None}
    for model, target in targets.items():
        server = bench.servers.mlflow(bench.models.get(model))
        yield from _framework(bench, server, f"MLflow, {model}", target)


def pipeline(bench: Bench) -> Iterator[Row]:
    """A PyTorch pipeline under FastAPI."""
    server = bench.servers.pipeline(bench.models.get("base-fp32"))
    yield from _framework(bench, server, "pipeline", FRAMEWORKS_RATE)


def _framework(bench: Bench, server: Server, name: str, target: float | None) -> Iterator[Row]:
    keys = [("questions", connections) for connections in CONNECTIONS]
    with server:
        peer = bench.drive(server, keys)
    for key in keys:
        yield more(bench, "base", name, key, peer, target)


def sooner(
    bench: Bench, name: str, ours: Sequence[Figure], peer: Sequence[Figure], target: float | None
) -> Row:
    """How many times sooner an answer of ours comes, by the medians of the turns."""
    mine, other = (median(each.p50 for each in figures) for figures in (ours, peer))
    answered = all(each.rate for each in peer)
    return Row(
        name="base, questions, 1 connection, p50",
        ours=f"{mine:.1f} ms",
        peer=f"{name}: {other:.1f} ms" if answered else f"{name}: none answered",
        found=other / mine if answered else float("inf"),
        unit="×",
        target=target,
        limit=other / bench.limit("base", QUESTION)["p50"],
        cpu=median(each.cpu_ms for each in peer) / median(each.cpu_ms for each in ours),
        others=max(each.others for each in (*ours, *peer)),
    )


def more(bench: Bench, model: str, name: str, key: Key, peer: Figures, target: float | None) -> Row:
    """How many times the answers per second."""
    limit = times(bench.limit(model, key)["rate"], peer[key].rate)
    return ratio(model, name, key, bench.ours(model), peer, target, limit)


def times(ours: float, other: float) -> float:
    """Infinitely many times what answers nothing."""
    return ours / other if other else float("inf")


def ratio(
    model: str,
    name: str,
    key: Key,
    ours: Figures,
    peer: Figures,
    target: float | None,
    limit: float | None,
) -> Row:
    return Row(
        name=f"{model}, {key[0]}, {key[1]} connections, rate",
        ours=f"{ours[key].rate:.1f}/s",
        peer=f"{name}: {peer[key].rate:.1f}/s" if peer[key].rate else f"{name}: none answered",
        found=times(ours[key].rate, peer[key].rate),
        unit="×",
        target=target,
        limit=limit,
        cpu=peer[key].cpu_ms / ours[key].cpu_ms,
        others=max(ours[key].others, peer[key].others),
    )
