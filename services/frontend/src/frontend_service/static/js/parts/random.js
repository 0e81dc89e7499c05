// Random hexadecimal digits. crypto.randomUUID would need a secure context; a home server may have none.
export function randomHex(bytes) {
  const drawn = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
