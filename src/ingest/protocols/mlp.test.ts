import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMlp, type MlpAnswer } from './mlp.ts';
import { readPlainXml } from './mlp-plain-xml.ts';
import { bareNumber, encodeSlir, readMsid } from './mlp-request.ts';
import { readAngle, readMlpTime } from './mlp-values.ts';
import { escapeXml, parseXml, readXml, textOf, XML_LIMITS } from './mlp-xml.ts';
import type { DeviceRecord } from './record.ts';

const RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const folder = new URL('../../../../shared/vectors/mlp.json', import.meta.url);
const isThere = existsSync(folder);
const isForbidden = (process.env.WARDLINE_FORBID_SKIPS ?? '').includes('shared');

interface Vector {
  readonly id: string;
  readonly input: { readonly xml: string };
  readonly expected: {
    readonly service: string;
    readonly records: readonly Record<string, unknown>[];
    readonly error?: Record<string, unknown>;
  };
}
const vectors: Vector[] = isThere ? (JSON.parse(readFileSync(folder, 'utf8')) as Vector[]) : [];

test.skipIf(isThere || !isForbidden)('ML1 vectors: skipped, ../shared/vectors is not there', () => {
  expect.fail('../shared/vectors is missing, and WARDLINE_FORBID_SKIPS forbids to go without');
});

function decoded(xml: string): MlpAnswer {
  const answer = decodeMlp(xml);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value;
}
const slia = (content: string) => `<svc_result ver="3.2.0"><slia ver="3.2.0">${content}</slia></svc_result>`;
const pos = (content: string, attributes = '') =>
  slia(`<pos${attributes}><msid type="MSISDN">8613800000001</msid>${content}</pos>`);
const pd = (shape: string, more = '') =>
  pos(`<pd><time utc_off="+0800">20260801093000</time><shape>${shape}</shape>${more}</pd>`);
const coord = '<coord><X>31 14 22.500N</X><Y>121 29 8.400E</Y></coord>';

function recordOf(xml: string): DeviceRecord {
  const [target] = decoded(xml).targets;
  if (target?.records[0] === undefined) throw new Error(JSON.stringify(target));
  return target.records[0];
}
function refusalOf(xml: string) {
  return decoded(xml).targets[0]?.refusal;
}

describe.skipIf(!isThere)('ML1', () => {
  test.each(vectors)('ML1 $id is read as it says', ({ input, expected }) => {
    const answer = decoded(input.xml);
    const records = answer.targets.flatMap((target) => target.records);
    expect(answer.service).toBe(expected.service);
    expect(records).toHaveLength(expected.records.length);
    expect(records).toMatchObject(
      expected.records.map((record) =>
        Object.fromEntries(
          Object.entries(record).map(([name, value]) => [
            name,
            typeof value === 'number' ? expect.closeTo(value, 6) : value,
          ]),
        ),
      ),
    );
    if (expected.error === undefined) expect(answer.error).toBeNull();
    else expect(answer.error).toMatchObject(expected.error);
  });
});

