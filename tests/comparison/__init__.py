"""What the SDK and its neighbours can do, tried rather than told: `python -m tests.comparison`.

For each feature there is a small probe for each client, which is run for real: against MinIO, through a
proxy that does what a bad network does, or against a server that follows a script. What a probe saw is a
cell of the table in docs/comparison.md. Where a client has no such call, the probe searches its public
names (or the help of all commands of `mc`), and fails when it finds one after all.

    __main__.py      the command line
    model.py         what a cell, a feature and a probe are
    lab.py           the servers, the proxy, files and buckets
    peers.py         <- add a client here: get, put, upload, download, list, one way for all
    names.py         what is public in each client
    page.py          docs/comparison.md, made of docs/comparison.json
    areas/*.py       <- add a feature here: one file for each area
    memory.py, typed.py, resuming.py    programs that probes run in a process of their own
    test_comparison.py                  what CI holds: page and data agree, and our column is up to date

A probe is as strict with the SDK as with everyone. It says what it saw, and never what it expected.
"""
