/** An MQTT broker for tests: from `MQTT_URL`, else a container, else none, with one line that says how to have it. */
import { once } from './once.ts';

export const mqttUrl = once('mqtt', 'MQTT_URL', async () => {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer('eclipse-mosquitto:2')
    // Comes with the image: listens for everybody, without a password.
    .withCommand(['mosquitto', '-c', '/mosquitto-no-auth.conf'])
    .withExposedPorts(1883)
    .start();
  const value = `mqtt://${container.getHost()}:${container.getMappedPort(1883)}`;
  return { value, stop: () => container.stop().then(() => {}) };
});
