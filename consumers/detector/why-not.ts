/** Why a kind concluded nothing: what it looked at, and what kept it from holding. Only for kinds that named nothing at that moment. */
import { probabilityOutside } from '../../alerts/evidence/position-estimate.ts';
import type { SubjectView } from '../../alerts/kinds/kind.ts';
import { permitAt, permitEndMs } from '../../alerts/kinds/permits.ts';
import { whereabouts } from '../../alerts/kinds/whereabouts.ts';
import { metres, percent, type Words } from '../../alerts/kinds/wording.ts';
import { signedDistanceM } from '../../geofences/signed-distance.ts';
import type { AlertKindName } from '../../src/kernel/alert-event.ts';

type Why = (view: SubjectView) => Words;

const NOTHING_SAID: Words = { zh: '无可告警之事。', en: 'Nothing to alert.' };

export function whyNot(view: SubjectView, kind: AlertKindName): Words {
  return WHY[kind]?.(view) ?? NOTHING_SAID;
}

const WHY: { readonly [K in AlertKindName]?: Why } = {
  'out-of-bounds': (view) => {
    const stayIn = view.profile.zones.filter(({ rule }) => rule === 'stay-in');
    if (stayIn.length === 0) return { zh: '未设限制区域。', en: 'There is no zone to stay in.' };
    const bound = stayIn.filter(({ schedule }) => view.isInForce(schedule, view.atMs));
    if (bound.length === 0) return { zh: '限制区域此时均不生效。', en: 'No zone to stay in is in force.' };
    const permit = permitAt(view, view.atMs);
    if (permit !== undefined)
      return {
        zh: `请假 ${permit.id} 生效至 ${view.clock(permitEndMs(permit))}，不受限制区域约束。`,
        en: `Permit ${permit.id} is in force until ${view.clock(permitEndMs(permit))} and lifts the zones to stay in.`,
      };
    return inside(view, bound);
  },
  'exclusion-entry': (view) => {
    const keepOut = view.profile.zones.filter(({ rule }) => rule === 'keep-out');
    if (keepOut.length === 0) return { zh: '未设禁止区域。', en: 'There is no exclusion zone.' };
    const bound = keepOut.filter(({ schedule }) => view.isInForce(schedule, view.atMs));
    if (bound.length === 0) return { zh: '禁止区域此时均不生效。', en: 'No exclusion zone is in force.' };
    const near = nearest(view, bound);
    if (near === undefined) return NO_SHAPE;
    const { name, distanceM, sigmaM, bufferM } = near;
    const sure = percent(probabilityOutside(distanceM + bufferM, sigmaM));
    return {
      zh: `距最近的禁止区域${name}边界 ${metres(distanceM)}，在其外的概率 ${sure}。`,
      en: `${metres(distanceM)} from the edge of the nearest exclusion zone ${name}, outside it with probability ${sure}.`,
    };
  },
  curfew: (view) => {
    const { curfews } = view.profile;
    if (curfews.length === 0) return { zh: '未设宵禁。', en: 'There is no curfew.' };
    const held = curfews.filter((item) => view.windowAt(item, view.atMs) !== null);
    const [first] = held;
    if (first === undefined) return { zh: '此时不在宵禁时段。', en: 'No curfew holds at this time.' };
    const beganMs = view.windowAt(first, view.atMs)?.fromMs ?? view.atMs;
    const graceMs = beganMs + view.policy.curfewGraceS * 1000;
    if (view.atMs < graceMs)
      return {
        zh: `宵禁于 ${view.clock(beganMs)} 开始，宽限至 ${view.clock(graceMs)}。`,
        en: `The curfew began at ${view.clock(beganMs)}, with grace until ${view.clock(graceMs)}.`,
      };
    const permit = permitAt(view, view.atMs);
    if (permit !== undefined)
      return { zh: `请假 ${permit.id} 生效。`, en: `Permit ${permit.id} is in force.` };
    return inside(
      view,
      held.map(({ zone }) => ({ zone, bufferM: 0 })),
    );
  },
  silent: (view) => {
    if (view.devices.length === 0)
      return { zh: '此时没有受监测的设备。', en: 'No device is watched at this time.' };
    const heard = view.devices.map(({ device, state }) => ({
      id: device.id,
      at: state.heardMs === null ? null : view.clock(state.heardMs),
    }));
    return {
      zh: `${heard.map(({ id, at }) => `${id} 最后联系 ${at ?? '从未'}`).join('；')}，均未超过允许时长。`,
      en: `${heard.map(({ id, at }) => `${id} last heard ${at ?? 'never'}`).join('; ')}: within what is allowed.`,
    };
  },
  'phone-off': () => ({ zh: '没有设备报告关机或不可达。', en: 'No device is reported off or unreachable.' }),
  'strap-tamper': () => ({ zh: '没有腕带报告打开或剪断。', en: 'No strap is reported opened or cut.' }),
  'low-battery': (view) => {
    const all = view.devices.map(({ device, state }) => `${device.id} ${state.battery.pct ?? '?'} %`);
    return {
      zh: `电量：${all.join('，') || '无设备'}；低于 ${view.policy.lowBatteryPct} % 且在放电时告警。`,
      en: `Battery: ${all.join(', ') || 'no device'}; alerts below ${view.policy.lowBatteryPct} % while it discharges.`,
    };
  },
  'missed-checkin': (view) => {
    const { checkins, id } = view.profile;
    const windows = checkins.map((checkin) => view.lastOfficeWindow(checkin, view.nowMs));
    const closedMs = Math.max(...windows.map((window) => window?.untilMs ?? 0), 0);
    if (checkins.length === 0 && view.mustersOf(id).length === 0)
      return { zh: '未设报到时段，也无集中点验。', en: 'There is neither a check-in window nor a muster.' };
    const last = view.checkins.at(-1);
    const said = last === undefined ? null : view.clock(last);
    return {
      zh: `最近的报到时段于 ${closedMs === 0 ? '（尚无）' : view.clock(closedMs)} 结束，最近一次报到 ${said ?? '无'}，没有漏报。`,
      en: `The last window closed at ${closedMs === 0 ? '(none yet)' : view.clock(closedMs)}, the last check-in was ${said ?? 'never'}: none is missed.`,
    };
  },
  'leave-deviation': (view) => {
    const permit = permitAt(view, view.atMs);
    return permit === undefined
      ? { zh: '此时没有生效的请假。', en: 'No permit is in force.' }
      : {
          zh: `请假 ${permit.id}：${permit.destination === null ? '未指定目的地' : '在家、途中或目的地之内'}。`,
          en: `Permit ${permit.id}: ${permit.destination === null ? 'it names no destination' : 'at home, on the way or at the destination'}.`,
        };
  },
  'overdue-leave': () => ({
    zh: '没有逾期未销的请假。',
    en: 'No permit has ended without its return recorded.',
  }),
  'implausible-fix': () => ({
    zh: '没有虚拟定位、异常速度、固定坐标或时钟偏差。',
    en: 'No mock flag, impossible speed, frozen coordinates or clock far off.',
  }),
  'device-expiry': (view) => ({
    zh: `没有腕带的批准在 ${view.policy.deviceExpiryDays} 天内到期。`,
    en: `No wristband’s approval ends within ${view.policy.deviceExpiryDays} days.`,
  }),
  separation: (view) => ({
    zh: `没有手机与腕带相距超过 ${view.policy.separationM} m 达 ${view.policy.separationS} 秒。`,
    en: `Phone and wristband are not apart by more than ${view.policy.separationM} m for ${view.policy.separationS} s.`,
  }),
  abscond: (view) => ({
    zh: `越界、腕带剪断、失去联系均未达 ${view.policy.abscondAfterS} 秒，也未同时出现。`,
    en: `Neither out of bounds, strap cut nor dark for ${view.policy.abscondAfterS} s, nor two of them together.`,
  }),
};