describe('shapes', () => {
  test.each([
    [`<CircularArea srsName="www.epsg.org#4326">${coord}<radius>850</radius></CircularArea>`, 850],
    [`<CircularArea>${coord}<radius>0.85</radius><distanceUnit>km</distanceUnit></CircularArea>`, 850],
    [
      `<CircularArcArea>${coord}<inRadius>550</inRadius><outRadius>1100</outRadius><startAngle>30</startAngle><stopAngle>120</stopAngle><angularUnit>Degrees</angularUnit><distanceUnit>meter</distanceUnit></CircularArcArea>`,
      1100,
    ],
    [
      `<EllipticalArea>${coord}<angle>135</angle><semiMajor>5000</semiMajor><semiMinor>1000</semiMinor><angularUnit>Degrees</angularUnit></EllipticalArea>`,
      5000,
    ],
    [
      `<CircularArea>${coord}<angle>135</angle><semiMajor>5000</semiMajor><semiMinor>1000</semiMinor></CircularArea>`,
      5000,
    ],
    [`<Point>${coord}</Point>`, undefined],
  ])('ML2 %s reaches %s m', (shape, accuracyM) => {
    const record = recordOf(pd(shape));
    expect(record).toMatchObject({
      kind: 'position',
      valid: true,
      time: '2026-08-01T01:30:00Z',
      lat: expect.closeTo(31.2395833, 6),
      lon: expect.closeTo(121.4856667, 6),
      shape: /<(\w+)/.exec(shape)?.[1],
      method: 'cell',
    });
    expect(record.accuracy_m).toBe(accuracyM);
  });

  test('ML2 of several points the middle counts, and the farthest of them', () => {
    const at = (x: string, y: string) => `<coord><X>${x}</X><Y>${y}</Y></coord>`;
    const ring = [at('31.0', '121.0'), at('31.0', '121.2'), at('31.2', '121.2'), at('31.2', '121.0')];
    const hole = `<innerBoundaryIs><LinearRing>${at('31.0', '121.0')}${at('31.0', '121.01')}${at('31.01', '121.0')}</LinearRing></innerBoundaryIs>`;
    const polygon = `<Polygon><outerBoundaryIs><LinearRing>${ring.join('')}${ring[0]}</LinearRing></outerBoundaryIs>${hole}</Polygon>`;
    const record = recordOf(pd(polygon));
    expect(record).toMatchObject({ lat: expect.closeTo(31.1, 9), lon: expect.closeTo(121.1, 9) });
    // Half the diagonal of 22.2 km by 19.1 km.
    expect(record.accuracy_m).toBeGreaterThan(14_600);
    expect(record.accuracy_m).toBeLessThan(14_700);
    const dateLine = recordOf(pd(`<Box>${at('10N', '179.5E')}${at('10N', '179.5W')}</Box>`));
    expect(Math.abs(Number(dateLine.lon))).toBeCloseTo(180, 9);
    expect(dateLine.accuracy_m).toBeLessThan(56_000);
  });

  test.each([
    ['<CircularArea><coord><X>31N</X></coord><radius>1</radius></CircularArea>', 'bad-coordinates'],
    ['<CircularArea><radius>1</radius></CircularArea>', 'bad-coordinates'],
    [
      '<CircularArea><coord><X>91N</X><Y>121E</Y></coord><radius>1</radius></CircularArea>',
      'bad-coordinates',
    ],
    ['<CircularArea><coord><X>31N</X><Y>12N</Y></coord><radius>1</radius></CircularArea>', 'bad-coordinates'],
    [`<CircularArea>${coord}</CircularArea>`, 'missing-field'],
    [`<CircularArea>${coord}<radius>-1</radius></CircularArea>`, 'out-of-range'],
    [`<CircularArea>${coord}<radius>wide</radius></CircularArea>`, 'out-of-range'],
    [
      `<CircularArea>${coord}<radius>1</radius><distanceUnit>ell</distanceUnit></CircularArea>`,
      'unknown-value',
    ],
    [`<CircularArea srsName="www.epsg.org#2000">${coord}<radius>1</radius></CircularArea>`, 'unknown-value'],
    ['<Spiral/>', 'unknown-value'],
    ['', 'missing-field'],
  ])('ML3 a place is never guessed: %s is %s', (shape, code) => {
    expect(decoded(pd(shape)).targets).toMatchObject([
      { device: '8613800000001', records: [], refusal: { code } },
    ]);
  });
});

