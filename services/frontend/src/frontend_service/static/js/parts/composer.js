// A field to write one thing after another: it is empty for the next as soon as one is sent. What could
// not be sent comes back, with the key it was sent with, so that sending it again does it once.
import { randomHex } from "./random.js";

const sent = new WeakMap();

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!form.matches("[data-composer]")) return;
  const [text, key] = fieldsOf(form);
  sent.set(ctx, [text.value, key.value]);
  text.value = "";
  key.value = randomHex(16);
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const before = sent.get(ctx);
  if (!before || (ctx.response && ctx.response.status < 400)) return;
  const [text, key] = fieldsOf(ctx.sourceElement);
  if (text.value) return;
  [text.value, key.value] = before;
});

function fieldsOf(form) {
  return [form.querySelector("input:not([type=hidden])"), form.elements.key];
}
