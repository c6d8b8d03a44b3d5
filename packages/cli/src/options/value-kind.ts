/** What a text on the command line may stand for. */
export type ValueKind =
  | { readonly kind: 'text' }
  /** Given many times; each its own text. */
  | { readonly kind: 'list' }
  /** Given or not, without a value. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'whole'; readonly least: number; readonly most: number }
  | { readonly kind: 'number'; readonly least?: number; readonly above?: number; readonly most?: number }
  | { readonly kind: 'one of'; readonly names: readonly string[] }
  /** `832x480`. */
  | { readonly kind: 'size' }
  /** `8GiB`, `500MB`, or a number of bytes. */
  | { readonly kind: 'bytes' };
