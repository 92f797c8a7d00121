#include "unit.h"

#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "sys/proc.h"
#include "sys/workers.h"

extern char **environ;

static int
run(struct gv_proc *p, const char *script, struct gv_proc_opts o)
{
	const char *argv[] = { "sh", "-c", script, NULL };

	*p = (struct gv_proc)GV_PROC_INIT;
	o.argv = argv;
	return gv_proc_run(p, &o);
}

static void
collects_both_outputs_and_the_status(void **state)
{
	struct gv_proc p;

	(void)state;
	assert_int_equal(run(&p, "echo out; echo err >&2; exit 7",
			     (struct gv_proc_opts){ 0 }),
	    0);
	assert_string_equal(p.out.p, "out\n");
	assert_string_equal(p.err.p, "err\n");
	assert_int_equal(p.status, 7);
	gv_proc_release(&p);
}

static void
keeps_the_key_of_ids_to_us(void **state)
{
	const char *const more[] = { "A=b", NULL };
	struct gv_proc p;

	(void)state;
	setenv("GIT_VAULT_ID_KEY", "0123", 1);
	assert_int_equal(run(&p, "echo ${GIT_VAULT_ID_KEY-none}",
			     (struct gv_proc_opts){ 0 }),
	    0);
	assert_string_equal(p.out.p, "none\n");
	gv_proc_release(&p);
	assert_int_equal(run(&p, "echo ${GIT_VAULT_ID_KEY-none} $A",
			     (struct gv_proc_opts){ .env = more }),
	    0);
	assert_string_equal(p.out.p, "none b\n");
	gv_proc_release(&p);
	unsetenv("GIT_VAULT_ID_KEY");
}

static void
is_ended_when_it_takes_too_long(void **state)
{
	struct gv_proc p;

	(void)state;
	assert_int_equal(run(&p, "echo begun; exec sleep 100",
			     (struct gv_proc_opts){ .timeout_ms = 200 }),
	    GV_ERROR);
	assert_string_equal(gv_err_message(), "it took too long");
	gv_proc_release(&p);
	assert_int_equal(p.pid, 0);
	assert_int_equal(
	    run(&p, "echo out", (struct gv_proc_opts){ .timeout_ms = 60000 }),
	    0);
	assert_string_equal(p.out.p, "out\n");
	gv_proc_release(&p);
	/* nor does it help to close what is read of it, or to write on */
	assert_int_equal(run(&p, "exec >&- 2>&-; exec sleep 100",
			     (struct gv_proc_opts){ .timeout_ms = 200 }),
	    GV_ERROR);
	assert_string_equal(gv_err_message(), "it took too long");
	gv_proc_release(&p);
	assert_int_equal(run(&p, "while :; do echo x; sleep .05; done",
			     (struct gv_proc_opts){ .timeout_ms = 200 }),
	    GV_ERROR);
	gv_proc_release(&p);
}

/* Whether it is, after a while. */
static bool
is_gone(pid_t pid)
{
	int i;

	for (i = 0; i < 200 && kill(pid, 0) == 0; i++)
		usleep(50000);
	return i < 200;
}

static void
one_that_does_not_end_is_killed_with_what_it_started(void **state)
{
	static const char *const scripts[] = {
		"trap '' TERM; sleep 100 & echo $!; wait",
		"(trap '' TERM; exec sleep 100) & echo $!; wait"
	};
	struct gv_proc p;
	pid_t child;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(run(&p, scripts[i],
				     (struct gv_proc_opts){
					 .timeout_ms = 200, .is_apart = true }),
		    GV_ERROR);
		child = (pid_t)atoi(p.out.p);
		assert_true(child > 1);
		gv_proc_release(&p);
		assert_int_equal(p.pid, 0);
		assert_true(is_gone(child));
	}
}

/* What it has started would hold the pipe, and nothing would end that. */
static void
apart_has_no_terminal_and_ends_with_what_it_started(void **state)
{
	struct gv_proc p;
	pid_t child;

	(void)state;
	assert_int_equal(run(&p,
			     "echo x 2>/dev/null >/dev/tty && echo tty; ps "
			     "-o sid= -p $$ | tr -d ' '; echo $$",
			     (struct gv_proc_opts){ .is_apart = true }),
	    0);
	assert_string_not_equal(p.out.p, "");
	assert_null(strstr(p.out.p, "tty"));
	assert_int_equal(atoi(p.out.p), atoi(strchr(p.out.p, '\n') + 1));
	gv_proc_release(&p);
	assert_int_equal(
	    run(&p, "sleep 100 & echo $!; wait",
		(struct gv_proc_opts){ .timeout_ms = 200, .is_apart = true }),
	    GV_ERROR);
	assert_true(atoi(p.out.p) > 1);
	child = (pid_t)atoi(p.out.p);
	gv_proc_release(&p);
	assert_true(is_gone(child));
}

