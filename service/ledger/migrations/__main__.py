"""`python -m service.ledger.migrations`: create or migrate the ledger that the settings name, and end."""

import sys

from service.errors import ServiceError
from service.ledger.migrations import upgrade
from service.settings import get_settings

if __name__ == "__main__":
    try:
        upgrade(get_settings())
    except ServiceError as error:
        sys.exit(f"{error.message}. {error.mend}")
