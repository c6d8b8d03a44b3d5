/**
 * Time left, honest about steps that cost less: milliseconds so far over the shares they were expected to
 * cost give what a full step costs; what is left is that times the expected shares of the steps to come. A
 * plugin that expects nothing of itself is averaged over what it did.
 */
export class TimeLeft {
  private spentMs = 0;
  private spentShares = 0;

  /** `share(i)`: expected cost of step i over a full step, in (0, 1]. */
  constructor(
    private readonly steps: number,
    private readonly share: (step: number) => number,
  ) {}

  /** Milliseconds left after step i took `ms`. */
  after(step: number, ms: number): number {
    this.spentMs += ms;
    this.spentShares += this.shareOf(step);
    let shares = 0;
    for (let i = step + 1; i < this.steps; i++) shares += this.shareOf(i);
    return (this.spentMs / this.spentShares) * shares;
  }

  private shareOf(step: number): number {
    return Math.min(1, Math.max(0.01, this.share(step)));
  }
}
