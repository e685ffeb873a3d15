"""What a stage may see."""

from pathlib import Path

from service.jobs.stage_process import stage_environment
from service.settings import Settings


def test_stages_see_no_credential_and_no_setting_of_the_service(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, stage_environment=("TEACHER_KEY", "GRAFT_GITHUB_TOKEN"))
    environment = {
        "PATH": "/bin",
        "OMP_NUM_THREADS": "2",
        "TEACHER_KEY": "k",
        "GRAFT_WEBHOOK_SECRETS": "s",
        "GRAFT_GITHUB_TOKEN": "t",
        "AWS_SECRET_ACCESS_KEY": "a",
    }

    seen = stage_environment(settings, environment)

    assert seen == {"PATH": "/bin", "OMP_NUM_THREADS": "2", "TEACHER_KEY": "k", "PYTHONUNBUFFERED": "1"}
