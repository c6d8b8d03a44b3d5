/** What stands before the names of the text stack: in the whole model, in the causal one, in the stack alone. */
const PREFIX = /^(?:language_model\.model\.|model\.language_model\.|language_model\.|model\.)/;

export const gemmaName = (name: string): string => name.replace(PREFIX, '');

/** Of the whole model, what is not its text stack. */
export const NOT_TEXT = [
  /^vision_tower\./,
  /^multi_modal_projector\./,
  /^vision_model\./,
  /^lm_head\./,
  /^embed_tokens\.weight$/,
];
