"""A script of a company that reads its settlements with its API key. Prints what it
got as JSON.

usage: spendesk.py BASE_URL
"""

import json
import sys

import requests


def authenticate(base_url):
    response = requests.post(f"{base_url}/auth/token", auth=("my_id", "my_secret"))
    response.raise_for_status()
    return response.json()


def settlements(base_url, token):
    response = requests.get(f"{base_url}/settlements", headers={"Authorization": f"Bearer {token}"})
    return {"status": response.status_code, **response.json()}


def main(base_url):
    token = authenticate(base_url)
    out = {
        "token": token,
        "settlements": settlements(base_url, token["access_token"]),
        "again": authenticate(base_url)["access_token"],
        "refused": settlements(base_url, "my_secret"),
    }
    print(json.dumps(out))


main(sys.argv[1])
