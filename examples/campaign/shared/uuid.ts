const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether PostgreSQL would take it as the id we gave out; others are not even asked for. */
export function isUuid(text: unknown): text is string {
  return typeof text === 'string' && UUID.test(text);
}