describe('values', () => {
  test.each([
    ['30 16 28.308N', 30.27453, 'lat'],
    ['45 15 33.444E', 45.25929, 'lon'],
    ['099 12 15.019W', -99.2041719, 'lon'],
    ['N30 16 28.308', 30.27453, 'lat'],
    ['30°16\'28.308"S', -30.27453, 'lat'],
    ['301628.308N', 30.27453, 'lat'],
    ['0451533.444E', 45.25929, 'lon'],
    ['30 16.4718N', 30.27453, 'lat'],
    ['30.27453', 30.27453, undefined],
    ['-30.27453', -30.27453, undefined],
    ['+30.27453', 30.27453, undefined],
    ['30.27453S', -30.27453, 'lat'],
  ])('ML4 %s is %s degrees', (text, degrees, axis) => {
    expect(readAngle(text)).toEqual({ degrees: expect.closeTo(degrees, 6), axis });
  });

  test.each([
    '',
    'N',
    '30 61 0N',
    '30 16 61N',
    '30.5 16 0N',
    'thirty',
    '181',
    '1e2',
    '30 16 28 1N',
    '--3',
    'N30S',
    'N-30',
  ])('ML4 %s is no angle', (text) => {
    expect(readAngle(text)).toBeUndefined();
  });

  test.each([
    ['20260801093000', '+0800', '2026-08-01T01:30:00.000Z'],
    ['20260801093000', '0800', '2026-08-01T01:30:00.000Z'],
    ['20260801093000', '-0330', '2026-08-01T13:00:00.000Z'],
    ['20260801093000', undefined, '2026-08-01T09:30:00.000Z'],
    ['20240229235959', '', '2024-02-29T23:59:59.000Z'],
  ])('ML5 %s at %s is %s', (text, offset, instant) => {
    expect(new Date(readMlpTime(text, offset) ?? Number.NaN).toISOString()).toBe(instant);
  });

  test.each([
    ['20260229093000', '+0800'],
    ['20261301000000', '+0800'],
    ['20260801250000', '+0800'],
    ['202608010930', '+0800'],
    ['00000000000000', '+0800'],
    ['20260801093000', '+9900'],
    ['20260801093000', 'CST'],
    [undefined, undefined],
  ])('ML5 %s at %s is no time', (text, offset) => {
    expect(readMlpTime(text, offset)).toBeUndefined();
    const time = text === undefined ? '' : `<time utc_off="${offset}">${text}</time>`;
    const record = recordOf(pos(`<pd>${time}<shape><Point>${coord}</Point></shape></pd>`));
    expect(record.time).toBeNull();
  });
});

