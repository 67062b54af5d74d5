"""Jobs of one or several requests, each written once for both clients.

A flow is a coroutine that awaits only what its engine offers. Given an engine with the blocking transport
it runs through without suspending; see `minio_sdk.blocking`.
"""
