# A worker of stages on a node with accelerators: vLLM generates, DeepSpeed trains. The devel image, because DeepSpeed compiles
# its optimisers for the accelerator it finds.
#   docker build -f deploy/gpu.Dockerfile -t graftlab-gpu .
FROM nvidia/cuda:13.0.1-devel-ubuntu24.04
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends git python3 python3-dev python3-venv g++ ninja-build \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/graftlab --create-home graftlab \
    && python3 -m venv /opt/graftlab
WORKDIR /build
# Constraints and not a list: torch and vllm name NVIDIA's libraries of their own build, exactly.
COPY locks/gpu.txt locks/
RUN /opt/graftlab/bin/pip install --no-cache-dir -c locks/gpu.txt setuptools "torch==2.13.0" "vllm==0.32.0"
COPY LICENSE README.md pyproject.toml ./
COPY taxonomy_schema taxonomy_schema
COPY pipelines pipelines
COPY service service
RUN /opt/graftlab/bin/pip install --no-cache-dir --no-build-isolation -c locks/gpu.txt ".[gpu]"
ENV PATH=/opt/graftlab/bin:$PATH PYTHONUNBUFFERED=1 GRAFT_HOME=/var/lib/graftlab GRAFT_LOG_JSON=true GRAFT_RECIPE=node
USER 10001
WORKDIR /var/lib/graftlab
# A worker is busy for as long as its stage and answers no ping meanwhile: what is checked is that the accelerators answer.
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["nvidia-smi", "-L"]
CMD ["celery", "-A", "service.stage_worker", "worker", "-n", "gpu@%h", "-Q", "gpu", "--pool", "solo", \
     "--without-mingle", "--without-gossip", "--loglevel", "info"]
