/** The sound of the board: Web Audio, no file. A browser that lets no page sound before it was touched is told apart from a desk that is muted. */
import { onBeforeUnmount, ref, watch } from 'vue';
import { remember, remembered } from '../remembered.ts';
import { PLANNED_S, planTones, worstOf } from './alarm-sound.ts';
import { isUnowned } from './queue-order.ts';
import type { LiveBoard } from './use-board.ts';

/** `blocked`: the browser waits for a touch; `muted`: somebody chose it; `none`: there is no Web Audio. */
export type SoundState = 'on' | 'blocked' | 'muted' | 'none';

const VOLUME = 0.25;
/** Softens begin and end: a square gate clicks. */
const EDGE_S = 0.015;

export function useSound(live: LiveBoard) {
  const state = ref<SoundState>(remembered('sound') === 'off' ? 'muted' : 'blocked');
  let context: AudioContext | undefined;
  let planned: OscillatorNode[] = [];
  let known: ReadonlySet<string> | undefined;

  function settle() {
    if (context === undefined) state.value = 'none';
    else if (remembered('sound') === 'off') state.value = 'muted';
    else state.value = context.state === 'running' ? 'on' : 'blocked';
  }
  function open() {
    if (context !== undefined || typeof AudioContext === 'undefined') return;
    context = new AudioContext();
    context.addEventListener('statechange', settle);
  }
  function silence() {
    for (const tone of planned) tone.stop();
    planned = [];
  }
  function plan(fresh: Parameters<typeof planTones>[0]) {
    silence();
    if (context === undefined || state.value !== 'on') return;
    const unowned = worstOf(live.alerts.value.filter(isUnowned).map(({ severity }) => severity));
    for (const { atS, hz, lengthS } of planTones(fresh, unowned)) {
      const [tone, gain] = [context.createOscillator(), context.createGain()];
      const beginS = context.currentTime + atS;
      tone.frequency.value = hz;
      gain.gain.setValueAtTime(0, beginS);
      gain.gain.linearRampToValueAtTime(VOLUME, beginS + EDGE_S);
      gain.gain.setValueAtTime(VOLUME, beginS + lengthS - EDGE_S);
      gain.gain.linearRampToValueAtTime(0, beginS + lengthS);
      tone.connect(gain).connect(context.destination);
      tone.start(beginS);
      tone.stop(beginS + lengthS);
      planned.push(tone);
    }
  }

  open();
  // Where the page was touched before (signing in), this is all that it needs.
  void context?.resume().catch(() => undefined);
  settle();
  watch(live.alerts, (alerts) => {
    const unowned = alerts.filter(isUnowned);
    const fresh = known === undefined ? [] : unowned.filter(({ alert }) => known?.has(alert) === false);
    const isSame = known !== undefined && fresh.length === 0 && unowned.length === known.size;
    known = new Set(unowned.map(({ alert }) => alert));
    if (!isSame) plan(worstOf(fresh.map(({ severity }) => severity)));
  });
  watch(state, () => plan(null));
  const onward = window.setInterval(() => plan(null), (PLANNED_S / 2) * 1000);
  onBeforeUnmount(() => {
    window.clearInterval(onward);
    silence();
    context?.removeEventListener('statechange', settle);
    void context?.close();
  });

  /** By a touch of somebody: opens what the browser blocks, else mutes or unmutes. */
  async function toggle() {
    const isBlocked = state.value === 'blocked';
    remember('sound', isBlocked || state.value === 'muted' ? 'on' : 'off');
    await context?.resume();
    settle();
    // Heard at once, so that who turns it on knows how loud it is.
    if (state.value === 'on') plan('medium');
  }
  return { state, toggle };
}
