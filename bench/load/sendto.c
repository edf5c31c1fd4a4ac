// A loop of sendto calls to no socket, which fail at once: a path, an address and a few numbers for a probe to read. Arguments and output as
// of getppid.c.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	static const char path[] = "/var/lib/service/shard-17/state.json";
	long calls = argc > 1 ? atol(argv[1]) : 1000;
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(443)};
	inet_pton(AF_INET, "192.168.17.23", &peer.sin_addr);
	double start = now();
	for (long call = 0; call < calls; call++)
		sendto(-1, path, sizeof(path), call & 3, (struct sockaddr *)&peer, sizeof(peer));
	printf("%.1f\n", (now() - start) / calls);
	return 0;
}
