#include "sys/cancel.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"

#define PAUSE_MS 20 /* how often one looks, where the system cannot wait */

/* The one piece of global mutable state there is: a signal has no argument. */
static volatile sig_atomic_t requested;

static void
on_stop(int sig)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	/* the second one of any of them ends us, as if never caught */
	sigaction(SIGINT, &usual, NULL);
	sigaction(SIGTERM, &usual, NULL);
	sigaction(SIGHUP, &usual, NULL);
	requested = sig;
}

static void
on_pipe(int sig)
{
	(void)sig;
}

static void
handle(int sig, void (*handler)(int))
{
	struct sigaction sa = { .sa_handler = handler }, old;

	sigemptyset(&sa.sa_mask);
	if (sigaction(sig, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(sig, &sa, NULL);
}

void
gv_cancel_install(void)
{
	handle(SIGINT, on_stop);
	handle(SIGTERM, on_stop);
	handle(SIGHUP, on_stop);
	/* a handler, not SIG_IGN: that would be inherited by every git that
	 * we start, which then would not notice its reader's going */
	handle(SIGPIPE, on_pipe);
}

static void
fill(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

void
gv_cancel_hold(void)
{
	sigset_t set;

	fill(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

/* Whether one of them comes within that time, which is taken. */
static bool
comes_within(const sigset_t *set, int ms)
{
#ifdef HAVE_SIGTIMEDWAIT
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	return sigtimedwait(set, NULL, &t) >= 0;
#else
	const struct timespec pause = { 0, PAUSE_MS * 1000000L };
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t pending;
	size_t i;
	int sig;

	for (;; ms -= PAUSE_MS) {
		if (sigpending(&pending) == 0)
			for (i = 0; i < sizeof(ours) / sizeof(*ours); i++)
				if (sigismember(&pending, ours[i]))
					return sigwait(set, &sig) == 0;
		if (ms <= 0)
			return false;
		nanosleep(&pause, NULL);
	}
#endif
}

bool
gv_cancel_wait(int ms)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t set;

	fill(&set);
	/* it may have come before they were held */
	if (!requested && !comes_within(&set, ms))
		return false;
	sigaction(SIGINT, &usual, NULL);
	sigaction(SIGTERM, &usual, NULL);
	sigaction(SIGHUP, &usual, NULL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	return true;
}

bool
gv_cancel_requested(void)
{
	return requested != 0;
}

int
gv_cancel_error(void)
{
	return gv_err(GV_ECANCELED, "interrupted");
}
