// What pages of the console do better with a script: copy a value, and show times
// in the reader's zone. Nothing depends on it.
const language = document.documentElement.lang;
const own = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

const day = { day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit" };
for (const time of document.querySelectorAll("time[datetime]")) {
	const at = new Date(time.dateTime);
	if (isNaN(at)) continue;
	time.title = time.textContent;
	time.textContent = at.toLocaleString(own, day);
}
for (const zone of document.querySelectorAll("[data-zone]")) {
	zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone.replaceAll("_", " ");
}

const said = document.querySelector("[data-said]");
for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
	const label = button.textContent;
	button.hidden = false;
	button.addEventListener("click", async () => {
		await navigator.clipboard.writeText(button.parentElement.querySelector("code, bdi").textContent);
		said.textContent = button.textContent = button.dataset.copied;
		setTimeout(() => { said.textContent = ""; button.textContent = label; }, 2000);
	});
}