static void
tells_why_it_failed(void **state)
{
	struct gv_proc p;

	(void)state;
	assert_int_equal(run(&p, "printf 'one\ntwo\n' >&2; exit 1",
			     (struct gv_proc_opts){ 0 }),
	    0);
	assert_string_equal(gv_proc_why(&p), "one");
	assert_string_equal(gv_proc_why(&p), "one");
	gv_proc_release(&p);
	assert_int_equal(
	    run(&p, "echo >&2; kill -9 $$", (struct gv_proc_opts){ 0 }), 0);
	assert_string_equal(
	    gv_proc_why(&p), "it was killed, or failed without a word");
	gv_proc_release(&p);
	assert_int_equal(run(&p, "exit 1", (struct gv_proc_opts){ 0 }), 0);
	assert_string_equal(
	    gv_proc_why(&p), "it was killed, or failed without a word");
	gv_proc_release(&p);
}

static void
tells_the_signal_that_ended_it(void **state)
{
	struct gv_proc p;

	(void)state;
	assert_int_equal(run(&p, "kill -9 $$", (struct gv_proc_opts){ 0 }), 0);
	assert_int_equal(p.status, 128 + 9);
	gv_proc_release(&p);
}

/* Whether the system tells of a program that is missing. valgrind and qemu make
 * vfork() a fork(), so that glibc's posix_spawn() learns nothing from its child. */
static bool
tells_of_missing_programs(const char *const *argv)
{
	pid_t pid;

	if (posix_spawnp(
		&pid, argv[0], NULL, NULL, (char *const *)argv, environ) != 0)
		return true;
	waitpid(pid, NULL, 0);
	return false;
}

static void
a_program_that_is_not_there_is_not_found(void **state)
{
	const char *argv[] = { "no-such-program-here", NULL };
	struct gv_proc p = GV_PROC_INIT;

	(void)state;
	if (!tells_of_missing_programs(argv))
		skip();
	assert_int_equal(
	    gv_proc_run(&p, &(struct gv_proc_opts){ .argv = argv }),
	    GV_ENOTFOUND);
	assert_message("cannot run no-such-program-here");
	gv_proc_release(&p);
}

static void
input_is_nothing_unless_it_is_given(void **state)
{
	struct gv_proc p;

	(void)state;
	assert_int_equal(run(&p, "cat", (struct gv_proc_opts){ 0 }), 0);
	assert_int_equal(p.out.len, 0);
	gv_proc_release(&p);
	assert_int_equal(
	    run(&p, "cat", (struct gv_proc_opts){ .in = "", .in_len = 0 }), 0);
	assert_int_equal(p.out.len, 0);
	gv_proc_release(&p);
	assert_int_equal(
	    run(&p, "cat", (struct gv_proc_opts){ .in = "a\0b", .in_len = 3 }),
	    0);
	assert_int_equal(p.out.len, 3);
	assert_memory_equal(p.out.p, "a\0b", 3);
	gv_proc_release(&p);
}

static void
megabytes_go_both_ways_at_once(void **state)
{
	size_t len = 3 * 1024 * 1024, i;
	char *in = malloc(len);
	struct gv_proc p;

	(void)state;
	assert_non_null(in);
	for (i = 0; i < len; i++)
		in[i] = (char)(i * 7 % 251);
	assert_int_equal(run(&p, "tee /dev/stderr",
			     (struct gv_proc_opts){ .in = in, .in_len = len }),
	    0);
	assert_int_equal(p.out.len, len);
	assert_int_equal(p.err.len, len);
	assert_memory_equal(p.out.p, in, len);
	gv_proc_release(&p);
	free(in);
}

static void
a_program_that_does_not_read_is_no_failure_of_ours(void **state)
{
	size_t len = 1024 * 1024;
	char *in = calloc(1, len);
	struct gv_proc p;
	struct sigaction now;

	(void)state;
	assert_int_equal(run(&p, "exec <&-; echo done; exit 3",
			     (struct gv_proc_opts){ .in = in, .in_len = len }),
	    0);
	assert_int_equal(p.status, 3);
	assert_string_equal(p.out.p, "done\n");
	/* and we die of SIGPIPE as before where nobody blocks it */
	sigaction(SIGPIPE, NULL, &now);
	assert_ptr_equal(now.sa_handler, SIG_DFL);
	gv_proc_release(&p);
	free(in);
}

