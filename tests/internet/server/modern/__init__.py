"""A site with HTTP/2, WebSockets, gRPC and client certificates.

It needs the packages of tests/requirements-clients.txt. tests/support/site.py starts it.
"""
