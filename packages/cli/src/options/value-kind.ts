/** What a text on the command line may stand for. */
export type ValueKind =
  | { readonly kind: 'text' }
  /** Given many times; each its own text. */
  | { readonly kind: 'list' }
  /** Given or not, without a value. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'whole'; readonly least: number; readonly most: number }
  | { readonly kind: 'number'; readonly least?: number; readonly above?: number; readonly most?: number }
  /** `4` or `4,3`. */
  | { readonly kind: 'numbers'; readonly least: number; readonly most: number }
  /** `video.cfg=3,audio.stg=0`. */
  | { readonly kind: 'numbers by name' }
  | { readonly kind: 'one of'; readonly names: readonly string[] }
  /** `832x480`. */
  | { readonly kind: 'size' }
  /** `8GiB`, `500MB`, or a number of bytes. */
  | { readonly kind: 'bytes' };
