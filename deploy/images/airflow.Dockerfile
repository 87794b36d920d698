# Airflow, and the environment of the steps that it starts: the seam between them is a command.
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
# Without it: the public index.
ARG PACKAGE_INDEX
RUN pip install --no-cache-dir ${PACKAGE_INDEX:+--index-url "$PACKAGE_INDEX"} uv==0.13.8
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /build
COPY requirements/airflow.in requirements/airflow.txt ./
RUN uv venv --python /usr/local/bin/python3.11 /opt/airflow \
    && uv pip install --python /opt/airflow/bin/python -r airflow.in -c airflow.txt \
        ${PACKAGE_INDEX:+--default-index "$PACKAGE_INDEX"}
# cpu, or a version of CUDA such as cu130; empty: the torch of the index.
ARG TORCH_BACKEND=cpu
COPY requirements/ml.in requirements/ml.txt ./
RUN uv venv --python /usr/local/bin/python3.11 /opt/ml \
    && uv pip install --python /opt/ml/bin/python -r ml.in -c ml.txt \
        ${PACKAGE_INDEX:+--default-index "$PACKAGE_INDEX"} \
        ${TORCH_BACKEND:+--torch-backend "$TORCH_BACKEND"} \
    && echo /opt/mlproject > /opt/ml/lib/python3.11/site-packages/mlproject.pth

FROM ${PYTHON}
# A new volume takes owner and mode of the folder that it is mounted on.
RUN groupadd --gid 10001 mlproject \
    && useradd --uid 10001 --gid mlproject --create-home mlproject \
    && install -d -o mlproject -g mlproject -m 0750 \
        /var/lib/airflow /var/lib/airflow/logs /var/lib/bentos /var/lib/mlproject
COPY --from=build /opt/airflow /opt/airflow
COPY --from=build /opt/ml /opt/ml
WORKDIR /opt/mlproject
COPY bentofile.yaml ./
COPY requirements requirements
COPY deploy/images deploy/images
COPY examples examples
COPY dags dags
COPY plugins plugins
COPY mlproject mlproject
RUN chmod -R a+rX . && /usr/local/bin/python -m compileall -q .
ENV PATH=/opt/airflow/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/var/lib/airflow \
    BENTOML_HOME=/var/lib/bentos \
    HF_HOME=/var/lib/mlproject/hub \
    MLPROJECT_HOME=/var/lib/mlproject \
    MLPROJECT_PYTHON=/opt/ml/bin/python
USER 10001:10001
ENTRYPOINT ["/usr/local/bin/python", "/opt/mlproject/deploy/images/entrypoint.py"]
CMD ["airflow", "version"]
