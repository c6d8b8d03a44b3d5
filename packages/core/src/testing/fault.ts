import { SkipstoneError } from '../error.js';

/** The `SkipstoneError` that some work throws. Anything else it throws passes through. */
export function faultOf(work: () => unknown): SkipstoneError {
  try {
    work();
  } catch (error) {
    return asFault(error);
  }
  throw new Error('expected a SkipstoneError');
}

/** The same of work that ends later. */
export const rejectionOf = (work: Promise<unknown>): Promise<SkipstoneError> =>
  work.then(() => {
    throw new Error('expected a SkipstoneError');
  }, asFault);

function asFault(error: unknown): SkipstoneError {
  if (error instanceof SkipstoneError) return error;
  throw error;
}

/** What an error says: its code, what, have, need and do, with `…` for a folder that tests made. */
export const faultLines = ({ lines }: SkipstoneError, folder?: string): readonly string[] =>
  [lines.code, lines.what, lines.have, lines.need, lines.do].map((line) =>
    folder === undefined ? line : line.replaceAll(folder, '…'),
  );
