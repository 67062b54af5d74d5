"""What is used of fsspec, without annotations: its own are those of methods that block, which ours don't."""

from __future__ import annotations

from typing import Any

from fsspec import asyn, callbacks, core, spec, utils

AsyncFileSystem: Any = asyn.AsyncFileSystem
AbstractAsyncStreamedFile: Any = asyn.AbstractAsyncStreamedFile
AbstractBufferedFile: Any = spec.AbstractBufferedFile
Cached: Any = type(asyn.AsyncFileSystem)
DEFAULT_CALLBACK: Any = callbacks.DEFAULT_CALLBACK
OpenFile: Any = core.OpenFile
get_loop: Any = asyn.get_loop
isfilelike: Any = utils.isfilelike
iothread: Any = asyn.iothread
make_instance: Any = spec.make_instance
reset_lock: Any = asyn.reset_lock
run_coros: Any = asyn._run_coros_in_chunks
sync: Any = asyn.sync
sync_wrapper: Any = asyn.sync_wrapper
