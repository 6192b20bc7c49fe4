"""JSON messages over a `multiprocessing` connection: nothing that crosses a process border is unpickled."""

from __future__ import annotations

import json
import threading
from multiprocessing.connection import Connection
from typing import Any

Message = dict[str, Any]
MAX_MESSAGE_BYTES = 64 * 1024 * 1024


class ChannelClosed(ConnectionError):
    """The other side is gone."""


class Channel:
    """One end of a two-way line of JSON objects; `send` may be called from any thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    def send(self, message: Message) -> None:
        """Send one object. Raises ChannelClosed when the other side is gone."""
        data = json.dumps(message, separators=(",", ":"), allow_nan=True).encode()
        try:
            with self._sending:
                self._connection.send_bytes(data)
        except (OSError, ValueError) as error:
            raise ChannelClosed("the other process is gone") from error

    def receive(self) -> Message:
        """Wait for one object. Raises ChannelClosed when the other side is gone or talks nonsense."""
        try:
            message = json.loads(self._connection.recv_bytes(MAX_MESSAGE_BYTES))
        except (EOFError, OSError, ValueError) as error:
            raise ChannelClosed("the other process is gone") from error
        if not isinstance(message, dict):
            raise ChannelClosed("the other process sent something that is not an object")
        return message

    def close(self) -> None:
        """Hang up."""
        self._connection.close()
