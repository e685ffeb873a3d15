"""How far somebody has looked, by name."""

from sqlalchemy.orm import Session

from service.ledger.session import insert_or_ignore
from service.ledger.tables import Cursor


def cursor(session: Session, name: str) -> str | None:
    row = session.get(Cursor, name)
    return None if row is None else row.value


def set_cursor(session: Session, name: str, value: str) -> None:
    insert_or_ignore(session, Cursor, {"name": name, "value": value})
    session.get_one(Cursor, name, populate_existing=True).value = value