static void
environment_is_added_to_replaced_and_taken_from(void **state)
{
	static const char *const env[] = { "ADDED=1", "REPLACED=new", "GONE",
		"NOT_THERE", NULL };
	struct gv_proc p;

	(void)state;
	setenv("REPLACED", "old", 1);
	setenv("GONE", "x", 1);
	setenv("GONE_NOT", "stays", 1);
	assert_int_equal(
	    run(&p, "echo $ADDED-$REPLACED-${GONE-unset}-$GONE_NOT",
		(struct gv_proc_opts){ .env = env }),
	    0);
	assert_string_equal(p.out.p, "1-new-unset-stays\n");
	assert_string_equal(getenv("REPLACED"), "old");
	gv_proc_release(&p);
}

static void
runs_in_another_directory(void **state)
{
	struct gv_proc p;

	(void)state;
	assert_int_equal(
	    run(&p, "pwd", (struct gv_proc_opts){ .cwd = "/" }), 0);
	assert_string_equal(p.out.p, "/\n");
	gv_proc_release(&p);
	assert_int_equal(
	    run(&p, "pwd", (struct gv_proc_opts){ .cwd = "/no/such" }),
	    GV_ENOTFOUND);
	assert_message("cannot enter directory /no/such");
	gv_proc_release(&p);
}

static void
release_ends_what_still_runs(void **state)
{
	const char *argv[] = { "sleep", "1000", NULL };
	struct gv_proc p = GV_PROC_INIT;
	pid_t pid;

	(void)state;
	assert_int_equal(
	    gv_proc_start(&p, &(struct gv_proc_opts){ .argv = argv }), 0);
	pid = p.pid;
	gv_proc_release(&p);
	assert_int_equal(kill(pid, 0), -1);
	gv_proc_release(NULL);
}

/* `sleep` has both outputs, and is of no matter. */
static void
one_that_leaves_a_process_behind_has_ended(void **state)
{
	time_t before = time(NULL);
	struct gv_proc p;

	(void)state;
	assert_int_equal(
	    run(&p,
		"sleep 30 & head -c 60000 /dev/zero | tr '\\0' x; echo last; "
		"echo why >&2; exit 3",
		(struct gv_proc_opts){ .is_apart = true, .in = "" }),
	    0);
	assert_int_equal(p.status, 3);
	assert_int_equal(p.out.len, 60005);
	assert_string_equal(p.out.p + 60000, "last\n");
	assert_string_equal(p.err.p, "why\n");
	assert_true(p.is_left);
	gv_proc_release(&p);
	/* nor does it matter what that writes */
	assert_int_equal(
	    run(&p, "while echo more; do sleep 0.02; done & echo first >&2",
		(struct gv_proc_opts){ .timeout_ms = 20000 }),
	    0);
	assert_string_equal(p.err.p, "first\n");
	assert_true(p.is_left);
	gv_proc_release(&p);
	/* and one that takes its time leaves nothing */
	assert_int_equal(run(&p,
			     "i=0; while test $i -lt 30; do i=$((i + 1)); "
			     "echo $i; sleep 0.05; done",
			     (struct gv_proc_opts){ 0 }),
	    0);
	assert_false(p.is_left);
	assert_string_equal(p.out.p + p.out.len - 3, "30\n");
	gv_proc_release(&p);
	assert_true(time(NULL) - before < 15);
}

static int
start_from_thread(void *ctx, int i)
{
	struct gv_proc p;
	int r;

	(void)ctx;
	(void)i;
	r = run(
	    &p, "kill -TERM $$; sleep 5; exit 0", (struct gv_proc_opts){ 0 });
	if (r == 0 && p.status != 128 + SIGTERM)
		r = gv_err(GV_ERROR, "it ended with %d", p.status);
	gv_proc_release(&p);
	return r;
}

static void
a_child_of_a_worker_has_its_signals(void **state)
{
	(void)state;
	/* workers block all signals, which a child would inherit */
	assert_int_equal(gv_workers_run(3, start_from_thread, NULL), 0);
}

