import { nearestName, SkipstoneError } from '../../error.js';
import type { KeyValueForm } from '../../graph/weights.js';

/** From large to small. */
export const KEY_VALUE_FORMS: readonly KeyValueForm[] = ['float32', 'float16', 'int8'];

/** The form is known, and the device can overwrite rows of it. */
export function checkKeysValues(form: KeyValueForm = 'float32', device: 'cpu' | 'webgpu'): void {
  if (!KEY_VALUE_FORMS.includes(form)) {
    const near = nearestName(form, KEY_VALUE_FORMS);
    throw fault(form, KEY_VALUE_FORMS.join(', '), near ? `did you mean '${near}'?` : 'name one of them');
  }
  if (form === 'float32' || device === 'cpu') return;
  throw fault(`${form} on ${device}`, "'float32' there", "set keysValues to 'float32', or run on the CPU");
}

function fault(have: string, need: string, remedy: string): SkipstoneError {
  return new SkipstoneError({
    code: 'plan-keys-values',
    what: `plan: keys and values cannot be kept in ${have}`,
    have: `keysValues: ${have}`,
    need,
    do: remedy,
  });
}
