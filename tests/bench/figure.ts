/** A measured figure; `ceiling` is what the bare parts reach in the same run, `ratio` = value / ceiling. */
export interface Figure {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly ceiling?: number;
  readonly ratio?: number;
  readonly sizes: string;
}

export function figure(metric: string, value: number, unit: string, sizes: string, ceiling?: number): Figure {
  return ceiling === undefined
    ? { metric, value, unit, sizes }
    : { metric, value, unit, sizes, ceiling, ratio: Number((value / ceiling).toPrecision(2)) };
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Needed by the benchmarks that measure against Kafka. */
export function kafkaBrokers(): string[] {
  const brokers = process.env.KAFKA_BROKERS;
  if (brokers === undefined) {
    console.error('this benchmark needs Kafka: set KAFKA_BROKERS (".ci/services.sh start" prints it)');
    process.exit(2);
  }
  return brokers.split(',');
}
