// One record for each call, in a ring whose reader is woken only when it fills: what the pipelines of the benchmark say, by hand.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "stream.h"

#define WAKE_UP_BYTES (1 << 20)

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

__u64 lost;

static __always_inline struct event *begin(void)
{
	struct event *event = bpf_ringbuf_reserve(&ring, sizeof(*event), 0);
	if (!event) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	__u64 id = bpf_get_current_pid_tgid();
	event->time = bpf_ktime_get_ns();
	event->pid = id >> 32;
	event->tid = id;
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	return event;
}

static __always_inline void send(struct event *event)
{
	bool wake = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) >= WAKE_UP_BYTES;
	bpf_ringbuf_submit(event, wake ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

#ifdef TWELVE
SEC("tp/syscalls/sys_enter_sendto")
int on_call(struct trace_event_raw_sys_enter *context)
{
	struct event *event = begin();
	if (!event)
		return 0;
	event->uid = bpf_get_current_uid_gid();
	event->cpu = bpf_get_smp_processor_id();
	event->fd = context->args[0];
	event->bytes = context->args[2];
	event->flags = context->args[3];
	event->op = context->args[3];
	event->peer = 0;
	bpf_probe_read_user(&event->peer, sizeof(event->peer), (const char *)context->args[4] + 4);
	event->path_length = bpf_probe_read_user_str(event->path, sizeof(event->path), (const char *)context->args[1]);
	if (event->path_length < 0)
		event->path[0] = 0;
	send(event);
	return 0;
}
#else
SEC("tp/syscalls/sys_enter_getppid")
int on_call(void *context)
{
	struct event *event = begin();
	if (event)
		send(event);
	return 0;
}
#endif
