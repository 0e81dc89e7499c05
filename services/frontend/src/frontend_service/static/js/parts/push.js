// “Notify me in this browser” on the settings page: asks for permission and tells the server where to push.
const button = document.querySelector("[data-push-key]");

function bytesOf(base64url) {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

async function subscribe() {
  const worker = await navigator.serviceWorker.register("/service-worker.js");
  await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: bytesOf(button.dataset.pushKey) };
  const { endpoint, keys } = (await worker.pushManager.subscribe(options)).toJSON();
  const body = JSON.stringify({ kind: "push", endpoint, keys });
  const headers = { "content-type": "application/json" };
  const response = await fetch("/api/v1/channels", { method: "POST", headers, body });
  if (!response.ok) throw new Error((await response.json()).detail);
}

async function turnOn() {
  const status = document.getElementById("push-status");
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      status.textContent = "This browser does not allow it. Its settings for this site say more.";
      return;
    }
    await subscribe();
    location.assign("/settings?done=saved");
  } catch (error) {
    status.textContent = `That did not work: ${error.message}`;
  }
}

if (button && "serviceWorker" in navigator && "PushManager" in window) {
  button.hidden = false;
  button.addEventListener("click", turnOn);
}
