// What the kernel's side and the reader agree on.
#pragma once

#ifdef TWELVE
struct event {
	__u64 time;
	__u32 pid, tid, uid, cpu;
	char comm[16];
	__u64 bytes;
	__s32 fd;
	__u32 op;
	__u32 peer;
	__u32 flags;
	__s32 path_length;
	char path[64];
};
#else
struct event {
	__u64 time;
	__u32 pid, tid;
	char comm[16];
};
#endif
