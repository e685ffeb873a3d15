# The door and the pages: FastAPI under uvicorn. No engine, no Git, no credential of GitHub's.
#   docker build -f deploy/web.Dockerfile -t graftlab-web .
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/graftlab
COPY locks/serve.txt locks/
RUN /opt/graftlab/bin/pip install --no-cache-dir --no-deps -r locks/serve.txt
COPY LICENSE README.md pyproject.toml ./
COPY taxonomy_schema taxonomy_schema
COPY pipelines pipelines
COPY service service
RUN /opt/graftlab/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/graftlab --create-home graftlab
COPY --from=build /opt/graftlab /opt/graftlab
ENV PATH=/opt/graftlab/bin:$PATH PYTHONUNBUFFERED=1 GRAFT_HOME=/var/lib/graftlab GRAFT_LOG_JSON=true
USER 10001
WORKDIR /var/lib/graftlab
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["uvicorn", "--factory", "service.app:create_app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log"]
