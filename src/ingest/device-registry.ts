/**
 * Which connection a device speaks by: the one by which it spoke last. A gateway may carry many devices; a connection whose devices
 * have all gone to newer ones is of nobody.
 */
export interface DeviceRegistry<Connection> {
  /** Answers the connection that has just lost its last device by this. */
  claim(device: string, connection: Connection): Connection | undefined;
  connectionOf(device: string): Connection | undefined;
  /** The connection is closed. */
  forget(connection: Connection): void;
  readonly size: number;
}

export function createDeviceRegistry<Connection>(): DeviceRegistry<Connection> {
  const byDevice = new Map<string, Connection>();
  const byConnection = new Map<Connection, Set<string>>();
  return {
    claim: (device, connection) => {
      const older = byDevice.get(device);
      if (older === connection) return undefined;
      byDevice.set(device, connection);
      const own = byConnection.get(connection);
      if (own === undefined) byConnection.set(connection, new Set([device]));
      else own.add(device);
      if (older === undefined) return undefined;
      const left = byConnection.get(older);
      left?.delete(device);
      if (left !== undefined && left.size > 0) return undefined;
      byConnection.delete(older);
      return older;
    },
    connectionOf: (device) => byDevice.get(device),
    forget: (connection) => {
      for (const device of byConnection.get(connection) ?? [])
        if (byDevice.get(device) === connection) byDevice.delete(device);
      byConnection.delete(connection);
    },
    get size() {
      return byDevice.size;
    },
  };
}
