/*
 * Measures one run of a command with everything that it waits for, and adds a
 * line to FILE: wall and processor time in microseconds, and the largest
 * resident set of any one process in kilobytes. What the command prints is
 * thrown away, except its complaints. The status is the command's.
 *
 *	meter FILE COMMAND ARG…
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long
micros(const struct timeval *t)
{
	return t->tv_sec * 1000000LL + t->tv_usec;
}

static long long
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static int
start(char **argv)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	execvp(argv[0], argv);
	fprintf(stderr, "meter: cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int
main(int argc, char **argv)
{
	struct rusage u;
	long long begin;
	int status;
	pid_t pid;
	FILE *f;

	if (argc < 3) {
		fprintf(stderr, "usage: meter FILE COMMAND ARG...\n");
		return 129;
	}
	begin = now();
	pid = fork();
	if (pid == 0)
		start(argv + 2);
	if (pid < 0 || wait4(pid, &status, 0, &u) < 0) {
		perror("meter");
		return 128;
	}
	begin = now() - begin;
	f = fopen(argv[1], "a");
	if (f == NULL) {
		perror(argv[1]);
		return 128;
	}
	fprintf(f, "%lld %lld %ld\n", begin,
	    micros(&u.ru_utime) + micros(&u.ru_stime), u.ru_maxrss);
	if (fclose(f) != 0) {
		perror(argv[1]);
		return 128;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
