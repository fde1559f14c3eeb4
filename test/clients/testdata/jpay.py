"""An app that keeps itself signed in, with requests. Prints what it got as JSON.

usage: jpay.py BASE_URL
"""

import json
import sys
from datetime import datetime, timedelta

import requests


class App:
    """Holds the tokens of one app key. A minute before they end they are replaced."""

    def __init__(self, base_url, app_key, app_secret):
        self.base_url = base_url
        self.credentials = {"app_key": app_key, "app_secret": app_secret}
        self.access = self.refresh = self.ends_at = None

    def _take(self, path, body):
        response = requests.post(self.base_url + path, json=body)
        response.raise_for_status()
        tokens = response.json()
        self.access, self.refresh = tokens["access"], tokens["refresh"]
        self.ends_at = datetime.now() + timedelta(minutes=14)
        return tokens

    def sign_in(self):
        return self._take("/auth/app/token", self.credentials)

    def renew(self):
        return self._take("/auth/refresh", {"refresh": self.refresh})

    def _headers(self):
        if self.access is None:
            self.sign_in()
        elif datetime.now() >= self.ends_at:
            self.renew()
        return {"Authorization": f"Bearer {self.access}", "Content-Type": "application/json"}

    def get(self, path):
        response = requests.get(self.base_url + path, headers=self._headers())
        response.raise_for_status()
        return response.json()

    def post(self, path, body):
        response = requests.post(self.base_url + path, headers=self._headers(), json=body)
        response.raise_for_status()
        return response.json()


CHECKOUT = {
    "payfrom": "+254712345678",
    "amount": "1000.00",
    "ref_no": "ORDER-123",
    "account_number": "1001",
    "callback_url": "https://shop.example/webhook",
}


def main(base_url):
    app = App(base_url, "your_app_key", "your_app_secret")
    out = {"signed_in": app.sign_in()}
    out["initiated"] = app.post("/payments/collections/checkouts/initiate", CHECKOUT)
    out["first"] = app.get("/payments/collections/checkouts")
    used = app.refresh
    app.ends_at = datetime.now()
    out["second"] = app.get("/payments/collections/checkouts")
    out["renewed"] = {"access": app.access, "refresh": app.refresh}
    app.refresh = used
    try:
        app.renew()
    except requests.HTTPError as error:
        out["reused"] = error.response.status_code
    try:
        App(base_url, "your_app_key", "not_your_app_secret").sign_in()
    except requests.HTTPError as error:
        out["refused"] = {"status": error.response.status_code, "body": error.response.json()}
    print(json.dumps(out))


main(sys.argv[1])
