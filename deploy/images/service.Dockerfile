# What answers over HTTP: the service that serves a Bento, and the stand-in forum of the demo.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
# Without it: the public index.
ARG PACKAGE_INDEX
RUN pip install --no-cache-dir ${PACKAGE_INDEX:+--index-url "$PACKAGE_INDEX"} uv==0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY requirements/serve.txt ./
RUN uv venv --python /usr/local/bin/python3.11 /opt/serve \
    && uv pip install --python /opt/serve/bin/python -r serve.txt \
        ${PACKAGE_INDEX:+--default-index "$PACKAGE_INDEX"}

FROM ${PYTHON}
# A new volume takes owner and mode of the folder that it is mounted on.
RUN groupadd --gid 10001 mlproject \
    && useradd --uid 10001 --gid mlproject --create-home mlproject \
    && install -d -o mlproject -g mlproject -m 0750 /var/lib/bentos /var/lib/mlproject
COPY --from=build /opt/serve /opt/serve
WORKDIR /opt/mlproject
COPY bentofile.yaml ./
COPY requirements/serve.txt requirements/
COPY deploy/images deploy/images
COPY examples examples
COPY mlproject mlproject
RUN chmod -R a+rX . && /usr/local/bin/python -m compileall -q .
ENV PATH=/opt/serve/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BENTOML_HOME=/var/lib/bentos \
    MLPROJECT_HOME=/var/lib/mlproject
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/python", "/opt/mlproject/deploy/images/entrypoint.py"]
CMD ["sh", "deploy/images/service.sh"]