static void
one_is_talked_to_in_bytes(void **state)
{
	static const char *const argv[] = { "sh", "-c",
		"cat; echo end; exec sleep 60", NULL };
	static char many[300000];
	struct gv_proc p = GV_PROC_INIT;

	(void)state;
	memset(many, 'x', sizeof(many));
	assert_int_equal(gv_proc_start(&p,
			     &(struct gv_proc_opts){
				 .argv = argv, .in = "", .is_apart = true }),
	    0);
	assert_int_equal(gv_proc_talk(&p, "abc", 3, 3, 60000), 1);
	assert_int_equal(p.out.len, 3);
	gv_buf_reset(&p.out);
	/* more than both pipes hold */
	assert_int_equal(
	    gv_proc_talk(&p, many, sizeof(many), sizeof(many), 60000), 1);
	assert_int_equal(p.out.len, sizeof(many));
	assert_int_equal(
	    gv_proc_talk(&p, "", 0, sizeof(many) + 1, 50), GV_ERROR);
	assert_true(p.is_late);
	gv_proc_release(&p);
}

static void
one_that_goes_on_is_asked_again(void **state)
{
	const char *argv[] = { "sh", "-c",
		"while read -r x; do echo \"of $x\"; echo \"to $x\" >&2;"
		"test $x != end || exit 3; test $x = half || echo ok; done",
		NULL };
	struct gv_proc p = GV_PROC_INIT;
	char *many = malloc(1 << 20);
	size_t i;

	(void)state;
	assert_non_null(many);
	for (i = 0; i < 1 << 20; i++)
		many[i] = i % 1024 == 1023 ? '\n' : 'x';
	assert_int_equal(
	    gv_proc_start(&p, &(struct gv_proc_opts){ .argv = argv, .in = "" }),
	    0);
	assert_int_equal(gv_proc_ask(&p, "one\n", 4, "ok\n"), 1);
	assert_string_equal(p.out.p, "of one\nok\n");
	assert_int_equal(gv_proc_ask(&p, "two\n", 4, "ok\n"), 1);
	assert_string_equal(p.out.p, "of two\nok\n");
	/* more than a pipe holds, in both directions */
	memcpy(many + (1 << 20) - 6, "\nlast\n", 6);
	assert_int_equal(gv_proc_ask(&p, many, 1 << 20, "of last\nok\n"), 1);
	assert_true(p.out.len > 1 << 20);
	assert_int_equal(gv_proc_ask(&p, "half\nend\n", 9, "ok\n"), 0);
	assert_string_equal(p.out.p, "of half\nof end\n");
	assert_int_equal(gv_proc_finish(&p), 0);
	assert_int_equal(p.status, 3);
	assert_non_null(strstr(p.err.p, "to end\n"));
	gv_proc_release(&p);
	free(many);
}

static void
one_that_is_gone_answers_nothing(void **state)
{
	const char *argv[] = { "sh", "-c", "read -r x; exit 4", NULL };
	struct gv_proc p = GV_PROC_INIT;

	(void)state;
	assert_int_equal(
	    gv_proc_start(&p, &(struct gv_proc_opts){ .argv = argv, .in = "" }),
	    0);
	assert_int_equal(gv_proc_ask(&p, "x\n", 2, "ok\n"), 0);
	assert_int_equal(gv_proc_ask(&p, "x\n", 2, "ok\n"), 0);
	assert_int_equal(gv_proc_finish(&p), 0);
	assert_int_equal(p.status, 4);
	gv_proc_release(&p);
}

UNIT(proc)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(collects_both_outputs_and_the_status),
		cmocka_unit_test(keeps_the_key_of_ids_to_us),
		cmocka_unit_test(tells_why_it_failed),
		cmocka_unit_test(tells_the_signal_that_ended_it),
		cmocka_unit_test(a_program_that_is_not_there_is_not_found),
		cmocka_unit_test(input_is_nothing_unless_it_is_given),
		cmocka_unit_test(megabytes_go_both_ways_at_once),
		cmocka_unit_test(
		    a_program_that_does_not_read_is_no_failure_of_ours),
		cmocka_unit_test(
		    environment_is_added_to_replaced_and_taken_from),
		cmocka_unit_test(runs_in_another_directory),
		cmocka_unit_test(release_ends_what_still_runs),
		cmocka_unit_test(is_ended_when_it_takes_too_long),
		cmocka_unit_test(
		    apart_has_no_terminal_and_ends_with_what_it_started),
		cmocka_unit_test(
		    one_that_does_not_end_is_killed_with_what_it_started),
		cmocka_unit_test(one_that_leaves_a_process_behind_has_ended),
		cmocka_unit_test(a_child_of_a_worker_has_its_signals),
		cmocka_unit_test(one_that_goes_on_is_asked_again),
		cmocka_unit_test(one_is_talked_to_in_bytes),
		cmocka_unit_test(one_that_is_gone_answers_nothing),
	};

	return UNIT_RUN(tests);
}
