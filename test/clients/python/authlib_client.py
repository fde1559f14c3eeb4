"""A web server that signs people in, written with Authlib.

It says which page a person is to open as a line {"open": url}, reads where their
browser was sent as a line {"to": url, "answer": query}, and prints what it got in
the end.
"""

import json
import os
import sys

from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.jwk import KeySet

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # plain http, on this machine

issuer, client_id, secret, site = sys.argv[1:]
redirect_uri = site + "/service/callback"


def visit(url):
    print(json.dumps({"open": url}), flush=True)
    return json.loads(sys.stdin.readline())


def refused(request):
    try:
        request()
    except OAuthError as error:
        return error.error
    return "not refused"


session = OAuth2Session(
    client_id, secret, redirect_uri=redirect_uri, scope="openid profile email offline_access", code_challenge_method="S256"
)
server = OpenIDProviderMetadata(session.get(get_well_known_url(issuer, external=True), withhold_token=True).json())
server.validate()

verifier, nonce = generate_token(48), generate_token()
url, state = session.create_authorization_url(server["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
answer = visit(url)
tokens = session.fetch_token(server["token_endpoint"], authorization_response=answer["to"], state=state, code_verifier=verifier)

keys = KeySet.import_key_set(session.get(server["jwks_uri"], withhold_token=True).json())
token = jwt.decode(tokens["id_token"], keys, algorithms=server["id_token_signing_alg_values_supported"])
claims = CodeIDToken(
    token.claims,
    token.header,
    options={"iss": {"value": issuer}, "aud": {"value": client_id}},
    params={"nonce": nonce, "client_id": client_id, "access_token": tokens["access_token"]},
)
claims.validate()

user_info = session.get(server["userinfo_endpoint"])
signed_in = {"access": tokens["access_token"], "refresh": tokens["refresh_token"]}
renewed = session.refresh_token(server["token_endpoint"], refresh_token=tokens["refresh_token"])
revoked = session.revoke_token(server["revocation_endpoint"], token=renewed["refresh_token"], token_type_hint="refresh_token")
revoked.raise_for_status()
ended = session.create_authorization_url(
    server["end_session_endpoint"], id_token_hint=tokens["id_token"], post_logout_redirect_uri=site + "/service/"
)[0]
silent, _ = session.create_authorization_url(server["authorization_endpoint"], code_verifier=generate_token(48), prompt="none")

print(
    json.dumps(
        {
            "signed_in": signed_in,
            "claims": dict(claims),
            "user_info": user_info.json(),
            "renewed": {"access": renewed["access_token"], "refresh": renewed["refresh_token"]},
            "refresh_refused": refused(
                lambda: session.refresh_token(server["token_endpoint"], refresh_token=renewed["refresh_token"])
            ),
            "user_info_refused": str(session.get(server["userinfo_endpoint"]).status_code),
            "signed_out": visit(ended)["to"],
            "silent": visit(silent)["answer"],
        }
    )
)
