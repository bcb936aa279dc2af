"""Prints the status of a login, a guarded request, a logout and a guarded request."""

import sys
import warnings

import requests

warnings.simplefilter("ignore")  # Of a certificate that nobody has signed.
session = requests.Session()
session.trust_env = False
session.verify = False

for method, path in [("POST", "/login"), ("GET", "/me"), ("POST", "/logout"), ("GET", "/me")]:
    print(session.request(method, sys.argv[1] + path).status_code)
