"""What services answer each other, as types. Written by `make generate` from the OpenAPI document.

`page` and `internal` are written by hand: what is generic, and what is no part of the public API.
"""
