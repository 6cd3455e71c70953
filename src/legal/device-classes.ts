/**
 * The two legal classes of position source, never mixed: what each is, what is collected by it and when. Pure.
 *
 * Community Corrections Law arts 26 and 29; Measures art. 37: a mobile phone is no electronic positioning device.
 */
import type { DeviceKind } from '../kernel/roster.ts';
import type { Article } from './measures.ts';

export const LEGAL_CLASSES = ['electronic-positioning', 'verification'] as const;
export type LegalClass = (typeof LEGAL_CLASSES)[number];

export interface DeviceClass {
  readonly legalClass: LegalClass;
  readonly kinds: readonly DeviceKind[];
  readonly needsOrder: boolean;
  readonly zh: string;
  readonly en: string;
  /** What is collected when. */
  readonly collectsZh: string;
  readonly collectsEn: string;
  readonly article: Article;
  /** Class of `retention` that its positions are of. */
  readonly retention: 'positions' | 'phone-positions';
}

export const DEVICE_CLASSES: readonly DeviceClass[] = [
  {
    legalClass: 'electronic-positioning',
    kinds: ['wristband'],
    needsOrder: true,
    zh: '电子定位装置',
    en: 'Electronic positioning device',
    collectsZh: '仅在电子定位审批期限内连续采集位置；审批前后的位置一律拒收并计数。',
    collectsEn:
      'Positions without a pause, within the terms of its order only; what lies outside is refused and counted.',
    article: {
      zh: '社区矫正法第二十九条、实施办法第三十七条',
      en: 'Community Corrections Law, art. 29; Measures, art. 37',
    },
    retention: 'positions',
  },
  {
    legalClass: 'verification',
    kinds: ['phone'],
    needsOrder: false,
    zh: '信息化核查终端',
    en: 'Terminal of IT-based verification',
    collectsZh: '矫正期间按核查间隔询问位置，用于信息化核查；解除矫正当日起不再采集。',
    collectsEn:
      'Asked at its interval during correction, for verification; nothing from the end of correction on.',
    article: { zh: '社区矫正法第二十六条', en: 'Community Corrections Law, art. 26' },
    retention: 'phone-positions',
  },
];

export function classOfKind(kind: DeviceKind): LegalClass {
  return kind === 'wristband' ? 'electronic-positioning' : 'verification';
}
