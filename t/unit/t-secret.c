#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <sys/prctl.h>
#endif

#include <sodium.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "sys/self.h"

static void
grows_and_keeps_its_bytes(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;
	unsigned char all[1000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(all); i++) {
		all[i] = (unsigned char)i;
		assert_int_equal(gv_secret_add(&s, all + i, 1), 0);
	}
	assert_int_equal(s.len, sizeof(all));
	assert_memory_equal(s.p, all, sizeof(all));
	assert_true(gv_secret_is(&s, all, sizeof(all)));
	assert_false(gv_secret_is(&s, all, sizeof(all) - 1));
	all[999] ^= 1;
	assert_false(gv_secret_is(&s, all, sizeof(all)));
	gv_secret_release(&s);
	assert_null(s.p);
	assert_true(gv_secret_is(&s, NULL, 0));
	gv_secret_release(&s);
	gv_secret_release(NULL);
}

static void
wipes_what_it_lets_go(void **state)
{
	static const unsigned char none[8];
	struct gv_secret s = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_secret_add(&s, "password", 8), 0);
	gv_secret_drop(&s, 0);
	assert_int_equal(s.len, 8);
	gv_secret_drop(&s, 4);
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.p, "word\0\0\0\0", 8);
	gv_secret_truncate(&s, 9);
	gv_secret_truncate(&s, 2);
	assert_memory_equal(s.p, "wo\0\0\0\0\0\0", 8);
	gv_secret_reset(&s);
	assert_int_equal(s.len, 0);
	assert_memory_equal(s.p, none, 8);
	assert_int_equal(gv_secret_add(&s, "x", 1), 0);
	gv_secret_drop(&s, 5);
	assert_int_equal(s.len, 0);
	gv_secret_release(&s);
}

/* What Linux says of the page: locked, and left out of core dumps. */
static bool
page_has(const void *p, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool ours = false, has = false;
	unsigned long from, to;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			ours = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (ours && strncmp(line, "VmFlags:", 8) == 0)
			has = strstr(line, flag) != NULL;
	}
	if (f)
		fclose(f);
	return has;
}

/* A process may be let lock nothing, and sanitizers make mlock() do nothing: as
 * then nothing is asked of it. */
static bool
may_lock(void)
{
	static unsigned char page[4096];
	bool may =
	    sodium_mlock(page, sizeof(page)) == 0 && page_has(page, " lo");

	sodium_munlock(page, sizeof(page));
	return may;
}

/* qemu says that it leaves pages out of core dumps, and does not ask Linux to.
 */
static bool
may_hide(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool may = false;

	if (page == MAP_FAILED)
		return false;
#ifdef MADV_DONTDUMP
	may = madvise(page, 4096, MADV_DONTDUMP) == 0 && page_has(page, " dd");
#endif
	munmap(page, 4096);
	return may;
}

static void
stays_out_of_swap_and_core_dumps(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;
	char heap[4] = "";

	(void)state;
	if (!page_has(heap, " rd") || !may_hide())
		skip();
	assert_int_equal(gv_secret_add(&s, "password", 8), 0);
	assert_int_equal(page_has(s.p, " lo"), may_lock());
	assert_true(page_has(s.p, " dd"));
	/* no page that can be touched lies behind it */
	assert_false(page_has(s.p + 4096, " rd"));
	gv_secret_release(&s);
}

/* Whether what stood at `p` stands there still: it is gone, or zero. */
static bool
is_left_at(const unsigned char *p, size_t len)
{
	unsigned char *now = malloc(len);
	FILE *f = fopen("/proc/self/mem", "rb");
	bool left = false;
	size_t i;

	if (f && now && fseeko(f, (off_t)(uintptr_t)p, SEEK_SET) == 0 &&
	    fread(now, 1, len, f) == len)
		for (i = 0; i < len; i++)
			left |= now[i] != 0;
	if (f)
		fclose(f);
	free(now);
	return left;
}

static void
leaves_nothing_where_it_was(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;
	const unsigned char *small, *large;

	(void)state;
	assert_int_equal(gv_secret_add_random(&s, 64), 0);
	small = s.p;
	if (!is_left_at(small, 64))
		return;
	assert_int_equal(gv_secret_add_random(&s, 100000), 0);
	large = s.p;
	assert_ptr_not_equal(small, large);
	assert_false(is_left_at(small, 64));
	gv_secret_truncate(&s, 1000);
	assert_false(is_left_at(large + 1000, 99064));
	assert_true(is_left_at(large, 1000));
	gv_secret_release(&s);
	assert_false(is_left_at(large, 1000));
}

/* Whether a dump of this process could be made; elsewhere than on Linux, one
 * that is not empty. */
static bool
is_dumpable(void)
{
#ifdef GV_LINUX
	return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
#else
	struct rlimit limit;

	return getrlimit(RLIMIT_CORE, &limit) < 0 || limit.rlim_max != 0;
#endif
}

/* In a child, since it is for the rest of a process. */
static void
a_secluded_process_leaves_no_core_dump(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
#ifdef __SANITIZE_ADDRESS__
	return;
#endif
#ifdef GV_LINUX
	assert_true(is_dumpable());
#endif
	pid = fork();
	if (pid == 0) {
		gv_self_seclude();
		_exit(is_dumpable());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
random_bytes_differ(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_secret_add_random(&s, 32), 0);
	assert_int_equal(gv_secret_add_random(&s, 32), 0);
	assert_int_equal(s.len, 64);
	assert_memory_not_equal(s.p, s.p + 32, 32);
	gv_secret_release(&s);
}

static void
too_much_is_refused_and_nothing_changes(void **state)
{
	struct gv_secret s = GV_SECRET_INIT;

	(void)state;
	assert_int_equal(gv_secret_add(&s, "x", 1), 0);
	assert_int_equal(gv_secret_grow(&s, SIZE_MAX - 1), GV_ENOMEM);
	assert_int_equal(s.len, 1);
	assert_memory_equal(s.p, "x", 1);
	gv_secret_release(&s);
}

UNIT(secret)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_keeps_its_bytes),
		cmocka_unit_test(wipes_what_it_lets_go),
		cmocka_unit_test(stays_out_of_swap_and_core_dumps),
		cmocka_unit_test(leaves_nothing_where_it_was),
		cmocka_unit_test(a_secluded_process_leaves_no_core_dump),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(too_much_is_refused_and_nothing_changes),
	};

	return UNIT_RUN(tests);
}
