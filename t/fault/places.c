/*
 * Preloaded into the program of the unit tests, this runs each test once more for
 * each place of the library that asks for memory or calls the system: there the
 * place gets none, or the call fails with EIO. A place is a chain of callers. What
 * the test says of it does not matter, since it expects to succeed; but it must end,
 * and the function of the library that it called must not crash. A later one may, for
 * the test may go on with what it did not get.
 *
 *	GV_PLACES_FROM=ADDRESS	where the library begins in the program; what is
 *				before it, the tests, gets what it asks for
 *	GV_PLACES_TO=ADDRESS	where it ends, and libraries of others begin
 *	GV_PLACES_EACH=N	only each N-th place; 1 where it is not set
 *
 * It prints a line for each fault, and exits with 1 where there is one; the last line
 * counts the places:
 *
 *	MODULE of lib, test NAME: crash at ADDRESS; CALL failed at ADDRESS…
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define DEPTH  8       /* callers that make a place */
#define PLACES 0x40000 /* more than a program has */
#define FRAMES 256
#define WAIT   60 /* seconds that a test may take */

/* What a test and the one that waits for it both see. */
struct shared {
	_Atomic uint64_t places[PLACES]; /* a hash table without pointers */
	_Atomic unsigned seen;           /* new places so far */
	atomic_bool is_armed;
	char call[16]; /* that was made to fail, and its callers */
	uintptr_t callers[DEPTH];
	uintptr_t test;          /* what of it called the library then */
	uintptr_t crash;         /* where; 0: nowhere */
	bool is_abort, is_later; /* in a later call of the library */
};

static struct shared *shared;
static uintptr_t base, from, upto, end;
static unsigned each = 1;
static _Thread_local int is_busy; /* here already: what this needs itself */

/* The first is the program itself. */
static int
take_program(struct dl_phdr_info *info, size_t size, void *unused)
{
	int i;

	(void)size;
	(void)unused;
	base = info->dlpi_addr;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			end = base + info->dlpi_phdr[i].p_vaddr +
			    info->dlpi_phdr[i].p_memsz;
	return 1;
}

static uintptr_t
address_of(const char *name)
{
	const char *set = getenv(name);

	return set ? strtoul(set, NULL, 16) : 0;
}

/* The first backtrace() loads a library. What the program starts is left alone. */
__attribute__((constructor)) static void
begin(void)
{
	const char *n = getenv("GV_PLACES_EACH");
	void *frames[2], *p;

	is_busy = 1;
	unsetenv("LD_PRELOAD");
	dl_iterate_phdr(take_program, NULL);
	from = base + address_of("GV_PLACES_FROM");
	upto = base + address_of("GV_PLACES_TO");
	each = n && atoi(n) > 0 ? (unsigned)atoi(n) : 1;
	backtrace(frames, 2);
	p = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		abort();
	shared = p;
	is_busy = 0;
}

/* ---- places -------------------------------------------------------------- */

/* The innermost of the tests' own frames; 0 in a thread, which has none. */
static uintptr_t
test_of(void)
{
	void *frames[FRAMES];
	const int n = backtrace(frames, FRAMES);
	int i;

	for (i = 0; i < n; i++)
		if ((uintptr_t)frames[i] >= base && (uintptr_t)frames[i] < from)
			return (uintptr_t)frames[i];
	return 0;
}

/* The chain of callers in the program; 0: it is not the library that asks. */
static uint64_t
place_of(uintptr_t callers[DEPTH], bool is_counted)
{
	void *frames[DEPTH + 4];
	const int n = backtrace(frames, DEPTH + 4);
	uint64_t hash = 14695981039346656037u;
	int first = 3, i; /* without those here, whose calls are three deep */

	memset(callers, 0, DEPTH * sizeof(*callers));
	/* what counts the call (t/unit/locked.c) is the tests' */
	if (is_counted && first < n && (uintptr_t)frames[first] < from)
		first++;
	for (i = first; i < n && i - first < DEPTH; i++) {
		const uintptr_t at = (uintptr_t)frames[i];

		if (at < base || at >= end ||
		    (i == first && (at < from || at >= upto)))
			break;
		callers[i - first] = at - base;
		hash = (hash ^ at) * 1099511628211u;
	}
	return i > first ? hash | 1 : 0;
}

