"""By how many bytes one transfer makes a process grow: CLIENT upload|download URL KEY SECRET BUCKET PATH."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from tests.benchmarks.peaks import highest, resident
from tests.comparison.model import MC
from tests.comparison.peers import connected
from tests.servers import Server


def main() -> None:
    name, what, url, access_key, secret_key, bucket, told = sys.argv[1:]
    path = Path(told)
    with connected(name, Server("", url, access_key, secret_key, "")) as peer:
        if name != MC:
            peer.put(bucket, "some/object", b"x")
            peer.get(bucket, "some/object")
        before = resident()
        if what == "upload":
            peer.upload(bucket, path.name, path)
        else:
            target = path.with_name(f"{name}.down")
            peer.download(bucket, path.name, target)
            size = target.stat().st_size
            target.unlink()
            if size != path.stat().st_size:
                raise SystemExit(f"{size} bytes came")
        if name == MC:  # another process: all of it counts
            print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
        else:
            print(highest() - before)


if __name__ == "__main__":
    main()