const NO_SHAPE: Words = {
  zh: '区域图形尚未知，不能约束。',
  en: 'The shape of the zone is not known yet: it binds nobody.',
};

interface Bound {
  readonly zone: string;
  readonly bufferM: number;
}

function inside(view: SubjectView, bounds: readonly Bound[]): Words {
  const near = nearest(view, bounds);
  if (near === undefined) return NO_SHAPE;
  const { name, distanceM, sigmaM, bufferM } = near;
  const sure = percent(1 - probabilityOutside(distanceM - bufferM, sigmaM));
  const where = distanceM < 0 ? { zh: '内', en: 'inside' } : { zh: '外', en: 'outside' };
  return {
    zh: `在${name}边界${where.zh} ${metres(Math.abs(distanceM))}（缓冲 ${metres(bufferM)}），在允许范围内的概率 ${sure}。`,
    en: `${metres(Math.abs(distanceM))} ${where.en} the edge of ${name} (buffer ${metres(bufferM)}), within what is allowed with probability ${sure}.`,
  };
}

/** Of a union the one by which the subject is deepest in; of exclusion zones the nearest. */
function nearest(view: SubjectView, bounds: readonly Bound[]) {
  const where = whereabouts(view);
  if (where === null) return undefined;
  const all = bounds.flatMap(({ zone: id, bufferM }) => {
    const zone = view.zone(id);
    if (zone === undefined) return [];
    const distanceM = signedDistanceM(zone, where.lon, where.lat);
    return [{ name: zone.name ?? id, distanceM, sigmaM: where.sigmaM, bufferM }];
  });
  return all.sort((a, b) => a.distanceM - b.distanceM)[0];
}
