"""The server's process: what it is told, what is said when it does not come up, and that nothing outlives it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.engines import vllm_server
from pipelines.engines.config import EngineConfig
from pipelines.engines.vllm_server import server_command, server_environment, start_vllm
from pipelines.errors import OutsideFailed

CONFIG = EngineConfig(
    kind="vllm", model="tiny:1", server_arguments=("--tensor-parallel-size=4",), start_timeout=30
)

_SERVER = """
import http.server, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
open(sys.argv[2], "w").write(str(child.pid))
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(b'vllm:prompt_tokens_total{e="0"} 12.0\\nvllm:prompt_tokens_total{e="1"} 3.0\\n')
    def log_message(self, *a): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Health).serve_forever()
"""


def _stand_in(monkeypatch: pytest.MonkeyPatch, script: str, *further: str) -> None:
    monkeypatch.setattr(
        vllm_server,
        "server_command",
        lambda _config, _model, port: [sys.executable, "-c", script, str(port), *further],
    )


def test_the_operators_arguments_come_last(tmp_path: Path) -> None:
    assert server_command(CONFIG, tmp_path, 1234)[-1] == "--tensor-parallel-size=4"


def test_the_server_is_kept_off_the_model_hub_and_behind_a_key() -> None:
    environment = server_environment({"PATH": "/bin"}, "secret")
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["VLLM_API_KEY"] == "secret"
    assert "secret" not in " ".join(server_command(CONFIG, Path("m"), 1))


async def test_a_server_that_dies_is_reported_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(monkeypatch, "import sys; sys.exit('no memory left')")
    with pytest.raises(OutsideFailed, match="no memory left") as caught:
        await start_vllm(CONFIG, tmp_path, tmp_path / "log.txt")
    assert caught.value.code == "engine_not_up"


async def test_a_server_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(monkeypatch, "import signal; signal.pause()")
    with pytest.raises(OutsideFailed, match="not ready"):
        await start_vllm(CONFIG.model_copy(update={"start_timeout": 0.3}), tmp_path, tmp_path / "log.txt")


async def test_stopping_leaves_no_process_and_counters_are_summed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _stand_in(monkeypatch, _SERVER, str(tmp_path / "child"))
    server = await start_vllm(CONFIG, tmp_path, tmp_path / "log.txt")
    assert await server.counters() == {"prompt_tokens": 15}
    child = int((tmp_path / "child").read_text())
    assert _alive(child)
    server.stop()
    assert server.process.returncode is not None
    assert not _alive(child)
    assert await server.counters() == {}


def test_the_server_ends_when_its_stage_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves the stage no time to stop anything: the kernel tells the server."""
    stage = (
        "import asyncio, os, sys\n"
        "from pathlib import Path\n"
        "from pipelines.engines import vllm_server as v\n"
        "from pipelines.engines.config import EngineConfig\n"
        f"script = {_SERVER!r}\n"
        f"child = {str(tmp_path / 'child')!r}\n"
        "v.server_command = lambda c, m, port: [sys.executable, '-c', script, str(port), child]\n"
        f"server = asyncio.run(v.start_vllm(EngineConfig(kind='vllm'), Path('.'), Path({str(tmp_path / 'log')!r})))\n"
        "print(server.process.pid, flush=True)\n"
        "import signal; signal.pause()\n"
    )
    with subprocess.Popen([sys.executable, "-c", stage], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        watch = os.pidfd_open(server)
        process.send_signal(signal.SIGKILL)
        import select

        ready, _, _ = select.select([watch], [], [], 20)
        os.close(watch)
    os.kill(int((tmp_path / "child").read_text()), signal.SIGKILL)
    assert ready


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
