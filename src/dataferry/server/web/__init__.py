"""The manners of the web that every door shares: problems, paging, entity tags, ranges, rate limits, guarded fetch.

An API is made with `dataferry.server.web.api` (its docstring shows how), files are answered with
`dataferry.server.web.files.serve`, and `dataferry.server.web.limits` counts requests. They are modules of their own
rather than names here, because Django loads this package before its apps are ready.
"""
