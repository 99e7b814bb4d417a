"""Refusals with a status of their own in the protocol."""

from dataferry.messages import MissingError, UnavailableError
from dataferry.server.web.problems import ConflictError


class GoneError(MissingError):
    """It was here, and is no more."""

    http_status = 410


class LockedError(ConflictError):
    """Another request writes into this upload."""

    http_status = 423


class StorageFullError(UnavailableError):
    """The disk has no room for these bytes."""

    http_status = 507
