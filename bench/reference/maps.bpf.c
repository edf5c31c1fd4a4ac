// Counting in the kernel by hand: calls by comm; a histogram by pid; how long each call took, a histogram by comm.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct comm {
	char text[16];
};

struct buckets {
	__u64 slots[65];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct comm);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct buckets);
} by_pid SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} starts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct comm);
	__type(value, struct buckets);
} by_comm SEC(".maps");

static const struct buckets no_buckets;

static __always_inline __u32 bucket(__u64 value)
{
	__u32 shift = 0, high;
	if (!value)
		return 0;
	high = (value > 0xffffffff) << 5; value >>= high; shift |= high;
	high = (value > 0xffff) << 4; value >>= high; shift |= high;
	high = (value > 0xff) << 3; value >>= high; shift |= high;
	high = (value > 0xf) << 2; value >>= high; shift |= high;
	high = (value > 0x3) << 1; value >>= high; shift |= high;
	return (shift | value >> 1) + 1;
}

static __always_inline void add(void *map, const void *key, __u64 value)
{
	struct buckets *buckets = bpf_map_lookup_elem(map, key);
	if (!buckets) {
		bpf_map_update_elem(map, key, &no_buckets, BPF_NOEXIST);
		buckets = bpf_map_lookup_elem(map, key);
		if (!buckets)
			return;
	}
	__u32 slot = bucket(value);
	if (slot < 65)
		__sync_fetch_and_add(&buckets->slots[slot], 1);
}

SEC("tp/syscalls/sys_enter_getppid")
int count(void *context)
{
	struct comm key = {};
	__u64 one = 1;
	bpf_get_current_comm(key.text, sizeof(key.text));
	__u64 *counted = bpf_map_lookup_elem(&counts, &key);
	if (counted)
		__sync_fetch_and_add(counted, 1);
	else if (bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST)) {
		counted = bpf_map_lookup_elem(&counts, &key);
		if (counted)
			__sync_fetch_and_add(counted, 1);
	}
	return 0;
}

SEC("tp/syscalls/sys_enter_getppid")
int hist(void *context)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 pid = id >> 32;
	add(&by_pid, &pid, (__u32)id);
	return 0;
}

SEC("tp/syscalls/sys_enter_getppid")
int duration_start(void *context)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 now = bpf_ktime_get_ns();
	bpf_map_update_elem(&starts, &tid, &now, BPF_ANY);
	return 0;
}

SEC("tp/syscalls/sys_exit_getppid")
int duration_end(void *context)
{
	__u32 tid = bpf_get_current_pid_tgid();
	__u64 *start = bpf_map_lookup_elem(&starts, &tid);
	if (!start)
		return 0;
	__u64 took = bpf_ktime_get_ns() - *start;
	bpf_map_delete_elem(&starts, &tid);
	struct comm key = {};
	bpf_get_current_comm(key.text, sizeof(key.text));
	add(&by_comm, &key, took);
	return 0;
}