describe('answers', () => {
  test.each([
    [4, 'unknown_subscriber'],
    [5, 'absent'],
    [6, 'position_failed'],
    [7, 'timeout'],
    [101, 'congestion'],
    [201, 'qop_not_attainable'],
    [202, 'not_allowed'],
    [203, 'congestion'],
    [10, 'other'],
    [512, 'other'],
  ])('ML6 result %s of a phone is %s', (resid, reachability) => {
    const xml = pos(
      `<poserr><result resid="${resid}">WORDS</result><add_info>more</add_info><time>20260801013000</time></poserr>`,
    );
    expect(recordOf(xml)).toEqual({
      msid: '8613800000001',
      msid_type: 'MSISDN',
      kind: 'position_error',
      time: '2026-08-01T01:30:00Z',
      resid,
      slogan: 'WORDS',
      reachability,
      add_info: 'more',
    });
  });

  test('ML6 successes and failures stand in one answer, in every service, in a namespace, behind a DOCTYPE', () => {
    const both = `<pos><msid>1</msid><pd><time>20260801013000</time><shape><Point>${coord}</Point></shape></pd></pos><pos><msid type="IMSI">2</msid><poserr><result resid="5"/></poserr></pos>`;
    for (const service of ['slia', 'slirep', 'slrep', 'eme_lia', 'emerep']) {
      const answer = decoded(
        `<!DOCTYPE svc_result SYSTEM "MLP_SVC_RESULT_320.DTD"><svc_result><hdr/><${service}><req_id>25267</req_id>${both}</${service}></svc_result>`,
      );
      expect(answer).toMatchObject({ service, reqId: '25267', error: null });
      expect(answer.targets.map(({ device }) => device)).toEqual(['1', '2']);
      expect(answer.targets[1]?.records[0]).toMatchObject({ msid_type: 'IMSI', reachability: 'absent' });
    }
    const prefixed = both.replaceAll(/<(\/?)(\w)/g, '<$1m:$2');
    expect(decoded(`<m:slia xmlns:m="x">${prefixed}</m:slia>`).targets).toHaveLength(2);
    const trigger = decoded(
      `<tlrep><req_id>9</req_id><trl_pos trl_trigger="MS_AVAIL"><msid>3</msid><pd><time>20260801013000</time><shape><Point>${coord}</Point></shape></pd></trl_pos></tlrep>`,
    );
    expect(trigger.targets[0]?.records[0]).toMatchObject({ trigger: 'MS_AVAIL', msid: '3' });
  });

  test('ML7 what else the network knows is kept, in our units', () => {
    const circle = `<CircularArea>${coord}<radius>15</radius></CircularArea>`;
    const xml = pd(
      circle,
      '<alt>12</alt><alt_acc>4</alt_acc><speed>10</speed><direction>240</direction><lev_conf>90</lev_conf>',
    ).replace('<pos>', '<pos pos_method="A-GPS">');
    expect(recordOf(xml)).toMatchObject({
      pos_method: 'A-GPS',
      method: 'gnss',
      altitude_m: 12,
      vertical_accuracy_m: 4,
      speed_kmh: 36,
      course_deg: 240,
      confidence_percent: 90,
    });
    const cell = pos(
      `<pd><time>20260801013000</time><shape><Point>${coord}</Point></shape></pd><gsm_net_param><cgi><mcc>460</mcc><mnc>00</mnc><lac>9360</lac><cellid>4082</cellid></cgi></gsm_net_param>`,
    );
    expect(recordOf(cell).cells).toEqual([{ mcc: 460, mnc: 0, lac: 9360, cid: 4082 }]);
  });

  test('ML8 a request is no answer, nor is an empty result; another document is refused', () => {
    const request = encodeSlir({
      msids: [readMsid('8613800000001')],
      client: 'c',
      password: 'p',
      serviceId: undefined,
      version: '3.2.0',
      timerS: 20,
      isUrgent: false,
    });
    expect(decoded(request)).toEqual({ service: null, reqId: null, targets: [], error: null });
    expect(decoded('<svc_result/>').targets).toEqual([]);
    expect(decodeMlp('<html><body>502</body></html>')).toMatchObject({ ok: false });
    expect(refusalOf(slia('<pos><pd/></pos>'))).toMatchObject({ code: 'missing-field' });
    expect(refusalOf(slia('<pos><msid>1</msid></pos>'))).toMatchObject({ code: 'missing-field' });
  });

  test('ML9 a phone’s piece of an answer is read by itself as in the whole', () => {
    const xml = slia(
      `<pos><msid>1</msid><poserr><result resid="5"/></poserr></pos>\n<pos pos_method="CELL"><msid>2测</msid><pd><time>20260801013000</time><shape><Point>${coord}</Point></shape></pd></pos>`,
    );
    for (const { raw, ...target } of decoded(xml).targets)
      expect(decoded(Buffer.from(raw).toString()).targets[0]).toMatchObject(target);
  });
});

