/** Files and commands: paths of open files, and lists of arguments. */
import { type LanguageFunction, sizeConstant, textAt, userCall, wrongArgument } from './language-function.js';
import { memberOf } from './members.js';
import { largestString } from './type-from-name.js';
import type { Typed } from './typed.js';

const defaultListMax = 1024;
/** A path component or argument may be this long, so less room than that is none. */
const smallestList = 512;
const mostParts = 255n;

export const fileFunctions: readonly LanguageFunction[] = [
  {
    name: 'path',
    takes: 'places',
    stage: 'user',
    signature: 'path(file[, max])',
    description: `the whole path of a struct file *, a struct path or a struct dentry *, in at most max bytes (${defaultListMax} when left out)`,
    arity: [1, 2],
    check: ({ arguments: [from, max], names, sink, span }) => {
      const size = listSize(max, sink);
      if (from === undefined || size === undefined) return undefined;
      const target = from.type.kind === 'pointer' ? from.type.target : from.type;
      const kind = target.kind === 'struct' ? target.name : '';
      const place = kind === 'file' ? memberOf(from, 'f_path', span, span, sink) : from;
      if (kind !== 'file' && kind !== 'path' && kind !== 'dentry')
        return wrongArgument(sink, from, 'path() takes a struct file *, struct path or struct dentry *', [
          'a text of user space is read with str(…)',
        ]);
      if (place === undefined || names.struct('mount') === undefined) return undefined;
      const dentry = kind === 'dentry' ? from : memberOf(place, 'dentry', span, span, sink);
      const mount = kind === 'dentry' ? undefined : memberOf(place, 'mnt', span, span, sink);
      if (dentry === undefined) return undefined;
      const list: Typed = {
        op: 'readList',
        list: 'path',
        address: dentry,
        ...(mount === undefined ? {} : { mount }),
        type: { kind: 'bytes', max: size },
        span,
      };
      return userCall('path', [list], span, largestString);
    },
  },
  {
    name: 'dname',
    stage: 'kernel',
    signature: 'dname(dentry)',
    description: 'the last component of the path of a struct dentry *',
    arity: [1, 1],
    check: ({ arguments: [dentry], sink, span }) => {
      const name = dentry && memberOf(dentry, 'd_name', span, span, sink);
      const text = name && memberOf(name, 'name', span, span, sink);
      return text && textAt(text, 255, span, sink);
    },
  },
  {
    name: 'argv',
    stage: 'user',
    signature: 'argv(pointer[, max])',
    description: `the arguments in a list of pointers such as execve's, joined by spaces, in at most max bytes (${defaultListMax} when left out)`,
    arity: [1, 2],
    check: ({ arguments: [from, max], sink, span }) => {
      const size = listSize(max, sink);
      if (from === undefined || size === undefined) return undefined;
      const space = from.type.kind === 'pointer' ? from.type.space : undefined;
      if (space !== 'user') return wrongArgument(sink, from, 'argv() takes a list of pointers in user space');
      const list: Typed = { op: 'readList', list: 'argv', address: from, type: { kind: 'bytes', max: size }, span };
      const separator: Typed = { op: 'text', value: ' ', type: { kind: 'string', max: 1 }, span };
      return userCall('join', [list, separator], span, largestString);
    },
  },
  {
    name: 'join',
    takes: 'places',
    stage: 'user',
    signature: 'join(bytes, separator)',
    description:
      'texts that stand behind each other in memory, each with its NUL, as one text with a constant separator',
    arity: [2, 2],
    check: ({ arguments: [bytes, separator], sink, span }) => {
      if (bytes === undefined || separator === undefined) return undefined;
      if (bytes.type.kind !== 'bytes')
        return wrongArgument(sink, bytes, 'join() takes bytes', ['read them with bytes(pointer, length, max)']);
      if (separator.op !== 'text') return wrongArgument(sink, separator, 'the separator is a text literal');
      return userCall('join', [bytes, separator], span, largestString);
    },
  },
  {
    name: 'split',
    takes: 'places',
    stage: 'user',
    signature: 'split(text, separator, index)',
    description:
      'the part with a constant number, from 0 on, of a text or of bytes between constant separators; empty where there are not so many',
    arity: [3, 3],
    check: ({ arguments: [text, separator, index], sink, span }) => {
      if (text === undefined || separator === undefined || index === undefined) return undefined;
      const { kind } = text.type;
      if (kind !== 'bytes' && kind !== 'string' && kind !== 'comm')
        return wrongArgument(sink, text, 'split() takes a text or bytes', [
          'read them with str(pointer) or bytes(pointer, length, max)',
        ]);
      if (separator.op !== 'text' || separator.value === '')
        return wrongArgument(sink, separator, 'the separator is a text literal that is not empty');
      if (index.op !== 'constant' || index.value < 0n || index.value > mostParts)
        return wrongArgument(sink, index, `the index is a constant from 0 to ${mostParts}`);
      return userCall(kind === 'bytes' ? 'splitBytes' : 'splitText', [text, separator, index], span, largestString);
    },
  },
];

function listSize(max: Typed | undefined, sink: Parameters<typeof sizeConstant>[1]): number | undefined {
  if (max === undefined) return defaultListMax;
  const size = sizeConstant(max, sink);
  if (size === undefined || size >= smallestList) return size;
  return wrongArgument(sink, max, `a constant from ${smallestList} to ${largestString} should stand here`);
}
