#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#if defined(HAVE_GETRANDOM) || defined(HAVE_GETENTROPY)
#include <sys/random.h>
#endif

#include "base/err.h"

#define ENTROPY_MOST ((size_t)256) /* that one call of getentropy() gives */

struct timespec
gv_clock_now(void)
{
	const char *set = getenv("GIT_VAULT_TEST_TIME");
	struct timespec t = { 0, 0 };

	if (set && *set)
		t.tv_sec = (time_t)strtoll(set, NULL, 10);
	else
		clock_gettime(CLOCK_REALTIME, &t);
	return t;
}

long long
gv_clock_tick(void)
{
	static _Atomic long long looks;
	const char *set = getenv("GIT_VAULT_TEST_TICK");
	struct timespec t;

	if (set && *set)
		return ++looks * strtoll(set, NULL, 10) * 1000000LL;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

struct timespec
gv_clock_coarse(void)
{
	struct timespec t;

#if defined(CLOCK_REALTIME_COARSE) && !defined(GV_PORTABLE)
	clock_gettime(CLOCK_REALTIME_COARSE, &t);
#else
	clock_gettime(CLOCK_REALTIME, &t);
#endif
	return t;
}

void
gv_clock_sleep(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

int
gv_clock_zone(time_t at)
{
	struct tm tm;

	return localtime_r(&at, &tm) ? (int)(tm.tm_gmtoff / 60) : 0;
}

/* As many random bytes as come at once; -1 with errno set. */
static ssize_t
get_random(void *out, size_t len)
{
#if defined(HAVE_GETRANDOM)
	return getrandom(out, len, 0);
#elif defined(HAVE_GETENTROPY)
	const size_t n = len < ENTROPY_MOST ? len : ENTROPY_MOST;

	return getentropy(out, n) < 0 ? -1 : (ssize_t)n;
#else
	const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, out, len);
	const int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = n == 0 ? EIO : saved;
	return n == 0 ? -1 : n;
#endif
}

int
gv_clock_random(void *out, size_t len)
{
	char *p = out;

	while (len > 0) {
		ssize_t n = get_random(p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gv_err_sys("cannot get random bytes");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static long long
ms_of(const struct timeval *t)
{
	return t->tv_sec * 1000LL + t->tv_usec / 1000;
}

long long
gv_clock_cpu(void)
{
	static const int whose[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	struct rusage u;
	long long sum = 0;
	int i;

	for (i = 0; i < 2; i++)
		if (getrusage(whose[i], &u) == 0)
			sum += ms_of(&u.ru_utime) + ms_of(&u.ru_stime);
	return sum;
}
