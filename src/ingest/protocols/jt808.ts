import type { WireProtocol } from './wire.ts';

/** JT/T 808-2013 and -2019 over TCP (protocols.md part A). */
export const jt808: WireProtocol = {
  protocol: 'jt808',
  open: () => ({ push: () => [], command: () => undefined }),
};
