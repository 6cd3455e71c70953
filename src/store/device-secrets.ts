/** What devices prove themselves with, by the roster's id. */
import { statement } from './statement.ts';

export const listDeviceSecrets = statement<[]>()(
  'device-secrets.list',
  { device: 'text', secret: 'text' },
  'SELECT device, secret FROM device_secrets',
);

export const setDeviceSecret = statement<[device: string, secret: string]>()(
  'device-secrets.set',
  { device: 'text' },
  `INSERT INTO device_secrets (device, secret)
   SELECT $1, $2 WHERE EXISTS (SELECT FROM devices WHERE id = $1)
   ON CONFLICT (device) DO UPDATE SET secret = excluded.secret, set_at = now()
   RETURNING device`,
);

export const findDeviceSecret = statement<[device: string]>()(
  'device-secrets.find',
  { set_at: 'timestamptz?' },
  `SELECT (SELECT set_at FROM device_secrets WHERE device = $1) AS set_at
    WHERE EXISTS (SELECT FROM devices WHERE id = $1)`,
);

/** Of its last assignment. */
export const findDeviceProtocol = statement<[device: string]>()(
  'device-secrets.protocol',
  { protocol: 'text?' },
  'SELECT protocol FROM devices WHERE id = $1 ORDER BY valid_from DESC LIMIT 1',
);

export const removeDeviceSecret = statement<[device: string]>()(
  'device-secrets.remove',
  { device: 'text' },
  'DELETE FROM device_secrets WHERE device = $1 RETURNING device',
);
