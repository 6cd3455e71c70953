/** What `/metrics` tells (Prometheus). Names after the conventions of the field: unit suffix, `_total` for counters. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    accepted: new Counter({
      name: 'wardline_observations_accepted_total',
      help: 'Observations durable in the log',
      labelNames: ['source'],
      registers,
    }),
    refused: new Counter({
      name: 'wardline_observations_refused_total',
      help: 'Observations refused, by reason: put into quarantine, but for outside-order and correction-ended, of which nothing may be kept',
      labelNames: ['source', 'code'],
      registers,
    }),
    frames: new Counter({
      name: 'wardline_device_frames_total',
      help: 'Frames of devices over TCP, by what could not be read in them',
      labelNames: ['protocol', 'code'],
      registers,
    }),
    notKept: new Counter({
      name: 'wardline_device_frames_not_kept_total',
      help: 'Refused frames beyond the rate at which they go into quarantine, and messages that nobody reads beyond one an hour',
      labelNames: ['protocol', 'code'],
      registers,
    }),
    connections: new Gauge({
      name: 'wardline_device_connections',
      help: 'TCP connections of devices that are open',
      labelNames: ['protocol'],
      registers,
    }),
    closed: new Counter({
      name: 'wardline_device_connections_closed_total',
      help: 'TCP connections of devices that ended, by reason',
      labelNames: ['protocol', 'reason'],
      registers,
    }),
    mlpAsked: new Counter({
      name: 'wardline_mlp_phones_asked_total',
      help: 'Phones asked for at the operator, on their schedule or by a spot check',
      labelNames: ['why'],
      registers,
    }),
    mlpRequests: new Counter({
      name: 'wardline_mlp_requests_total',
      help: 'Requests to the operator, by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    mlpResults: new Counter({
      name: 'wardline_mlp_results_total',
      help: 'What the operator said of phones: located, or the class of its result',
      labelNames: ['result'],
      registers,
    }),
    mlpWaiting: new Gauge({
      name: 'wardline_mlp_phones_due',
      help: 'Phones whose turn to be asked for has come; many for long: the rate is too low for the roster',
      registers,
    }),
    recorded: new Counter({
      name: 'wardline_positions_recorded_total',
      help: 'Positions written to the store',
      registers,
    }),
    judged: new Counter({
      name: 'wardline_observations_judged_total',
      help: 'Observations that the detector has handled, their alert events in the ledger',
      registers,
    }),
    alerts: new Counter({
      name: 'wardline_alert_events_total',
      help: 'Alert events written to the ledger',
      labelNames: ['kind', 'state'],
      registers,
    }),
    notices: new Counter({
      name: 'wardline_notice_tries_total',
      help: 'Messages tried, by what became of them: sent, failed (tried again), dead',
      labelNames: ['channel', 'outcome'],
      registers,
    }),
    restarts: new Counter({
      name: 'wardline_role_restarts_total',
      help: 'Roles that failed and were started again',
      labelNames: ['role'],
      registers,
    }),
    frontier: new Gauge({
      name: 'wardline_frontier_seconds',
      help: 'Newest tick handled, seconds since 1970',
      labelNames: ['stage', 'partition'],
      registers,
    }),
  };
}
