"""Prints the status of a login, a guarded request, a logout and a guarded request."""

import http.cookiejar
import ssl
import sys
import urllib.error
import urllib.request

trusting = ssl._create_unverified_context()
opener = urllib.request.build_opener(
    urllib.request.HTTPSHandler(context=trusting),
    urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()),
)

for method, path in [("POST", "/login"), ("GET", "/me"), ("POST", "/logout"), ("GET", "/me")]:
    request = urllib.request.Request(sys.argv[1] + path, method=method)
    try:
        print(opener.open(request).status)
    except urllib.error.HTTPError as refusal:
        print(refusal.code)
