/**
 * Weights of a row's last two values that give the point of their line at `step`: first order along steps. Until
 * there are two, the last one as it is.
 */
export function onLine(step: number, [newer = step, older]: readonly number[]): readonly number[] {
  if (older === undefined) return [1];
  const ahead = (step - newer) / (newer - older);
  return [1 + ahead, -ahead];
}
