// An integration that starts up: it signs its user in, reads who that is and what
// accounts it has, and keeps the first of them to buy from. Prints what it got as JSON.
//
// usage: node scratchpower.mjs BASE_URL

class Integration {
  constructor(baseURL, credentials) {
    this.baseURL = baseURL;
    this.credentials = credentials;
  }

  async signIn() {
    const response = await this.send('POST', '/v1/auth/login', { ...this.credentials, grant_type: 'password', source_channel: 'WEB' });
    const tokens = await response.json();
    if (!response.ok) {
      throw new Error(JSON.stringify(tokens));
    }
    this.access = tokens.access_token;
    this.endsAt = Date.now() + tokens.access_in * 1000;
  }

  send(method, path, body) {
    const headers = this.access ? { Authorization: `Bearer ${this.access}` } : {};
    if (body) {
      headers['Content-Type'] = 'application/json';
    }
    return fetch(this.baseURL + path, { method, headers, body: body && JSON.stringify(body) });
  }

  get(path) {
    return this.send('GET', path);
  }

  post(path, body) {
    return this.send('POST', path, body);
  }
}

const integration = new Integration(process.argv[2], {
  client_id: 'your-client-id',
  client_secret: 'your-client-secret',
  identifier: 'integration-user',
  secret_pass: 'your-password',
  org_code: 'YOUR_ORG',
});
await integration.signIn();

const me = await integration.get('/v1/auth/me').then((response) => response.json());
const accounts = await integration.get('/v1/accounts').then((response) => response.json());
const debitedAccountID = accounts[0].id; // for as long as the token lives

const purchase = { debited_account_id: debitedAccountID, meter_number: '04123456789', amount: '50.00' };
const validated = await integration.post('/v1/purchases/validate', purchase);
const foreign = await integration.post('/v1/purchases/validate', { ...purchase, debited_account_id: 13300 });

console.log(JSON.stringify({
  me,
  accounts,
  validated: await validated.json(),
  foreign: { status: foreign.status, ...(await foreign.json()) },
}));
