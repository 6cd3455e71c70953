/** A policy document being edited: what a scope sets, and what it has from a wider one. Pure. */
import { DEFAULT_POLICY, type Policy } from '../../../src/kernel/policy.ts';
import type { Part, PolicyFile } from '../api/policies.ts';

export type Scope =
  | { readonly of: 'default' }
  | { readonly of: 'grade'; readonly grade: string }
  | { readonly of: 'organisation'; readonly path: string }
  | { readonly of: 'period'; readonly index: number };

export const EMPTY: PolicyFile = { default: {}, grades: {}, organisations: {}, keyPeriods: [] };

export function partOf(policy: PolicyFile, scope: Scope): Part {
  switch (scope.of) {
    case 'default':
      return policy.default;
    case 'grade':
      return policy.grades[scope.grade] ?? {};
    case 'organisation':
      return policy.organisations[scope.path] ?? {};
    case 'period':
      return policy.keyPeriods[scope.index]?.policy ?? {};
  }
}

/** What holds at the scope where it sets nothing itself: of organisations above, else the default. A grade is not known here. */
export function inherited(policy: PolicyFile, scope: Scope, key: keyof Policy): number {
  const above =
    scope.of === 'organisation'
      ? Object.keys(policy.organisations)
          .filter((path) => scope.path.startsWith(`${path}/`))
          .sort((a, b) => b.length - a.length)
          .map((path) => policy.organisations[path]?.[key])
      : [];
  const wider = scope.of === 'default' ? [] : [...above, policy.default[key]];
  return wider.find((value) => value !== undefined) ?? DEFAULT_POLICY[key];
}

/** Undefined takes the value away: the wider scope holds again. */
export function withValue(
  policy: PolicyFile,
  scope: Scope,
  key: keyof Policy,
  value: number | undefined,
): PolicyFile {
  const { [key]: _, ...others } = partOf(policy, scope);
  return withPart(policy, scope, value === undefined ? others : { ...others, [key]: value });
}

export function withPart(policy: PolicyFile, scope: Scope, part: Part): PolicyFile {
  const isEmpty = Object.keys(part).length === 0;
  const set = (parts: Readonly<Record<string, Part>>, name: string) => {
    const { [name]: _, ...others } = parts;
    return isEmpty ? others : { ...others, [name]: part };
  };
  switch (scope.of) {
    case 'default':
      return { ...policy, default: part };
    case 'grade':
      return { ...policy, grades: set(policy.grades, scope.grade) };
    case 'organisation':
      return { ...policy, organisations: set(policy.organisations, scope.path) };
    case 'period':
      return {
        ...policy,
        keyPeriods: policy.keyPeriods.map((period, i) =>
          i === scope.index ? { ...period, policy: part } : period,
        ),
      };
  }
}

/** Where a fault of the document stands (`grades.strict.silenceMinS`); null: not of one scope, or of no item. */
export function placeOf(where: string): { readonly scope: Scope | null; readonly key: keyof Policy | null } {
  const last = where.slice(where.lastIndexOf('.') + 1);
  const key = last in DEFAULT_POLICY ? (last as keyof Policy) : null;
  const part = key === null ? where : where.slice(0, -last.length - 1);
  const [, kind, name = ''] = /^(default|grades|organisations|keyPeriods)[.[]?([^\]]*)/.exec(part) ?? [];
  return { scope: kind === undefined ? null : scopeNamed(kind, name), key };
}

function scopeNamed(kind: string, name: string): Scope | null {
  if (kind === 'default') return { of: 'default' };
  if (kind === 'keyPeriods') return name === '' ? null : { of: 'period', index: Number(name) };
  if (kind === 'organisations') return { of: 'organisation', path: name };
  return { of: 'grade', grade: name };
}
