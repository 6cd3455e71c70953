/**
 * A service that tests share: looked for once a test file, said once when it is missing, a failure where skips are forbidden.
 * To be asked for while tests are collected: what was started for the file ends with it.
 */
import { afterAll } from 'vitest';

interface Service {
  readonly value: string;
  stop(): Promise<void>;
}

export type Shared = () => Promise<{ readonly value: string } | { readonly missing: string }>;

export function once(name: string, variable: string, start: () => Promise<Service>): Shared {
  let found: ReturnType<Shared> | undefined;
  return () => {
    found ??= look();
    return found;
  };

  async function look(): ReturnType<Shared> {
    const value = process.env[variable];
    if (value !== undefined && value !== '') return { value };
    const missing = `${name}: skipped; set ${variable} (".ci/services.sh start" prints it) or start a Docker engine`;
    try {
      const service = await start();
      afterAll(() => service.stop());
      return { value: service.value };
    } catch (error) {
      // No engine, or no image to be had: the tests are skipped, and say so, unless that is forbidden.
      if ((process.env.WARDLINE_FORBID_SKIPS ?? '').split(',').includes(name)) {
        throw new Error(`${missing} (skipping is forbidden by WARDLINE_FORBID_SKIPS)`, { cause: error });
      }
      console.log(missing);
      return { missing };
    }
  }
}
