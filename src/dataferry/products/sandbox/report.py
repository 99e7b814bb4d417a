"""What a child says to its parent on the way."""

from __future__ import annotations

import json
import os
from typing import Any


class Report:
    """Lines of JSON to the parent."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def say(self, **event: Any) -> None:
        os.write(self._handle, json.dumps(event, default=str).encode() + b"\n")
