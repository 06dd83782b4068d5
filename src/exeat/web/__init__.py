"""The service: HTTP API, pages and metrics in one process over the desk. Importing this loads nothing."""
