/**
 * How often a caller, and an address, may call in a minute. Kept by process, in a bounded memory. Guessed passwords have limits of their own
 * (`sign-in-limits.ts`), and so has ingest: feeds and devices send by the thousand.
 */
import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyRequest } from 'fastify';
import { told } from '../../../src/kernel/fault.ts';
import type { App } from '../http-server.ts';
import { Problem } from '../problem.ts';
import type { RouteAction } from './access.ts';

/** A desk that works hard makes some calls a second; an integration that reads page after page about ten. */
export const CALLS_A_MINUTE = 60_000;
/** Many desks of one office come from one address. */
const ADDRESS_FACTOR = 5;
/** What costs the store or the log much is allowed this part of it. */
const SHARES: Partial<Readonly<Record<RouteAction, number>>> = {
  'tracks.read': 1 / 2,
  'insight.read': 1 / 10,
  'policies.backtest': 1 / 100,
};

export interface CallLimits {
  /** Throws the refusal. Before it is known who calls. */
  checkAddress(request: FastifyRequest): Promise<void>;
  /** `request.caller` is known. */
  checkCaller(request: FastifyRequest, action: RouteAction): Promise<void>;
}

export async function createCallLimits(app: App, callsAMinute: number): Promise<CallLimits> {
  await app.register(fastifyRateLimit, { global: false, timeWindow: 60_000 });
  const limit = (max: number, keyOf: (request: FastifyRequest) => string) =>
    app.createRateLimit({ max: Math.max(1, Math.floor(max)), keyGenerator: keyOf });
  const keyOfCaller = (request: FastifyRequest) => request.caller?.key ?? request.ip;
  const ofAddress = limit(callsAMinute * ADDRESS_FACTOR, (request) => request.ip);
  const ofCaller = limit(callsAMinute, keyOfCaller);
  const ofAction = new Map(
    Object.entries(SHARES).map(([action, share]) => [action, limit(callsAMinute * share, keyOfCaller)]),
  );
  const check = async (by: typeof ofCaller, request: FastifyRequest) => {
    const state = await by(request);
    if (!state.isAllowed && state.isExceeded)
      throw new Problem('too-many-attempts', told('too-many-calls'), state.ttlInSeconds);
  };
  return {
    checkAddress: (request) => check(ofAddress, request),
    async checkCaller(request, action) {
      await check(ofCaller, request);
      const special = ofAction.get(action);
      if (special !== undefined) await check(special, request);
    },
  };
}
