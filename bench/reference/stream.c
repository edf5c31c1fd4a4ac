// Reads the records of stream.bpf.c every 10 ms, or when the ring fills, and prints each as a line of JSON to a large buffer.
// Until SIGINT; then tells on standard error how many did not fit into the ring.
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#ifdef TWELVE
#include "stream12.skel.h"
#else
#include "stream4.skel.h"
#endif
#include "stream.h"

static volatile sig_atomic_t ended;
static long long offset;

static void end(int signal)
{
	(void)signal;
	ended = 1;
}

static long long now(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int print(void *context, void *data, size_t size)
{
	const struct event *event = data;
	(void)context;
	(void)size;
#ifdef TWELVE
	static const char *const ops[] = {"REQ_OP_READ", "REQ_OP_WRITE", "REQ_OP_FLUSH", "REQ_OP_DISCARD"};
	char peer[INET_ADDRSTRLEN];
	inet_ntop(AF_INET, &event->peer, peer, sizeof(peer));
	printf("{\"time\":%lld,\"pid\":%u,\"tid\":%u,\"uid\":%u,\"cpu\":%u,\"comm\":\"%s\",\"path\":\"%s\",\"fd\":%d,\"bytes\":%llu,\"peer\":\"%s\","
	       "\"op\":\"%s\",\"flags\":%u}\n",
	       (long long)event->time + offset, event->pid, event->tid, event->uid, event->cpu, event->comm, event->path, event->fd,
	       (unsigned long long)event->bytes, peer, ops[event->op & 3], event->flags);
#else
	printf("{\"time\":%lld,\"pid\":%u,\"tid\":%u,\"comm\":\"%s\"}\n", (long long)event->time + offset, event->pid, event->tid, event->comm);
#endif
	return 0;
}

#ifdef TWELVE
#define CALL(name) stream12_bpf__##name
typedef struct stream12_bpf skeleton;
#else
#define CALL(name) stream4_bpf__##name
typedef struct stream4_bpf skeleton;
#endif

int main(void)
{
	skeleton *object = CALL(open_and_load)();
	if (!object || CALL(attach)(object))
		return 1;
	struct ring_buffer *ring = ring_buffer__new(bpf_map__fd(object->maps.ring), print, NULL, NULL);
	if (!ring)
		return 1;
	offset = now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC);
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	signal(SIGINT, end);
	fprintf(stderr, "attached\n");
	while (!ended) {
		// Records below the wake-up's mark are there without one: consumed by the clock.
		ring_buffer__poll(ring, 10);
		if (ring_buffer__consume(ring) == 0)
			fflush(stdout);
	}
	CALL(detach)(object);
	ring_buffer__consume(ring);
	fflush(stdout);
	fprintf(stderr, "lost %llu\n", (unsigned long long)object->bss->lost);
	return 0;
}
