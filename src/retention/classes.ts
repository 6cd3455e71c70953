/**
 * How long each class of data is kept, and by which article. Pure. `keepDays` null: as long as the subject's archive, which is no
 * matter of this program; such a class is sealed and never purged by it.
 *
 * PIPL 19: the shortest time that the purpose needs; 47: deletion when it is met, while a term of another law runs storing only.
 * Cybersecurity Law 21(3): logs of the network's running six months at least. PIPL 55, 56: records of processing three years at least.
 */
export interface DataClass {
  readonly name: string;
  readonly zh: string;
  readonly keepDays: number | null;
  /** The shortest that the law allows; null: none. */
  readonly floorDays: number | null;
  readonly article: string;
  /** The setting that changes `keepDays`; null: there is none. */
  readonly setting: string | null;
  /** Whether a legal hold keeps single subjects' rows of it. */
  readonly isHeldBySubject: boolean;
}

export interface RetentionSettings {
  readonly positionRetentionDays: number;
  readonly phonePositionRetentionDays: number;
  readonly presenceRetentionDays: number;
  readonly messageRetentionDays: number;
  readonly quarantineRetentionDays: number;
  readonly logRetentionHours: number;
}

export const CLASS_NAMES = [
  'positions',
  'phone-positions',
  'presence',
  'device-statuses',
  'device-messages',
  'device-commands',
  'quarantine',
  'device-notices',
  'observations-log',
  'notices',
  'check-ins',
  'alerts',
  'audit',
] as const;
export type ClassName = (typeof CLASS_NAMES)[number];

const SHORTEST = 'PIPL 19, 47';

export function dataClasses(settings: RetentionSettings): Readonly<Record<ClassName, DataClass>> {
  const days = (
    name: string,
    zh: string,
    keepDays: number,
    setting: string,
    isHeldBySubject: boolean,
    article = SHORTEST,
  ): DataClass => ({ name, zh, keepDays, floorDays: null, article, setting, isHeldBySubject });
  const kept = (name: string, zh: string, article: string, floorDays: number | null): DataClass => ({
    name,
    zh,
    keepDays: null,
    floorDays,
    article,
    setting: null,
    isHeldBySubject: true,
  });
  const {
    positionRetentionDays,
    phonePositionRetentionDays,
    presenceRetentionDays,
    messageRetentionDays,
    quarantineRetentionDays,
    logRetentionHours,
  } = settings;
  const track = `社区矫正法 29; ${SHORTEST}`;
  return {
    positions: days('positions', '定位轨迹', positionRetentionDays, 'POSITION_RETENTION_DAYS', true, track),
    'phone-positions': days(
      'phone-positions',
      '核查终端（手机）定位',
      Math.min(phonePositionRetentionDays, positionRetentionDays),
      'PHONE_POSITION_RETENTION_DAYS',
      true,
      `社区矫正法 26; ${SHORTEST}`,
    ),
    presence: days(
      'presence',
      '每日在位与义务履行',
      presenceRetentionDays,
      'PRESENCE_RETENTION_DAYS',
      true,
      track,
    ),
    'device-statuses': days(
      'device-statuses',
      '设备状态',
      positionRetentionDays,
      'POSITION_RETENTION_DAYS',
      true,
      track,
    ),
    'device-messages': days(
      'device-messages',
      '设备报文',
      messageRetentionDays,
      'MESSAGE_RETENTION_DAYS',
      true,
    ),
    'device-commands': days(
      'device-commands',
      '设备指令（抽查除外）',
      messageRetentionDays,
      'MESSAGE_RETENTION_DAYS',
      true,
    ),
    quarantine: days('quarantine', '拒收数据', quarantineRetentionDays, 'QUARANTINE_RETENTION_DAYS', true),
    'device-notices': days(
      'device-notices',
      '未知设备',
      quarantineRetentionDays,
      'QUARANTINE_RETENTION_DAYS',
      false,
    ),
    'observations-log': days(
      'observations-log',
      '观测日志',
      logRetentionHours / 24,
      'LOG_RETENTION_HOURS',
      false,
    ),
    notices: {
      name: 'notices',
      zh: '通知与送达记录',
      keepDays: 3 * 365,
      floorDays: 183,
      article: '网络安全法 21(3); PIPL 55, 56',
      setting: null,
      isHeldBySubject: true,
    },
    'check-ins': kept('check-ins', '报到记录', '社区矫正法 26', null),
    alerts: kept('alerts', '告警与处置', '社区矫正法 28, 29', null),
    audit: kept('audit', '查阅与操作记录', '网络安全法 21(3); PIPL 55, 56', 3 * 365),
  };
}
