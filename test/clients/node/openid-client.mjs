// A web server that signs people in, written with openid-client. It says which
// page a person is to open as a line {"open": url}, reads where their browser was
// sent as a line {"to": url, "answer": query}, and prints what it got in the end.
import { webcrypto } from 'node:crypto'
import { createInterface } from 'node:readline'
import * as client from 'openid-client'

globalThis.crypto ??= webcrypto // Node.js 18 has it, but not where the library looks
globalThis.CryptoKey ??= webcrypto.CryptoKey

const [issuer, clientId, secret, site] = process.argv.slice(2)
const redirectUri = `${site}/service/callback`
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()

async function visit(url) {
  console.log(JSON.stringify({ open: url.href }))
  return JSON.parse((await lines.next()).value)
}

const config = await client.discovery(new URL(issuer), clientId, secret, undefined, {
  execute: [client.allowInsecureRequests], // plain http, on this machine
})
client.enableNonRepudiationChecks(config) // also verify the signature of ID tokens

async function signIn(more, build) {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedNonce = client.randomNonce()
  const expectedState = client.randomState()
  const url = await build(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    nonce: expectedNonce,
    state: expectedState,
    ...more,
  })
  const { to, answer } = await visit(url)
  const callback = more.response_mode === 'form_post'
    ? new Request(to, { method: 'POST', body: new URLSearchParams(answer) })
    : new URL(to)
  const checks = { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected: true }
  const tokens = await client.authorizationCodeGrant(config, callback, checks)
  return { tokens, pushed: url.searchParams.has('request_uri') }
}

async function refused(request) {
  try {
    await request
    return 'not refused'
  } catch (error) {
    return error.error ?? `${error.code} ${error.cause?.[0]?.parameters?.error}`
  }
}

const first = await signIn({}, client.buildAuthorizationUrl)
const pushed = await signIn({}, client.buildAuthorizationUrlWithPAR)
const { tokens } = await signIn({ response_mode: 'form_post' }, client.buildAuthorizationUrl)
const claims = tokens.claims()
const userInfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token)
await client.fetchUserInfo(config, renewed.access_token, claims.sub)
await client.tokenRevocation(config, renewed.refresh_token)
const end = client.buildEndSessionUrl(config, {
  id_token_hint: renewed.id_token ?? tokens.id_token,
  post_logout_redirect_uri: `${site}/service/`,
  state: 'bye',
})

console.log(JSON.stringify({
  signed_in: { access: tokens.access_token, refresh: tokens.refresh_token },
  claims,
  user_info: userInfo,
  pushed: [first.pushed, pushed.pushed],
  renewed: { access: renewed.access_token, refresh: renewed.refresh_token },
  refresh_refused: await refused(client.refreshTokenGrant(config, renewed.refresh_token)),
  user_info_refused: await refused(client.fetchUserInfo(config, renewed.access_token, claims.sub)),
  signed_out: (await visit(end)).to,
  silent: (await visit(client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid',
    prompt: 'none',
    code_challenge: await client.calculatePKCECodeChallenge(client.randomPKCECodeVerifier()),
    code_challenge_method: 'S256',
  }))).answer,
}))
process.exit(0)
