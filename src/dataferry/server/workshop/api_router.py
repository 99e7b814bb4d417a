"""The router of the workshop's part of the API; `api` gathers what stands on it."""

from dataferry.server.web.api import api_router as new_router

router = new_router("products")
