// Asks the browser for a passkey, or to make one, and sends what it answers with the
// form of the page. Binary parts are base64url in the form's JSON, as the server has
// them.
const form = document.getElementById("passkey");
const failed = document.getElementById("failed");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const known = (list) => list?.map((credential) => ({ ...credential, id: bytes(credential.id) }));

async function ask() {
	failed.hidden = true;
	const { publicKey } = JSON.parse(form.dataset.options);
	publicKey.challenge = bytes(publicKey.challenge);
	if (publicKey.user) publicKey.user.id = bytes(publicKey.user.id);
	if (publicKey.excludeCredentials) publicKey.excludeCredentials = known(publicKey.excludeCredentials);
	if (publicKey.allowCredentials) publicKey.allowCredentials = known(publicKey.allowCredentials);
	try {
		const made = await navigator.credentials[form.dataset.call]({ publicKey });
		const response = { clientDataJSON: text(made.response.clientDataJSON) };
		for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
			if (made.response[part]) response[part] = text(made.response[part]);
		}
		if (made.response.getTransports) response.transports = made.response.getTransports();
		form.elements.response.value = JSON.stringify({
			id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {},
			authenticatorAttachment: made.authenticatorAttachment ?? undefined,
		});
		HTMLFormElement.prototype.submit.call(form);
	} catch {
		failed.hidden = false; // the person said no, has none, or took too long
	}
}

document.getElementById("script").hidden = false;
form.addEventListener("submit", (event) => {
	event.preventDefault();
	ask();
});
ask();
