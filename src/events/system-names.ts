/** Names of error and signal numbers, as this system has them. */
import { constants } from 'node:os';

/** Second names of numbers that the kernel's own headers call otherwise. */
const aliases = new Set(['ENOTSUP', 'EWOULDBLOCK', 'SIGIOT', 'SIGPOLL']);

function byNumber(table: object): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const [name, number] of Object.entries(table))
    if (typeof number === 'number' && !names.has(number) && !aliases.has(name)) names.set(number, name);
  return names;
}

const errnoNames = byNumber(constants.errno);
const signalNames = byNumber(constants.signals);

/** `ENOENT` for 2; the digits for a number without a name. `null` for 0 and below: no error. */
export function errnoName(number: number | bigint): string | null {
  const errno = Number(number);
  return errno <= 0 ? null : (errnoNames.get(errno) ?? moreErrnos[errno] ?? String(number));
}

/** `SIGKILL` for 9, `SIGRTMIN+1` for 35 (as glibc counts); `null` for 0 and below: no signal. */
export function signalName(number: number | bigint): string | null {
  const signal = Number(number);
  if (signal <= 0) return null;
  const name = signalNames.get(signal);
  if (name !== undefined) return name;
  return signal >= 34 && signal <= 64 ? `SIGRTMIN+${signal - 34}` : String(number);
}

/** What Node leaves out: Linux's own (asm-generic/errno.h; the same on x86_64 and arm64), and the kernel's internal ones (linux/errno.h). */
const moreErrnos: Readonly<Record<number, string>> = {
  15: 'ENOTBLK',
  44: 'ECHRNG',
  45: 'EL2NSYNC',
  46: 'EL3HLT',
  47: 'EL3RST',
  48: 'ELNRNG',
  49: 'EUNATCH',
  50: 'ENOCSI',
  51: 'EL2HLT',
  52: 'EBADE',
  53: 'EBADR',
  54: 'EXFULL',
  55: 'ENOANO',
  56: 'EBADRQC',
  57: 'EBADSLT',
  59: 'EBFONT',
  64: 'ENONET',
  65: 'ENOPKG',
  66: 'EREMOTE',
  68: 'EADV',
  69: 'ESRMNT',
  70: 'ECOMM',
  73: 'EDOTDOT',
  76: 'ENOTUNIQ',
  77: 'EBADFD',
  78: 'EREMCHG',
  79: 'ELIBACC',
  80: 'ELIBBAD',
  81: 'ELIBSCN',
  82: 'ELIBMAX',
  83: 'ELIBEXEC',
  85: 'ERESTART',
  86: 'ESTRPIPE',
  87: 'EUSERS',
  94: 'ESOCKTNOSUPPORT',
  96: 'EPFNOSUPPORT',
  108: 'ESHUTDOWN',
  109: 'ETOOMANYREFS',
  112: 'EHOSTDOWN',
  117: 'EUCLEAN',
  118: 'ENOTNAM',
  119: 'ENAVAIL',
  120: 'EISNAM',
  121: 'EREMOTEIO',
  123: 'ENOMEDIUM',
  124: 'EMEDIUMTYPE',
  126: 'ENOKEY',
  127: 'EKEYEXPIRED',
  128: 'EKEYREVOKED',
  129: 'EKEYREJECTED',
  130: 'EOWNERDEAD',
  131: 'ENOTRECOVERABLE',
  132: 'ERFKILL',
  133: 'EHWPOISON',
  512: 'ERESTARTSYS',
  513: 'ERESTARTNOINTR',
  514: 'ERESTARTNOHAND',
  515: 'ENOIOCTLCMD',
  516: 'ERESTART_RESTARTBLOCK',
  517: 'EPROBE_DEFER',
  518: 'EOPENSTALE',
  519: 'ENOPARAM',
  524: 'ENOTSUPP',
  529: 'EIOCBQUEUED',
};
