"""The client with GitHub's credentials. Only jobs of the queue `control` ask for it."""

from functools import cache

from service.github.client import GitHub
from service.github.connect import connect
from service.settings import get_settings


@cache
def github() -> GitHub:
    """One client a process."""
    return connect(get_settings())
