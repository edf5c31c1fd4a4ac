/** Types in the words of messages and of `list -v`. */
import type { Type } from '../types.js';

export function describeType(type: Type): string {
  switch (type.kind) {
    case 'int':
      if (type.meaning !== undefined && type.meaning !== 'hex') return type.meaning;
      return type.name ?? (type.char ? 'char' : `${type.signed ? 'i' : 'u'}${type.bits}`);
    case 'enum':
      return type.name === '' ? 'enum' : `enum ${type.name}`;
    case 'pointer':
      return `${type.space === 'user' ? 'user ' : ''}${describeType(type.target)} *`;
    case 'struct':
      return `${type.union ? 'union' : 'struct'} ${type.name === '' ? '{…}' : type.name}`;
    case 'array':
      return `${describeType(type.element)}[${type.count}]`;
    case 'string':
    case 'bytes':
      return `${type.kind}(${type.max})`;
    case 'float':
      return type.name;
    case 'function':
      return 'function';
    case 'bool':
    case 'void':
    case 'ip':
    case 'mac':
    case 'comm':
    case 'kstack':
    case 'ustack':
      return type.kind;
  }
}
