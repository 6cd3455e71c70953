/** `policy.json` (design.md, "wardline replay"): decoding with every fault listed, and encoding. */
import {
  collectFaults,
  type Faults,
  type Json,
  join,
  readArray,
  readInstant,
  readNumber,
  readObject,
  show,
} from './field.ts';
import { formatInstant } from './instant.ts';
import { DEFAULT_POLICY, type Policy, type PolicyDocument, type PolicyPart } from './policy.ts';
import { fail, ok, type Refusal, type Result } from './result.ts';

const PROBABILITY = { min: 0.5, max: 0.999_999 };
const SHARE = { min: 0.01, max: 1 };
const SECONDS = { min: 0, max: 400 * 86_400 };
const RANGES: { readonly [K in keyof Policy]?: { min: number; max: number } } = {
  tickSeconds: { min: 1, max: 3600 },
  outsideProbability: PROBABILITY,
  insideProbability: PROBABILITY,
  exclusionProbability: PROBABILITY,
  silenceIntervals: { min: 1, max: 1000 },
  lowBatteryPct: { min: 0, max: 100 },
  feedOutageShare: SHARE,
  feedOutageMinDevices: { min: 1, max: 1_000_000 },
  maxSpeedMps: { min: 1, max: 10_000 },
  separationM: { min: 0, max: 100_000 },
  gatheringM: { min: 0, max: 100_000 },
  deviceExpiryDays: { min: 0, max: 365 },
};

export const policyRange = (key: keyof Policy): { readonly min: number; readonly max: number } =>
  RANGES[key] ?? SECONDS;

export function decodePolicyDocument(json: unknown): Result<PolicyDocument, Refusal[]> {
  const faults = collectFaults();
  const file = readObject(json, '', faults) ?? {};
  for (const key of Object.keys(file)) {
    if (!['default', 'grades', 'organisations', 'keyPeriods'].includes(key)) {
      faults.add('unknown-value', key, 'a policy has default, grades, organisations and keyPeriods');
    }
  }
  const grades = readParts(file.grades, 'grades', faults);
  for (const grade of Object.keys(grades)) {
    if (!['strict', 'standard', 'relaxed'].includes(grade))
      faults.add('unknown-value', `grades.${grade}`, 'must be strict, standard or relaxed');
  }
  const document: PolicyDocument = {
    default: readPart(file.default, 'default', faults),
    grades,
    organisations: readParts(file.organisations, 'organisations', faults),
    keyPeriods: readArray(file, 'keyPeriods', '', faults).map((entry, i) => {
      const at = `keyPeriods[${i}]`;
      const period = readObject(entry, at, faults) ?? {};
      return {
        fromMs: readInstant(period, 'from', at, faults),
        untilMs: readInstant(period, 'until', at, faults),
        policy: readPart(period.policy, join(at, 'policy'), faults),
      };
    }),
  };
  return faults.list.length > 0 ? fail(faults.list) : ok(document);
}

function readParts(json: unknown, where: string, faults: Faults): Record<string, PolicyPart> {
  if (json === undefined || json === null) return {};
  const parts = readObject(json, where, faults) ?? {};
  return Object.fromEntries(
    Object.keys(parts).map((key) => [key, readPart(parts[key], join(where, key), faults)]),
  );
}

function readPart(json: unknown, where: string, faults: Faults): PolicyPart {
  if (json === undefined || json === null) return {};
  const part: Json = readObject(json, where, faults) ?? {};
  const known: Partial<Record<keyof Policy, number>> = {};
  for (const key of Object.keys(part)) {
    if (!(key in DEFAULT_POLICY))
      faults.add('unknown-value', join(where, key), `there is no such policy key: ${show(key)}`);
    else known[key as keyof Policy] = readNumber(part, key, policyRange(key as keyof Policy), where, faults);
  }
  return known;
}

export function encodePolicyDocument(document: PolicyDocument): Json {
  return {
    default: document.default,
    grades: document.grades,
    organisations: document.organisations,
    keyPeriods: document.keyPeriods.map((period) => ({
      from: formatInstant(period.fromMs),
      until: formatInstant(period.untilMs),
      policy: period.policy,
    })),
  };
}