static bool
is_new(uint64_t place)
{
	size_t i = place % PLACES;
	uint64_t was;

	for (;; i = (i + 1) % PLACES) {
		was = 0;
		if (atomic_compare_exchange_strong(
			&shared->places[i], &was, place))
			return true;
		if (was == place)
			return false;
	}
}

static __attribute__((noinline)) bool
strikes(const char *call, int code)
{
	uintptr_t callers[DEPTH];
	uint64_t place;
	bool is_struck = false;

	if (shared == NULL || is_busy || !shared->is_armed)
		return false;
	is_busy = 1;
	place = place_of(callers, strcmp(call, "sodium_malloc") == 0);
	if (place != 0 && is_new(place) &&
	    atomic_fetch_add(&shared->seen, 1) % each == 0 &&
	    atomic_exchange(&shared->is_armed, false)) {
		snprintf(shared->call, sizeof(shared->call), "%s", call);
		memcpy(shared->callers, callers, sizeof(callers));
		shared->test = test_of();
		is_struck = true;
	}
	is_busy = 0;
	if (is_struck)
		errno = code;
	return is_struck;
}

/* ---- the calls ----------------------------------------------------------- */

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

void *
malloc(size_t size)
{
	return strikes("malloc", ENOMEM) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return strikes("calloc", ENOMEM) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return strikes("realloc", ENOMEM) ? NULL : __libc_realloc(p, size);
}

