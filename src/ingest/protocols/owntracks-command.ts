import type { Json } from '../../kernel/field.ts';
import type { DeviceCommand } from './wire.ts';

/**
 * A command in OwnTracks' words (owntracks.org/booklet/tech/json, `_type=cmd`); undefined for what the app has no word for. The app
 * obeys only where remote commands, or remote configuration for the interval, are switched on in it.
 */
export function owntracksCommand(command: DeviceCommand): Json | undefined {
  switch (command.type) {
    case 'locate':
      return { _type: 'cmd', action: 'reportLocation' };
    case 'set-interval':
      return {
        _type: 'cmd',
        action: 'setConfiguration',
        // Move mode (2): in the significant-changes mode the app has no interval of its own.
        configuration: { _type: 'configuration', monitoring: 2, moveModeLocatorInterval: command.intervalS },
      };
    default:
      return undefined;
  }
}
