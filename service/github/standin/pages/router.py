"""Where the pages are."""

from __future__ import annotations

from fastapi import APIRouter

from service.github.standin.call import TransactionRoute

router = APIRouter(route_class=TransactionRoute)
