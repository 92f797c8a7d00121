#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "sys/clock.h"
#include "sys/proc.h"
#include "sys/session.h"

static void
start(struct gv_proc *p, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const char *const env[] = { "GV_T_SESSION=a mark", NULL };
	const struct gv_proc_opts o = {
		.argv = argv, .env = env, .is_apart = true
	};

	*p = (struct gv_proc)GV_PROC_INIT;
	assert_int_equal(gv_proc_start(p, &o), 0);
}

/* Until it has written a line. */
static void
await(struct gv_proc *p)
{
	char c = 0;

	while (c != '\n')
		assert_int_equal(read(p->out_fd, &c, 1), 1);
}

static void
finds_what_a_leader_has_left(void **state)
{
	struct gv_session s, other;
	struct gv_proc p;

	(void)state;
	start(&p, "sleep 60 >/dev/null 2>&1 & echo begun");
	assert_int_equal(gv_session_of(&s, p.pid), 0);
	assert_int_equal(s.id, p.pid);
	assert_int_equal(gv_proc_finish(&p), 0);
	assert_true(gv_session_find(&s) > 0);
	assert_true(gv_session_find(&s) != s.id);
	assert_true(gv_session_age(&s) >= 0 && gv_session_age(&s) < 60000);
	/* neither of another boot nor begun later */
	other = s;
	other.host[0] ^= 1;
	assert_int_equal(gv_session_find(&other), 0);
	other = s;
	other.start += 1000000;
	assert_int_equal(gv_session_find(&other), 0);
	assert_true(gv_session_end(&s, 5000));
	assert_int_equal(gv_session_find(&s), 0);
	gv_proc_release(&p);
}

static void
a_leader_that_began_at_another_time_leads_another(void **state)
{
	struct gv_session s;
	struct gv_proc p;

	(void)state;
	start(&p, "echo begun; exec sleep 60");
	await(&p);
	assert_int_equal(gv_session_of(&s, p.pid), 0);
	assert_int_equal(gv_session_find(&s), p.pid);
	s.start -= 1000;
	assert_int_equal(gv_session_find(&s), 0);
	gv_proc_release(&p);
}

static void
what_does_not_end_is_killed(void **state)
{
	struct gv_session s;
	struct gv_proc p;

	(void)state;
	start(&p, "trap '' TERM; echo begun; while :; do sleep 1; done");
	await(&p);
	assert_int_equal(gv_session_of(&s, p.pid), 0);
	assert_true(gv_session_end(&s, 100));
	assert_int_equal(gv_session_find(&s), 0);
	assert_int_equal(gv_proc_finish(&p), 0);
	assert_int_equal(p.status, 128 + SIGKILL);
	gv_proc_release(&p);
}

static int
count(void *ctx, const struct gv_session *s, const char *env, size_t len)
{
	long *pid = ctx;

	assert_int_equal(pid[1]++, 0);
	pid[0] = s->id;
	assert_non_null(memmem(env, len, "PATH=", 5));
	return 7;
}

static void
finds_a_leader_by_its_variable(void **state)
{
	struct gv_proc p;
	long found[2] = { 0, 0 };

	(void)state;
	NEEDS_LINUX();
	start(&p, "echo begun; exec sleep 60");
	await(&p);
	assert_int_equal(
	    gv_session_each("GV_T_SESSION=a mark", count, found), 7);
	assert_int_equal(found[0], p.pid);
	assert_int_equal(gv_session_each("GV_T_SESSION=a mar", count, NULL), 0);
	gv_proc_release(&p);
	assert_int_equal(
	    gv_session_each("GV_T_SESSION=a mark", count, NULL), 0);
}

static void
only_leaders_have_a_session(void **state)
{
	struct gv_session s;

	(void)state;
	assert_true(getsid(0) != getpid() ? gv_session_of(&s, getpid()) < 0
					  : gv_session_of(&s, getpid()) == 0);
	assert_true(gv_session_of(&s, 0) < 0);
}

UNIT(session)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_a_leader_has_left),
		cmocka_unit_test(
		    a_leader_that_began_at_another_time_leads_another),
		cmocka_unit_test(what_does_not_end_is_killed),
		cmocka_unit_test(finds_a_leader_by_its_variable),
		cmocka_unit_test(only_leaders_have_a_session),
	};

	return UNIT_RUN(tests);
}
