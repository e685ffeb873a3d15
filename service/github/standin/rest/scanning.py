"""Code scanning: findings come in as SARIF, gzipped and in base64."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import uuid
import zlib

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from service.github.standin.call import Body, CallNow, Json, TransactionRoute, take
from service.github.standin.errors import ApiError, not_found
from service.github.standin.review_tables import SarifUpload

router = APIRouter(prefix="/repos/{owner}/{name}/code-scanning", route_class=TransactionRoute)
_REF = re.compile(r"refs/(?:heads|tags)/.+|refs/pull/\d+/(?:head|merge)")
_SHA = re.compile(r"[0-9a-f]{40}")


@router.post("/sarifs")
def upload(call: CallNow, owner: str, name: str, body: Body) -> JSONResponse:
    """Takes a log for a commit and a ref; who may write may upload."""
    repo = call.repo(owner, name)
    call.demand(repo, "write")
    sha = take(body, "commit_sha", str, resource="CodeScanning")
    ref = take(body, "ref", str, resource="CodeScanning")
    if not _SHA.fullmatch(sha) or call.git(repo).resolve(sha) is None:
        raise ApiError(422, "commit_sha is not a commit of the repository")
    if not _REF.fullmatch(ref):
        raise ApiError(422, "ref is not a full ref")
    log = _unpacked(take(body, "sarif", str, resource="CodeScanning"))
    row = SarifUpload(
        id=str(uuid.uuid4()), repo_id=repo.id, commit_sha=sha, ref=ref, created_at=call.now,
        results=sum(len(run.get("results", ())) for run in log["runs"]),
    )  # fmt: skip
    call.session.add(row)
    call.record("sarif.uploaded", f"{repo.full_name}@{sha}", log)
    url = f"{call.links.repo(repo.full_name)}/code-scanning/sarifs/{row.id}"
    return JSONResponse({"id": row.id, "url": url}, status_code=202)


def _unpacked(sarif: str) -> Json:
    try:
        log = json.loads(gzip.decompress(base64.b64decode(sarif, validate=True)))
    except (binascii.Error, OSError, EOFError, zlib.error, ValueError) as error:
        raise ApiError(400, "sarif is not a gzipped, base64 encoded log") from error
    if not isinstance(log, dict) or log.get("version") != "2.1.0" or not isinstance(log.get("runs"), list):
        raise ApiError(400, "sarif is not SARIF 2.1.0")
    return log


@router.get("/sarifs/{upload_id}")
def get_upload(call: CallNow, owner: str, name: str, upload_id: str) -> Json:
    repo = call.repo(owner, name)
    row = call.session.get(SarifUpload, upload_id)
    if row is None or row.repo_id != repo.id:
        raise not_found()
    url = f"{call.links.repo(repo.full_name)}/code-scanning/analyses?sarif_id={row.id}"
    return {"processing_status": "complete", "analyses_url": url}
