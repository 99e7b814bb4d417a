"""The workshop's part of the API: products and releases, drafts and builds."""

from dataferry.server.workshop import draft_api, release_api
from dataferry.server.workshop.api_router import router

__all__ = ["draft_api", "release_api", "router"]
