"""The service: HTTP API, pages and metrics in one process over the desk (``exeat serve``). Importing this loads nothing."""
