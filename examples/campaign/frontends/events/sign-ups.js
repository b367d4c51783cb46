/**
 * Which events this browser signed up for. The id of a sign-up is what lets somebody see and cancel
 * it, so it is kept here and nowhere else.
 */
const NAME = 'sign-ups';

export const signUps = () => JSON.parse(localStorage.getItem(NAME) ?? '{}');
export const signUpFor = (event) => signUps()[event] ?? null;

export function keepSignUp(event, id) {
  localStorage.setItem(NAME, JSON.stringify({ ...signUps(), [event]: id }));
}

export function dropSignUp(event) {
  const { [event]: dropped, ...others } = signUps();
  localStorage.setItem(NAME, JSON.stringify(others));
  return dropped;
}
