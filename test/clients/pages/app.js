// A page that signs people in with oidc-client-ts. The first part of its path is
// the client that it is. What an action came to is shown as JSON in an element
// that carries the name of the action.
const [, id, step] = location.pathname.split('/')
const here = `${location.origin}/${id}`
const users = new oidc.UserManager({
  authority: settings.issuer,
  client_id: id,
  redirect_uri: `${here}/callback`,
  popup_redirect_uri: `${here}/popup`,
  silent_redirect_uri: `${here}/silent`,
  post_logout_redirect_uri: `${here}/`,
  scope: id === 'page' ? 'openid profile email offline_access' : 'openid profile email',
  loadUserInfo: true,
  automaticSilentRenew: false,
  silentRequestTimeoutInSeconds: 20,
  popupWindowFeatures: { width: 480, height: 800 },
})

const shown = (user) => user && {
  sub: user.profile.sub,
  email: user.profile.email,
  scope: user.scope,
  access: user.access_token,
  refresh: user.refresh_token,
}

const actions = {
  'sign-in': () => users.signinRedirect(),
  'pop-up': async () => shown(await users.signinPopup()),
  'renew': async () => shown(await users.signinSilent()),
  'user-info': async () => {
    const { access_token: token } = JSON.parse(sessionStorage.getItem('last')) ?? await users.getUser()
    const answer = await fetch(`${settings.issuer}/oauth2/userinfo`, { headers: { Authorization: `Bearer ${token}` } })
    return { status: answer.status, challenge: answer.headers.get('WWW-Authenticate') }
  },
  'revoke': async () => {
    sessionStorage.setItem('last', JSON.stringify(await users.getUser())) // the library forgets what it revokes
    await users.revokeTokens()
    return { revoked: true }
  },
  'sign-out': () => users.signoutRedirect({ state: 'bye' }),
  'callback': async () => {
    const user = await users.signinRedirectCallback()
    history.replaceState(null, '', `${here}/`)
    return shown(user)
  },
  'signed-out': async () => ({ state: (await users.signoutRedirectCallback()).userState }),
  'popup': () => users.signinPopupCallback(),
  'silent': () => users.signinSilentCallback(),
}

async function run(name) {
  let result
  document.querySelector('output')?.remove()
  try {
    result = await actions[name]()
  } catch (error) {
    result = { error: error.error ?? String(error) }
  }
  const output = document.createElement('output')
  output.id = name
  output.textContent = JSON.stringify(result)
  document.body.append(output)
}

for (const button of document.querySelectorAll('button')) {
  button.addEventListener('click', () => run(button.name))
}
if (step) run(step)
else if (location.search) run('signed-out')
