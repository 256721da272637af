"""An OpenID Connect issuer of Python's, for the test of foreign tokens.

Serves discovery and keys on a port of its own, prints its URL and then one token
per line, each named: NAME TOKEN. Ends when its standard input does.
Nothing of it is Go's: keys, thumb and signatures are by the package cryptography.
"""

import base64
import http.server
import json
import sys
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, length):
    return b64(n.to_bytes(length, "big"))


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())


def keys():
    r, e = RSA.public_key().public_numbers(), EC.public_key().public_numbers()
    return {
        "keys": [
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "py-rsa", "n": number(r.n, 256), "e": number(r.e, 3)},
            {"kty": "EC", "use": "sig", "alg": "ES256", "kid": "py-ec", "crv": "P-256", "x": number(e.x, 32), "y": number(e.y, 32)},
            {"kty": "future", "kid": "not understood"},
        ]
    }


def sign_rsa(data):
    return RSA.sign(data, padding.PKCS1v15(), hashes.SHA256())


def sign_ec(data):
    r, s = decode_dss_signature(EC.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def token(alg, kid, sign, claims):
    head = {"alg": alg, "kid": kid, "typ": "at+jwt"}
    text = ".".join(b64(json.dumps(part).encode()) for part in (head, claims))
    return text + "." + b64(sign(text.encode()))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        url = "http://%s:%d/tenant/" % self.server.server_address
        documents = {
            "/tenant/.well-known/openid-configuration": {"issuer": url, "jwks_uri": url + "certs", "authorization_endpoint": url + "authorize"},
            "/tenant/certs": keys(),
        }
        document = documents.get(self.path)
        self.send_response(200 if document else 404)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *args):
        pass


def main():
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = "http://%s:%d/tenant/" % server.server_address
    now = time.time()
    good = {"iss": url, "sub": "auth0|alice", "aud": ["askaround", url + "userinfo"], "iat": now, "exp": now + 3600, "scope": "openid ask"}
    print(url)
    print("RS256", token("RS256", "py-rsa", sign_rsa, good))
    print("ES256", token("ES256", "py-ec", sign_ec, good))
    print("expired", token("RS256", "py-rsa", sign_rsa, dict(good, exp=now - 3600)))
    print("forged", token("RS256", "py-rsa", lambda data: sign_rsa(data + b"x"), good))
    sys.stdout.flush()
    sys.stdin.read()


main()
