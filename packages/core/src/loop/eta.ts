/**
 * Time left, honest about steps that cost less: each step's milliseconds over its expected share give what a
 * full step costs (their median); what is left is that times the expected shares of the steps to come.
 */
export class TimeLeft {
  private readonly full: number[] = [];

  /** `share(i)`: expected cost of step i over a full step, in (0, 1]. */
  constructor(
    private readonly steps: number,
    private readonly share: (step: number) => number,
  ) {}

  /** Milliseconds left after step i took `ms`. */
  after(step: number, ms: number): number {
    this.full.push(ms / this.shareOf(step));
    const sorted = [...this.full].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? ms;
    let shares = 0;
    for (let i = step + 1; i < this.steps; i++) shares += this.shareOf(i);
    return median * shares;
  }

  private shareOf(step: number): number {
    return Math.min(1, Math.max(0.01, this.share(step)));
  }
}
