// Seeks to 0, 1, 2, … of its standard output, which is a file: as many different arguments as there are calls. Argument: how many.
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 1000;
	for (long call = 0; call < calls; call++)
		lseek(STDOUT_FILENO, call, SEEK_SET);
	return 0;
}
