"""How fast the SDK is beside its peers: `python -m tests.benchmarks [AREA ...]`.

Machines are noisy and differ, so only ratios count, and they are taken within a round: in each round
every client has its turn on the same server, in another order each time, and what is shown are the
medians over the rounds. Client CPU (user and system time of this process) is the steadier figure;
wall time is what a user feels. Peers that aren't installed are left out. Nothing here fails a test
run by its timing.

    __main__.py   the command line and the table
    areas.py      <- add an area here
    clients.py    <- add a peer here
    measure.py    rounds, clocks, medians
    endpoint.py   what the clients talk to: `null_s3.c`, or a real server
"""
