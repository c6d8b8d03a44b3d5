/** What was typed after `skipstone weights`. */
export interface WeightsFlags {
  readonly model?: string;
  readonly variant?: string;
  readonly adapter?: string;
  readonly bits?: string;
  readonly folder?: string;
}
