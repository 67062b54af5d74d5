"""Credentials that reach one tenant: made, listed, renewed and ended on the server itself.

`lifecycle` says what is done; the other files say how each kind of server does it.
"""
