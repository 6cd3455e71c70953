/** What `/metrics` tells of this process, as the room shows it. Pure. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const LINE = /^([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)/i;
const LABEL = /([a-z_][a-z0-9_]*)="((?:[^"\\]|\\.)*)"/gi;

/** The text format of Prometheus; lines that are none are passed over. */
export function readSamples(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = line.startsWith('#') ? [] : (LINE.exec(line) ?? []);
    if (name === undefined || value === undefined || Number.isNaN(Number(value))) return [];
    return [
      {
        name,
        labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [key, text])),
        value: Number(value),
      },
    ];
  });
}

export const STAGES = ['recorder', 'detector', 'board', 'logbook'] as const;
export type Stage = (typeof STAGES)[number];

export interface Figures {
  /** Seconds since the oldest tick that a stage has handled in all its partitions; stages that this process has not are absent. */
  readonly behindS: ReadonlyMap<string, number>;
  /** Age of each partition's newest self-test, seconds; those without one are absent. */
  readonly selfTestS: ReadonlyMap<string, number>;
  /** By source, since the start of the process. */
  readonly accepted: ReadonlyMap<string, number>;
  readonly refused: number;
  readonly judged: number;
  readonly recorded: number;
  /** Open connections of devices by protocol. */
  readonly connections: ReadonlyMap<string, number>;
  readonly restarts: number;
  readonly memoryBytes: number;
  readonly atMs: number;
}

export function figuresOf(samples: readonly Sample[], nowMs: number): Figures {
  const of = (name: string) => samples.filter((sample) => sample.name === name);
  const sum = (name: string) => of(name).reduce((all, { value }) => all + value, 0);
  const by = (name: string, label: string) => {
    const found = new Map<string, number>();
    for (const { labels, value } of of(name)) {
      const key = labels[label] ?? '';
      found.set(key, (found.get(key) ?? 0) + value);
    }
    return found;
  };
  const behindS = new Map<string, number>();
  for (const { labels, value } of of('wardline_frontier_seconds')) {
    const stage = labels.stage ?? '';
    behindS.set(stage, Math.max(behindS.get(stage) ?? 0, nowMs / 1000 - value));
  }
  return {
    behindS,
    selfTestS: by('wardline_self_test_age_seconds', 'partition'),
    accepted: by('wardline_observations_accepted_total', 'source'),
    refused: sum('wardline_observations_refused_total'),
    judged: sum('wardline_observations_judged_total'),
    recorded: sum('wardline_positions_recorded_total'),
    connections: by('wardline_device_connections', 'protocol'),
    restarts: sum('wardline_role_restarts_total'),
    memoryBytes: sum('process_resident_memory_bytes'),
    atMs: nowMs,
  };
}

/** A minute, between two looks; null: there was none before, or the process began anew. */
export function perMinute(now: Figures, before: Figures | null, source: string): number | null {
  if (before === null) return null;
  const more = (now.accepted.get(source) ?? 0) - (before.accepted.get(source) ?? 0);
  const minutes = (now.atMs - before.atMs) / 60_000;
  return more < 0 || minutes <= 0 ? null : more / minutes;
}
