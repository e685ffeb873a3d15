# Workers without an accelerator: the queues `control` (deliveries, reports) and `cpu` (collect, mix, compare, release), and beat.
#   docker build -f deploy/worker.Dockerfile -t graftlab-worker .
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/graftlab
COPY locks/worker.txt locks/
RUN /opt/graftlab/bin/pip install --no-cache-dir --no-deps -r locks/worker.txt
COPY LICENSE README.md pyproject.toml ./
COPY taxonomy_schema taxonomy_schema
COPY pipelines pipelines
COPY service service
RUN /opt/graftlab/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.14-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/graftlab --create-home graftlab
COPY --from=build /opt/graftlab /opt/graftlab
ENV PATH=/opt/graftlab/bin:$PATH PYTHONUNBUFFERED=1 GRAFT_HOME=/var/lib/graftlab GRAFT_LOG_JSON=true
USER 10001
WORKDIR /var/lib/graftlab
# Says whether ledger and broker can be reached from here. That a worker does its work is told by its leases, which the
# sweeper watches: a worker of stages is busy for as long as its stage.
HEALTHCHECK --interval=60s --timeout=30s --start-period=30s CMD ["graft", "doctor", "--quick"]
CMD ["celery", "-A", "service.worker", "worker", "-n", "control@%h", "-Q", "control", "--pool", "threads", "-c", "2", \
     "--without-mingle", "--without-gossip", "--loglevel", "info"]