describe('XML', () => {
  test('ML10 nothing is expanded, nothing outside is read', () => {
    const laughs =
      '<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><slia><req_id>&b;</req_id></slia>';
    expect(decodeMlp(laughs)).toMatchObject({ ok: false, error: { code: 'bad-shape' } });
    const outside = '<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><slia><req_id>&x;</req_id></slia>';
    expect(decodeMlp(outside)).toMatchObject({ ok: false });
    expect(decoded('<slia><req_id>a &amp; b &#x6d4b;</req_id></slia>').reqId).toBe('a & b 测');
  });

  test('ML10 size, depth and number of elements are bounded', () => {
    expect(readXml('<a>'.repeat(100) + '</a>'.repeat(100))).toMatchObject({ error: { code: 'too-large' } });
    expect(readXml(`<a>${'<b/>'.repeat(60_000)}</a>`)).toMatchObject({ error: { code: 'too-large' } });
    expect(readXml(`<a>${'x'.repeat(5_000_000)}</a>`)).toMatchObject({ error: { code: 'too-large' } });
    const long = readXml(`<a>${'x'.repeat(100_000)}</a>`);
    expect(long.ok && long.value.text.length).toBe(1000);
    for (const broken of ['', '<a>', '<a></b>', 'text', '<a', '<a>&nope;</a>'])
      expect(readXml(broken), broken).toMatchObject({ ok: false });
  });

  test('ML11 whatever is asked for comes out of the request as it went in', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string(),
        fc.string({ minLength: 1 }),
        (client, password, id) => {
          const xml = encodeSlir({
            msids: [{ type: 'MSISDN', id }],
            client,
            password,
            serviceId: undefined,
            version: '3.2.0',
            timerS: 20,
            isUrgent: true,
          });
          const read = readXml(xml);
          if (!read.ok) throw new Error(read.error.message);
          const at = (...path: string[]) => {
            let element: typeof read.value | undefined = read.value;
            for (const name of path.slice(0, -1))
              element = element?.children.find((child) => child.name === name);
            return textOf(element, path.at(-1) ?? '') ?? '';
          };
          const isPlain = /^[\x20-\x7e]{0,900}$/;
          for (const [given, got] of [
            [client, at('hdr', 'client', 'id')],
            [password, at('hdr', 'client', 'pwd')],
            [id, at('slir', 'msids', 'msid')],
          ] as const)
            if (isPlain.test(given)) expect(got).toBe(given.trim());
        },
      ),
      { numRuns: RUNS },
    );
    expect(escapeXml('<a b="c">&\u0000\uD800')).toBe('&lt;a b=&quot;c&quot;&gt;&amp;');
  });

  test('ML12 whatever text comes, nothing throws', () => {
    const piece = fc.constantFrom(
      '<slia>', '</slia>', '<pos>', '</pos>', '<msid>', '</msid>', '<pd>', '</pd>', '<shape>', '</shape>', '<poserr>', '</poserr>',
      '<CircularArea>', '</CircularArea>', '<Polygon>', '</Polygon>', coord, '<radius>', '</radius>', '<time utc_off="', '">', '<result resid="',
      '20260801093000', '31N', '<!DOCTYPE', '<![CDATA[', ']]>', '<!--', '-->', '&', '&#0;', '&#x110000;', '\u0000', '\uD800', '<?xml', '?>',
    ); // biome-ignore format: a list
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const answer = decodeMlp(text);
        if (!answer.ok) return answer.error.message !== '';
        return answer.value.targets.every(
          ({ records, refusal }) => records.length === (refusal === null ? 1 : 0),
        );
      }),
      { numRuns: RUNS * 10 },
    );
  });

  test('ML12 one damaged character of a good answer is read, refused, or changes what it stood in; it never throws', () => {
    const good = pd(`<CircularArea>${coord}<radius>850</radius></CircularArea>`, '<lev_conf>67</lev_conf>');
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.string({ minLength: 0, maxLength: 2 }), (at, put) => {
        const answer = decodeMlp(good.slice(0, at) + put + good.slice(at + 1));
        return answer.ok || answer.error.code === 'bad-shape' || answer.error.code === 'too-large';
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

describe('XML as servers write it', () => {
  /** One in thirty is something that servers do not write. */
  const mostly = (usual: readonly string[], odd: readonly string[]) =>
    fc.oneof(
      { weight: 29, arbitrary: fc.constantFrom(...usual) },
      { weight: 1, arbitrary: fc.constantFrom(...odd) },
    );
  const name = mostly(['pos', 'msid', 'X', 'm:pd', 'a-b.1', '_', 'm:'], ['été', '1a', '-', ':a', 'a b']);
  const blank = mostly(['', '', ' ', '\n  ', '\t'], ['\r\n', '\u00a0']);
  const words = mostly(
    ['31 14 22.500N', 'ABSENT', ' ', '\u00a0', '测', '>', "it's", 'x'.repeat(600)],
    ['😀', '&amp;', '&#x4e;', '&', ']]>', '\u0085', '\uFFFE', '\uD800', '<'],
  );
  const attribute = fc
    .tuple(
      mostly([' ', '\n ', '\t '], ['', '\r']),
      mostly(['ver', 'type', 'm:x', 'utc_off'], ['m:ver', 'toString', 'é']),
      mostly(['='], [' = ', '', '==']),
      mostly(['"', "'"], ['']),
      words,
    )
    .map(([before, key, equals, quote, value]) => `${before}${key}${equals}${quote}${value}${quote}`);
  const { element } = fc.letrec<{ element: string }>((tie) => ({
    element: fc
      .tuple(
        name,
        fc.array(attribute, { maxLength: 3 }),
        blank,
        fc.array(
          fc.oneof(
            { maxDepth: 4, depthIdentifier: 'xml' },
            words,
            blank,
            mostly(['<e/>', '<f>1</f>'], ['<!-- - -->', '<![CDATA[<]]>', '<?p i?>', '</e>', '<e>', '</e >']),
            tie('element'),
          ),
          { maxLength: 5, depthIdentifier: 'xml' },
        ),
      )
      .map(([tag, attributes, behind, content]) =>
        content.length === 0
          ? `<${tag}${attributes.join('')}${behind}/>`
          : `<${tag}${attributes.join('')}${behind}>${content.join('')}</${tag}>`,
      ),
  }));
  const prolog = mostly(
    [
      '',
      '<?xml version="1.0"?>',
      '\n',
      '<!DOCTYPE s SYSTEM "a.dtd">\n',
      '<?xml version="1.0"?>\n<!DOCTYPE s>',
    ],
    ['\uFEFF', ' <?xml version="1.0"?>', '<!DOCTYPE s SYSTEM "a>b">', '<!DOCTYPE s [<!ENTITY a "b">]>', 'x'],
  );
  const document = fc.tuple(prolog, element, mostly(['', '\n'], ['<a/>', 'x', '<!-- -->']));

  test('ML14 is read as the parser reads it, or left to the parser', () => {
    let plain = 0;
    fc.assert(
      fc.property(
        document,
        fc.nat(),
        fc.string({ maxLength: 1 }),
        fc.boolean(),
        (parts, at, put, isHarmed) => {
          const whole = parts.join('');
          const cut = at % whole.length;
          const text = isHarmed ? whole.slice(0, cut) + put + whole.slice(cut + 1) : whole;
          const read = readPlainXml(text, XML_LIMITS);
          if (read === undefined) return;
          plain++;
          expect(parseXml(text)).toEqual({ ok: true, value: read });
        },
      ),
      { numRuns: RUNS * 10 },
    );
    expect(plain).toBeGreaterThan(RUNS * 2);
  });

  test('ML14 what servers write needs no parser', () => {
    const plainly = [
      ...vectors.map(({ input }) => input.xml),
      pd(`<CircularArea srsName="www.epsg.org#4326">${coord}<radius>850</radius></CircularArea>`),
      `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE svc_result SYSTEM "MLP_SVC_RESULT_320.DTD">\n${pos('\n <poserr/>\n')}\n`,
    ];
    for (const xml of plainly) expect(readPlainXml(xml, XML_LIMITS), xml).toBeDefined();
  });

  test('ML14 what is too deep, too much or too long is left to the parser', () => {
    const limits = { depth: 2, elements: 3, text: 4 };
    for (const xml of ['<a><b/><b>1234</b></a>', '<a b="1234"/>'])
      expect(readPlainXml(xml, limits), xml).toBeDefined();
    for (const xml of [
      '<a><b><c/></b></a>',
      '<a><b/><b/><b/></a>',
      '<a>12345</a>',
      '<a>12<b/>345</a>',
      '<a b="12345"/>',
    ])
      expect(readPlainXml(xml, limits), xml).toBeUndefined();
  });

  test('ML12 an attribute by the name of a method is an attribute, or a fault', () => {
    const xml = '<slia hasOwnProperty="1" ver="2"><req_id>1</req_id></slia>';
    expect(decoded(xml).reqId).toBe('1');
    // The parser itself throws at it.
    expect(decodeMlp(`<!-- -->${xml}`)).toMatchObject({ error: { code: 'bad-shape' } });
  });
});

test('ML13 an id on the roster is a number, with or without its +, or of another kind by name', () => {
  expect(readMsid('+8613800000001')).toEqual({ type: 'MSISDN', id: '8613800000001' });
  expect(readMsid('IMSI:460001234567890')).toEqual({ type: 'IMSI', id: '460001234567890' });
  expect(bareNumber('008613800000001')).toBe('8613800000001');
});
