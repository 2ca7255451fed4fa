#!/usr/bin/env python3
"""peer_moto.py PORT: the moto server on loopback, with one of its answers mended.

moto names the root element of GetBucketVersioning `GetBucketVersioningResponse`; S3 names it
`VersioningConfiguration` (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketVersioning.html),
and a strict client refuses the other. Everything else is moto as it comes.
"""

import logging
import sys

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

WSGIRequestHandler.protocol_version = "HTTP/1.1"
logging.getLogger("werkzeug").setLevel(logging.ERROR)

WRONG, RIGHT = b"GetBucketVersioningResponse", b"VersioningConfiguration"


class Mended:
    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if environ.get("QUERY_STRING") != "versioning" or environ["REQUEST_METHOD"] != "GET":
            return self.app(environ, start_response)
        head = {}

        def remember(status, headers, exc_info=None):
            head.update(status=status, headers=headers)

        body = b"".join(self.app(environ, remember)).replace(WRONG, RIGHT)
        headers = [(name, value) for name, value in head["headers"] if name.lower() != "content-length"]
        start_response(head["status"], headers + [("Content-Length", str(len(body)))])
        return [body]


app = Mended(DomainDispatcherApplication(create_backend_app))
run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True, use_reloader=False)
