"""An empty ASGI application in BentoML, as its documentation mounts one: its floor."""

import bentoml

from benchmarks.peers import empty


@bentoml.service(name="floor", workers=1)
@bentoml.asgi_app(empty, path="/")
class Floor:
    """Answers ``{}``."""