static void *
real(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

void *sodium_malloc(size_t size);

void *
sodium_malloc(size_t size)
{
	return strikes("sodium_malloc", ENOMEM)
	    ? NULL
	    : ((void *(*)(size_t))real("sodium_malloc"))(size);
}

/* Types and lists of parameters cannot stand in parentheses.
 * NOLINTBEGIN(bugprone-macro-parentheses) */

/* A call of the system that fails with -1, and its real one. */
#define CALL(type, name, params, args)                                         \
	type name params;                                                      \
	type name params                                                       \
	{                                                                      \
		static type(*next) params;                                     \
                                                                               \
		if (next == NULL)                                              \
			next = (type(*) params)real(#name);                    \
		return strikes(#name, EIO) ? (type)-1 : next args;             \
	}

CALL(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
CALL(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
CALL(ssize_t, pread64, (int fd, void *p, size_t n, off64_t at), (fd, p, n, at))
CALL(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
CALL(ssize_t, readlinkat,
    (int fd, const char *restrict path, char *restrict p, size_t n),
    (fd, path, p, n))
CALL(int, fsync, (int fd), (fd))
CALL(int, fdatasync, (int fd), (fd))
CALL(int, ftruncate, (int fd, off_t n), (fd, n))
CALL(int, ftruncate64, (int fd, off64_t n), (fd, n))
CALL(off_t, lseek, (int fd, off_t at, int how), (fd, at, how))
CALL(off64_t, lseek64, (int fd, off64_t at, int how), (fd, at, how))
CALL(int, fstat, (int fd, struct stat *st), (fd, st))
CALL(int, fstat64, (int fd, struct stat64 *st), (fd, st))
CALL(int, stat, (const char *restrict path, struct stat *restrict st),
    (path, st))
CALL(int, stat64, (const char *restrict path, struct stat64 *restrict st),
    (path, st))
CALL(int, fstatat,
    (int fd, const char *restrict path, struct stat *restrict st, int how),
    (fd, path, st, how))
CALL(int, fstatat64,
    (int fd, const char *restrict path, struct stat64 *restrict st, int how),
    (fd, path, st, how))
CALL(int, mkdirat, (int fd, const char *path, mode_t mode), (fd, path, mode))
CALL(int, renameat, (int a, const char *path, int b, const char *to),
    (a, path, b, to))
CALL(int, linkat, (int a, const char *path, int b, const char *to, int how),
    (a, path, b, to, how))
CALL(int, symlinkat, (const char *to, int fd, const char *path), (to, fd, path))
CALL(int, unlinkat, (int fd, const char *path, int how), (fd, path, how))
CALL(int, fchmod, (int fd, mode_t mode), (fd, mode))
CALL(int, utimensat,
    (int fd, const char *path, const struct timespec at[2], int how),
    (fd, path, at, how))
CALL(int, pipe2, (int fds[2], int how), (fds, how))
CALL(pid_t, fork, (void), ())
CALL(pid_t, vfork, (void), ())

/* The mode is there only where a file may be made; a register more does no harm. */
#define OPEN(name, params, args)                                               \
	int name params                                                        \
	{                                                                      \
		static int(*next) params;                                      \
		va_list va;                                                    \
		mode_t mode;                                                   \
                                                                               \
		if (next == NULL)                                              \
			next = (int(*) params)real(#name);                     \
		va_start(va, how);                                             \
		mode = va_arg(va, mode_t);                                     \
		va_end(va);                                                    \
		return strikes(#name, EIO) ? -1 : next args;                   \
	}

OPEN(open, (const char *path, int how, ...), (path, how, mode))
OPEN(open64, (const char *path, int how, ...), (path, how, mode))
OPEN(openat, (int fd, const char *path, int how, ...), (fd, path, how, mode))
OPEN(openat64, (int fd, const char *path, int how, ...), (fd, path, how, mode))

/* NOLINTEND(bugprone-macro-parentheses) */

DIR *
fdopendir(int fd)
{
	return strikes("fdopendir", EIO)
	    ? NULL
	    : ((DIR * (*)(int)) real("fdopendir"))(fd);
}

/* ---- the tests ----------------------------------------------------------- */

/* cmocka would take a crash for a test that fails. */
__sighandler_t
signal(int number, __sighandler_t what)
{
	static __sighandler_t (*next)(int, __sighandler_t);

	if (number == SIGSEGV || number == SIGBUS || number == SIGFPE ||
	    number == SIGILL || number == SIGSYS)
		return SIG_DFL;
	if (next == NULL)
		next = (__sighandler_t(*)(int, __sighandler_t))real("signal");
	return next(number, what);
}

/* The innermost function of the program, which is why we are here. */
static void
crashed(int number)
{
	void *frames[64];
	const int n = backtrace(frames, 64);
	int i;

	for (i = 1; i < n && shared->crash == 0; i++)
		if ((uintptr_t)frames[i] >= base && (uintptr_t)frames[i] < end)
			shared->crash = (uintptr_t)frames[i] - base;
	shared->is_abort = number == SIGABRT;
	shared->is_later = test_of() != shared->test;
	_exit(99);
}

typedef int run_group(const char *group, const struct CMUnitTest *tests,
    size_t n, CMFixtureFunction setup, CMFixtureFunction teardown);

/* In a process and a group of its own, which says nothing. */
static void
run_apart(run_group *run, const char *group, const struct CMUnitTest *test,
    CMFixtureFunction setup, CMFixtureFunction teardown)
{
	const struct sigaction act = { .sa_handler = crashed };
	const int fd = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	sigaction(SIGFPE, &act, NULL);
	sigaction(SIGABRT, &act, NULL);
	alarm(WAIT);
	shared->is_armed = true;
	run(group, test, 1, setup, teardown);
	shared->is_armed = false;
	_exit(0);
}

static bool
is_fault(const char *test, int status)
{
	size_t i;

	if (WIFEXITED(status) && (shared->crash == 0 || shared->is_later))
		return false;
	printf("%s: %s at %#lx; %s failed at", test,
	    WIFSIGNALED(status)    ? strsignal(WTERMSIG(status))
		: shared->is_abort ? "abort"
				   : "crash",
	    (unsigned long)shared->crash, shared->call);
	for (i = 0; i < DEPTH && shared->callers[i]; i++)
		printf(" %#lx", (unsigned long)shared->callers[i]);
	putchar('\n');
	fflush(stdout);
	return true;
}

int
_cmocka_run_group_tests(const char *group, const struct CMUnitTest *const tests,
    const size_t n, CMFixtureFunction setup, CMFixtureFunction teardown)
{
	run_group *run = (run_group *)real("_cmocka_run_group_tests");
	unsigned turns = 0, faults = 0, aside = 0;
	size_t i;
	int status;
	pid_t pid;

	for (i = 0; i < n; i++)
		do {
			shared->call[0] = '\0';
			shared->crash = 0;
			fflush(stdout);
			if ((pid = fork()) < 0)
				return 1;
			if (pid == 0)
				run_apart(
				    run, group, &tests[i], setup, teardown);
			if (waitpid(pid, &status, 0) != pid)
				return 1;
			kill(-pid, SIGKILL);
			turns += shared->call[0] != '\0';
			if (is_fault(tests[i].name, status))
				faults++;
			else
				aside += shared->crash != 0;
		} while (shared->call[0] != '\0');
	printf("%s: %u places, %u faults, %u crashes of tests that went on\n",
	    group, turns, faults, aside);
	return faults != 0;
}
