"""A server that takes every connection and never answers: what a stage waits for until it is stopped."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def black_hole() -> Iterator[tuple[str, threading.Event]]:
    """(its URL, an event that is set once somebody came)."""
    reached, taken = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def swallow() -> None:
            while True:
                try:
                    taken.append(listener.accept()[0])
                except OSError:
                    return  # closed: the test is over
                reached.set()

        thread = threading.Thread(target=swallow, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/documents", reached
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    for connection in taken:
        connection.close()
