// A loop of getppid calls, the cheapest system call there is. Arguments: how many; microseconds of sleep between two (0 for none).
// Prints the mean nanoseconds of a call, without the sleeps.
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
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
	long calls = argc > 1 ? atol(argv[1]) : 1000;
	long pause = argc > 2 ? atol(argv[2]) : 0;
	double start = now();
	for (long call = 0; call < calls; call++) {
		syscall(SYS_getppid);
		if (pause > 0)
			usleep(pause);
	}
	printf("%.1f\n", (now() - start) / calls);
	return 0;
}
