// Attaches the programs of maps.bpf.c whose names begin with the argument (count, hist or duration) until SIGINT; then prints how much was
// counted for the process or comm "getppid", all buckets added up.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "maps.skel.h"

static unsigned long long total(int map)
{
	unsigned char key[16], next[16];
	__u64 values[65];
	unsigned long long sum = 0;
	for (void *last = NULL; !bpf_map_get_next_key(map, last, next); last = key) {
		memcpy(key, next, sizeof(key));
		memset(values, 0, sizeof(values));
		if (bpf_map_lookup_elem(map, key, values))
			continue;
		for (int slot = 0; slot < 65; slot++)
			sum += values[slot];
	}
	return sum;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "count";
	struct maps_bpf *object = maps_bpf__open();
	struct bpf_program *program;
	sigset_t ending;
	int signal;
	if (!object)
		return 1;
	bpf_object__for_each_program(program, object->obj)
		bpf_program__set_autoload(program, !strncmp(bpf_program__name(program), what, strlen(what)));
	if (maps_bpf__load(object) || maps_bpf__attach(object))
		return 1;
	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	fprintf(stderr, "attached\n");
	sigwait(&ending, &signal);
	maps_bpf__detach(object);
	printf("%llu\n", total(bpf_map__fd(object->maps.counts)) + total(bpf_map__fd(object->maps.by_pid)) +
				 total(bpf_map__fd(object->maps.by_comm)));
	return 0;
}
