// A conversation is read at its end.
function showEnd() {
  const messages = document.getElementById("messages");
  if (messages) messages.scrollTop = messages.scrollHeight;
}

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.sourceElement?.closest?.(".talk, #assistant")) showEnd();
});
showEnd();
