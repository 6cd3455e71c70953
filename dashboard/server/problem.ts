/** Errors as RFC 9457 `application/problem+json`. `type` is a stable code that an integration can switch on. */
import type { FastifyError, FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type Told, told } from '../../src/kernel/fault.ts';
import type { Refusal } from '../../src/kernel/result.ts';

export const PROBLEM_CODES = {
  'bad-request': 400,
  'not-signed-in': 401,
  'wrong-login-or-password': 401,
  'password-expired': 401,
  forbidden: 403,
  'password-change-needed': 403,
  'csrf-token': 403,
  'foreign-origin': 403,
  'not-found': 404,
  conflict: 409,
  'not-askable': 409,
  'too-large': 413,
  'unsupported-media-type': 415,
  'too-many-attempts': 429,
  internal: 500,
  unavailable: 503,
} as const;
export type ProblemCode = keyof typeof PROBLEM_CODES;

const TITLES: Readonly<Record<ProblemCode, string>> = {
  'bad-request': 'The request is not as the interface describes it',
  'not-signed-in': 'Sign in first',
  'wrong-login-or-password': 'Login or password is wrong',
  'password-expired': 'The one-time password has expired',
  forbidden: 'Your role does not allow this',
  'password-change-needed': 'Choose a password of your own first: PUT /api/v1/session/password',
  'csrf-token': 'The X-CSRF-Token header is missing or wrong',
  'foreign-origin': 'The request comes from a page of another site',
  'not-found': 'There is no such thing, or none that you may see',
  conflict: 'The present state does not allow this',
  'not-askable': 'No device of the subject can be asked where it is',
  'too-large': 'The request is too large',
  'unsupported-media-type': 'This content type is not read here',
  'too-many-attempts': 'Too many attempts: wait',
  internal: 'Something went wrong on our side',
  unavailable: 'Not able to do this now: try again',
};

export const ProblemSchema = Type.Object(
  {
    type: Type.String({
      description: `One of ${Object.keys(PROBLEM_CODES).join(', ')}, as urn:wardline:problem:<code>`,
    }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    faults: Type.Optional(
      Type.Array(
        Type.Object({
          code: Type.String({ description: 'Stable: what is wrong' }),
          where: Type.Optional(Type.String({ description: 'Path into what was sent' })),
          params: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
          message: Type.String(),
        }),
      ),
    ),
  },
  { $id: 'Problem', title: 'Problem', description: 'RFC 9457 problem details' },
);

/** One of a problem's `faults`: `code` is one of `FAULTS` (src/kernel/fault.ts) or of the refusals of a field (src/kernel/result.ts). */
export interface Fault {
  readonly code: string;
  readonly where?: string;
  readonly params?: Told['params'];
  readonly message: string;
}
/** Who has made one mistake a thousand times has made one. */
const SHOWN = 20;
const isList = (what: Told | readonly Refusal[] | undefined): what is readonly Refusal[] =>
  Array.isArray(what);
const ofTold = ({ fault, params, message }: Told): Fault => ({ code: fault, params, message });
const ofRefusal = ({ code, where, message, told: said }: Refusal): Fault =>
  said === undefined ? { code, where, message } : { ...ofTold(said), where };

function sentenceOf(refusals: readonly Refusal[]): string {
  const shown = refusals
    .slice(0, SHOWN)
    .map(({ where, message, told: said }) => (said === undefined ? `${where}: ${message}` : message));
  if (refusals.length > SHOWN) shown.push(`and ${refusals.length - SHOWN} more`);
  return shown.join('; ');
}

/** What Fastify says of a call that is not as its schema wants it. */
export function faultsOf(error: FastifyError | Problem): readonly Fault[] {
  if (error instanceof Problem) return error.faults;
  if (isUnreadable(error)) return [ofTold(told('unstorable-value'))];
  return (error.validation ?? []).slice(0, SHOWN).flatMap(({ keyword, instancePath, params, message }) => {
    const at = instancePath.slice(1).replaceAll('/', '.');
    const { requiredProperties: missing } = params as { requiredProperties?: readonly string[] };
    if (keyword === 'required' && missing !== undefined)
      return missing.map((name) =>
        ofTold(told('field-missing', { field: at === '' ? name : `${at}.${name}` })),
      );
    return [ofTold(told('field-invalid', { field: at, what: message ?? keyword }))];
  });
}

/** An expected refusal on the way of a request; the error handler turns it into the answer. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly retryAfterS: number | undefined;
  readonly faults: readonly Fault[];
  /** `what`: the fault, or what each field is refused for. */
  constructor(code: ProblemCode, what?: Told | readonly Refusal[], retryAfterS?: number) {
    const refusals = isList(what) ? what : [];
    super(isList(what) ? sentenceOf(what) : (what?.message ?? TITLES[code]));
    this.code = code;
    this.faults =
      what === undefined || isList(what) ? refusals.slice(0, SHOWN).map(ofRefusal) : [ofTold(what)];
    this.retryAfterS = retryAfterS;
  }
}

export function sendProblem(
  reply: FastifyReply,
  code: ProblemCode,
  detail?: string,
  retryAfterS?: number,
  faults: readonly Fault[] = [],
) {
  if (retryAfterS !== undefined) reply.header('retry-after', String(retryAfterS));
  if (PROBLEM_CODES[code] === 401) reply.header('www-authenticate', 'Bearer realm="wardline"');
  // Sent as bytes of our own making: a route's response schemas must not reshape an error.
  return reply
    .code(PROBLEM_CODES[code])
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('cache-control', 'no-store')
    .serializer((body: unknown) => JSON.stringify(body))
    .send({
      type: `urn:wardline:problem:${code}`,
      title: TITLES[code],
      status: PROBLEM_CODES[code],
      ...(detail === undefined || detail === TITLES[code] ? {} : { detail }),
      ...(faults.length === 0 ? {} : { faults }),
    });
}

/** What Fastify itself refuses, by its status. A 500 is a bug: nothing of it goes outside. */
export function codeOf(error: FastifyError | Problem): ProblemCode {
  if (error instanceof Problem) return error.code;
  if (isUnreadable(error)) return 'bad-request';
  if (isBeyondReach(error)) return 'forbidden';
  const status = error.statusCode ?? 500;
  const found = (Object.keys(PROBLEM_CODES) as ProblemCode[]).find((code) => PROBLEM_CODES[code] === status);
  if (found !== undefined) return found;
  return status < 500 ? 'bad-request' : 'internal';
}

/**
 * Values that fit the schema and that Postgres can't take: a NUL in a text, the year 0, a forged cursor (SQLSTATE class
 * 22, those that a value alone can cause).
 */
export function isUnreadable(error: { readonly code?: string }): boolean {
  return ['22003', '22007', '22008', '22021', '22P02', '22P05'].includes(error.code ?? '');
}

/** Row-level security, or a right that callers are not served with (SQLSTATE 42501): the application's own check should have said so. */
export function isBeyondReach(error: { readonly code?: string }): boolean {
  return error.code === '42501';
}
