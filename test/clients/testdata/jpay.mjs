// An app that keeps itself signed in, with fetch. Prints what it got as JSON.
//
// usage: node jpay.mjs BASE_URL

class App {
  // Holds the tokens of one app key. A minute before they end they are replaced.
  constructor(baseURL, appKey, appSecret) {
    this.baseURL = baseURL;
    this.credentials = { app_key: appKey, app_secret: appSecret };
  }

  async take(path, body) {
    const response = await fetch(this.baseURL + path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    const tokens = await response.json();
    if (!response.ok) {
      throw Object.assign(new Error('refused'), { status: response.status, body: tokens });
    }
    this.access = tokens.access;
    this.refresh = tokens.refresh;
    this.endsAt = new Date(Date.now() + 14 * 60 * 1000);
    return tokens;
  }

  signIn() {
    return this.take('/auth/app/token', this.credentials);
  }

  renew() {
    return this.take('/auth/refresh', { refresh: this.refresh });
  }

  async request(path, options = {}) {
    if (!this.access) {
      await this.signIn();
    } else if (new Date() >= this.endsAt) {
      await this.renew();
    }
    const response = await fetch(this.baseURL + path, {
      ...options,
      headers: { Authorization: `Bearer ${this.access}`, 'Content-Type': 'application/json' },
    });
    if (!response.ok) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return response.json();
  }
}

const checkout = {
  payfrom: '+254712345678',
  amount: '1000.00',
  ref_no: 'ORDER-123',
  account_number: '1001',
  callback_url: 'https://shop.example/webhook',
};

// refusal returns what a promise is rejected with.
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return { status: error.status, body: error.body };
  }
  return null;
}

const baseURL = process.argv[2];
const app = new App(baseURL, 'your_app_key', 'your_app_secret');
const out = { signed_in: await app.signIn() };
out.initiated = await app.request('/payments/collections/checkouts/initiate', {
  method: 'POST',
  body: JSON.stringify(checkout),
});
out.first = await app.request('/payments/collections/checkouts');
const used = app.refresh;
app.endsAt = new Date();
out.second = await app.request('/payments/collections/checkouts');
out.renewed = { access: app.access, refresh: app.refresh };
app.refresh = used;
out.reused = (await refusal(app.renew()))?.status;
out.refused = await refusal(new App(baseURL, 'your_app_key', 'not_your_app_secret').signIn());
console.log(JSON.stringify(out));
