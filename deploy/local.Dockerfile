# Everything on one machine without an accelerator, with the stand-in for GitHub: what `make demo` sets up, as an image.
#   docker build -f deploy/local.Dockerfile --build-arg PIP_EXTRA_INDEX_URL=... -t graftlab-local .
# The argument names an index with PyTorch's CPU wheels, where the usual one has none.
FROM python:3.11.14-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends git gcc g++ && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/graftlab --create-home graftlab
WORKDIR /opt/graftlab
ARG PIP_EXTRA_INDEX_URL=""
COPY locks/local.txt locks/
RUN pip install --no-cache-dir --no-deps -r locks/local.txt
COPY LICENSE README.md pyproject.toml ./
COPY taxonomy_schema taxonomy_schema
COPY pipelines pipelines
COPY service service
RUN pip install --no-cache-dir --no-deps --no-build-isolation .
ENV PYTHONUNBUFFERED=1 HF_HUB_OFFLINE=1
USER 10001
WORKDIR /var/lib/graftlab
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["graft", "up", "--local", "--home", "/var/lib/graftlab"]
