import { describe, expect, it } from 'vitest';
import { nodeHost } from '../host-node.js';
import { demangler } from './demangle.js';

describe('demangler', () => {
  const demangle = demangler(nodeHost());

  it.each([
    [
      'C++',
      '_ZN2v88internal4Name14ToFunctionNameEPNS0_7IsolateENS0_6HandleIS1_EE',
      'v8::internal::Name::ToFunctionName',
    ],
    ['C++ operators', '_ZNSolsEi', 'std::ostream::operator<<'],
    ['Rust before v0', '_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE', 'core::fmt::Write::write_fmt'],
    ['Rust v0', '_RNvCs1234_7mycrate3foo', 'mycrate::foo'],
    ['a part that a compiler split off', '_ZN4node15OOMErrorHandlerEv.cold', 'node::OOMErrorHandler'],
  ])('%s: %s', (_, mangled, name) => {
    expect(demangle(mangled)).toBe(name);
  });

  it('leaves other names as they are', () => {
    for (const name of ['main', '', '_start', '_Z', '_ZN', '_Rust', 'Z3foov', `_Z${'N1a'.repeat(3000)}`]) {
      expect(demangle(name)).toBe(name);
    }
  });

  it('survives names that nest without end', () => {
    for (const part of ['P', 'N', 'I', 'F', 'X', 'T_', 'St', 'S_', 'Dp']) {
      expect(typeof demangle(`_Z1f${part.repeat(1500)}`)).toBe('string');
      expect(typeof demangle(`_RNv${part.repeat(1500)}`)).toBe('string');
    }
  });

  it('does without the addon', () => {
    expect(demangler({ ...nodeHost(), binaryReader: () => 'not built' })('_ZNSolsEi')).toBe('_ZNSolsEi');
  });
});
