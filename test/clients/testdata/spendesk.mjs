// A script of a company that reads its settlements with its API key. Prints what it
// got as JSON.
//
// usage: node spendesk.mjs BASE_URL

const baseURL = process.argv[2];
const basic = Buffer.from('my_id:my_secret').toString('base64');

async function authenticate() {
  const response = await fetch(`${baseURL}/auth/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${basic}` },
  });
  return response.json();
}

async function settlements(token) {
  const response = await fetch(`${baseURL}/settlements`, { headers: { Authorization: `Bearer ${token}` } });
  return { status: response.status, ...(await response.json()) };
}

const token = await authenticate();
console.log(JSON.stringify({
  token,
  settlements: await settlements(token.access_token),
  again: (await authenticate()).access_token,
  refused: await settlements('my_secret'),
}));
