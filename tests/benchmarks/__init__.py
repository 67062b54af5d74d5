"""How fast the SDK is beside its peers: `python -m tests.benchmarks [AREA ...]`.

Machines are noisy and differ, so only ratios count, and they are taken within a round: in each round
every client has its turn on the same server, in another order each time, and what is shown are the
medians over the rounds. Client CPU (user and system time of this process) is the steadier figure;
wall time is what a user feels. Peers that aren't installed are left out. Nothing here fails a test
run by its timing.

    __main__.py       the command line
    areas.py          <- add an area here
    caching.py        the areas of the read cache
    clients.py        <- add a blocking peer here
    async_clients.py  <- add an async peer here
    programs.py       <- add a program here
    peaks.py          the area of memory
    measure.py        rounds, clocks, medians
    endpoint.py       what the clients talk to: `null_s3.c`, or a real server
    results.py        the figures, kept as docs/benchmarks.json
    goals.py          what is asked of the SDK
    page.py, plots.py docs/benchmarks.md and docs/plots, made of the figures

docs/performance.md says how to run it and how the figures are taken.
"""
