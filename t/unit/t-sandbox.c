#include "unit/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef GV_LINUX
#include <linux/keyctl.h>
#include <sys/syscall.h>
#endif

#include "base/err.h"
#include "sandbox/sandbox.h"
#include "sandbox/sandbox_internal.h"
#include "sys/clock.h"
#include "sys/file.h"

/* What runs in a sandbox at each level that this host gives, and what it cannot
 * reach. The program under test serves inside. */

struct place {
	char dir[64], tree[96], outside[96];
	char self[4096];
};

static void
put(const char *dir, const char *name, const char *text, mode_t mode)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(gv_file_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static int
setup(void **state)
{
	const char *build = getenv("GIT_VAULT_BUILD_DIR");
	struct place *p = calloc(1, sizeof(*p));
	char path[256];

	assert_non_null(p);
	if (build == NULL)
		build = ".";
	(void)snprintf(
	    p->self, sizeof(p->self), "%s/git-vault/git-vault", build);
	strcpy(p->dir, "/tmp/t-sandbox.XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	assert_int_equal(chmod(p->dir, 0755), 0);
	(void)snprintf(p->tree, sizeof(p->tree), "%s/tree", p->dir);
	(void)snprintf(p->outside, sizeof(p->outside), "%s/outside", p->dir);
	assert_int_equal(mkdir(p->tree, 0755), 0);
	put(p->dir, "outside", "what nobody inside may see\n", 0644);
	put(p->tree, "one", "1\n", 0640);
	put(p->tree, "run", "#!/bin/sh\necho ran\n", 04755);
	(void)snprintf(path, sizeof(path), "%s/sub", p->tree);
	assert_int_equal(mkdir(path, 0700), 0);
	put(path, "two", "2\n", 0600);
	(void)snprintf(path, sizeof(path), "%s/.git", p->tree);
	assert_int_equal(mkdir(path, 0700), 0);
	put(path, "config", "[remote]\n", 0600);
	(void)snprintf(path, sizeof(path), "%s/away", p->tree);
	assert_int_equal(symlink(p->outside, path), 0);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	assert_int_equal(gv_file_remove_tree(AT_FDCWD, p->dir), 0);
	free(p);
	return 0;
}

static struct gv_sandbox *
start(const struct place *p, enum gv_sandbox_level level)
{
	struct gv_sandbox_opts o = { .tree = p->tree,
		.least = level,
		.most = level,
		.space = 64 << 20 };
	struct gv_sandbox *box = NULL;
	static char area[128];
	int r;

	(void)snprintf(area, sizeof(area), "%s/area", p->dir);
	assert_int_equal(gv_file_remove_tree(AT_FDCWD, area), 0);
	assert_int_equal(mkdir(area, 0700), 0);
	o.dir = area;
	r = gv_sandbox_start(&box, p->self, &o);
	if (r == GV_EREFUSED) {
		print_message("level %d: %s\n", (int)level, gv_err_message());
		return NULL;
	}
	if (r < 0)
		print_message("%s\n", gv_err_message());
	assert_int_equal(r, 0);
	assert_int_equal(gv_sandbox_level(box), level);
	return box;
}

/* Run a line of the shell: its status, its output in *out. */
static int
sh_in(struct gv_sandbox *box, char out[4096], const char *line, unsigned ms)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	const char *const env[] = { "GREETING=hello", NULL };
	struct gv_sandbox_result result;
	int status;

	assert_int_equal(gv_sandbox_run(&result, box,
			     &(struct gv_sandbox_job){
				 .argv = argv, .env = env, .timeout_ms = ms }),
	    0);
	(void)snprintf(out, 4096, "%s%s", result.out.len ? result.out.p : "",
	    result.err.len ? result.err.p : "");
	status = result.is_timed_out ? -1 : result.status;
	gv_sandbox_result_release(&result);
	return status;
}

static void
runs_on_a_copy(void **state)
{
	const struct place *p = *state;
	int level;

	for (level = GV_SANDBOX_DIR; level <= GV_SANDBOX_FULL; level++) {
		struct gv_sandbox *box = start(p, (enum gv_sandbox_level)level);
		char out[4096];

		if (box == NULL)
			continue;
		assert_int_equal(sh_in(box, out,
				     "cat one sub/two && ./run && "
				     "echo $GREETING && stat -c %a run && "
				     "readlink away | tail -c 8 && "
				     "test ! -e .git",
				     0),
		    0);
		assert_string_equal(out, "1\n2\nran\nhello\n755\noutside\n");
		assert_int_equal(sh_in(box, out,
				     "echo changed >one && mkdir $HOME/a && "
				     "echo x >$TMPDIR/x && cat one",
				     0),
		    0);
		assert_string_equal(out, "changed\n");
		assert_int_equal(sh_in(box, out, "exit 7", 0), 7);
		assert_int_equal(sh_in(box, out, "kill -9 $$", 0), 137);
		gv_sandbox_stop(box);
	}
	{
		char text[16] = "";
		char path[128];
		int fd;

		(void)snprintf(path, sizeof(path), "%s/one", p->tree);
		fd = open(path, O_RDONLY);
		assert_int_equal(read(fd, text, sizeof(text)), 2);
		close(fd);
		assert_string_equal(text, "1\n");
	}
}

/* A line that must not succeed, at this level and above. */
struct attack {
	enum gv_sandbox_level from;
	const char *line; /* %s is the folder outside */
};

static const struct attack attacks[] = {
	{ GV_SANDBOX_LANDLOCK, "cat %s/outside" },
	{ GV_SANDBOX_LANDLOCK, "cat away" },
	{ GV_SANDBOX_LANDLOCK, "ls %s" },
	{ GV_SANDBOX_DIR, "echo x >>%s/outside" },
	{ GV_SANDBOX_LANDLOCK, "cat /etc/shadow" },
	{ GV_SANDBOX_LANDLOCK, "ls /root || ls /home/*" },
	{ GV_SANDBOX_DIR, "echo x >/usr/bin/x" },
	{ GV_SANDBOX_DIR, "mkdir /x" },
	{ GV_SANDBOX_DIR, "mount -t tmpfs tmpfs /mnt" },
	{ GV_SANDBOX_DIR, "mknod null c 1 3" },
	{ GV_SANDBOX_SPACES, "kill -0 %d" },
	{ GV_SANDBOX_SPACES, "cat /proc/%d/environ" },
	{ GV_SANDBOX_SPACES, "ls -d /run/* /var/run/*" },
	{ GV_SANDBOX_SPACES, "cat /proc/1/environ" },
	{ GV_SANDBOX_SPACES, "kill -9 1 && sleep 0.1 && false" },
	{ GV_SANDBOX_LANDLOCK, "bash -c 'exec 3<>/dev/tcp/127.0.0.1/%u'" },
	{ GV_SANDBOX_FULL, "unshare -U true" },
	{ GV_SANDBOX_DIR,
	    "env | grep -v -e ^HOME= -e ^TMPDIR= -e ^PATH= "
	    "-e ^LC_ALL= -e ^GREETING= -e ^PWD= -e ^SHLVL= -e ^_= "
	    "-e ^OLDPWD=" },
	/* no descriptor but its own three */
	{ GV_SANDBOX_DIR,
	    "ls -l /proc/self/fd | grep -e socket: -e "
	    "'[4-9] ->'" },
	{ GV_SANDBOX_DIR, "find . -perm /7000 | grep ." },
};

/* Something on this machine that could be reached by a network. */
static int
listen_here(unsigned *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&to, &len), 0);
	*port = ntohs(to.sin_port);
	return fd;
}

/* Put in what a line names of this host. */
static void
name_it(char out[512], const char *line, const char *dir, unsigned port)
{
	const char *at = strchr(line, '%');

	if (at && at[1] == 's')
		(void)snprintf(
		    out, 512, "%.*s%s%s", (int)(at - line), line, dir, at + 2);
	else if (at)
		(void)snprintf(out, 512, "%.*s%u%s", (int)(at - line), line,
		    at[1] == 'u' ? port : (unsigned)getpid(), at + 2);
	else
		(void)snprintf(out, 512, "%s", line);
}

static void
reaches_nothing_else(void **state)
{
	const struct place *p = *state;
	unsigned port;
	int level, fd = listen_here(&port);
	size_t i;

	assert_int_equal(setenv("A_TOKEN", "not for others", 1), 0);
	for (level = GV_SANDBOX_DIR; level <= GV_SANDBOX_FULL; level++) {
		struct gv_sandbox *box = start(p, (enum gv_sandbox_level)level);
		char out[4096], line[512];

		for (i = 0; box && i < sizeof(attacks) / sizeof(*attacks);
		     i++) {
			if (attacks[i].from > (enum gv_sandbox_level)level)
				continue;
			/* who stays the same user owns what is outside */
			if (level == GV_SANDBOX_DIR &&
			    gv_sandbox_uid(box) == geteuid() &&
			    strstr(attacks[i].line, "echo x >"))
				continue;
			name_it(line, attacks[i].line, p->dir, port);
			if (sh_in(box, out, line, 5000) == 0) {
				print_message(
				    "level %d, %s: %s\n", level, line, out);
				fail();
			}
		}
		gv_sandbox_stop(box);
	}
	close(fd);
}

#ifdef GV_LINUX

/* A key of the session that the sandbox is started in, as tickets are. The
 * system calls are made by number, so no tool has to be there. */
static void
has_no_key_of_the_session(void **state)
{
	const struct place *p = *state;
	char line[256], out[4096];
	int level;

	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, "t-sandbox") < 0 ||
	    syscall(SYS_add_key, "user", "t-sandbox", "ticket", (size_t)6,
		KEY_SPEC_SESSION_KEYRING) < 0)
		skip();
	(void)snprintf(line, sizeof(line),
	    "perl -e '($a, $b) = (\"user\", \"t-sandbox\"); "
	    "$k = syscall(%d, %d, %d, $a, $b, 0); "
	    "exit($k != -1 ? 0 : $!{ENOSYS} ? 3 : 4)'",
	    (int)SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING);
	assert_int_equal(system(line), 0);
	for (level = GV_SANDBOX_DIR; level <= GV_SANDBOX_FULL; level++) {
		struct gv_sandbox *box = start(p, (enum gv_sandbox_level)level);

		if (box == NULL)
			continue;
		assert_int_equal(sh_in(box, out, line, 0), 3);
		gv_sandbox_stop(box);
	}
}

#endif

/* A user that nothing else has, not even the next sandbox: whoever is the same
 * one reads a sandbox by /proc, and can stop what runs there. */
static void
root_becomes_a_user_that_nobody_has(void **state)
{
	const struct place *p = *state;
	int level;

	if (geteuid() != 0)
		skip();
	for (level = GV_SANDBOX_DIR; level <= GV_SANDBOX_FULL; level++) {
		struct gv_sandbox *box = start(p, (enum gv_sandbox_level)level);
		unsigned uid;

		if (box == NULL)
			continue;
		uid = gv_sandbox_uid(box);
		gv_sandbox_stop(box);
		assert_int_not_equal(uid, 0);
		assert_int_not_equal(uid, 65534);
		assert_null(getpwuid(uid));
		box = start(p, (enum gv_sandbox_level)level);
		assert_int_not_equal(gv_sandbox_uid(box), uid);
		gv_sandbox_stop(box);
	}
}

static void
bounds_what_runs(void **state)
{
	const struct place *p = *state;
	int level;

	for (level = GV_SANDBOX_DIR; level <= GV_SANDBOX_FULL; level++) {
		struct gv_sandbox *box = start(p, (enum gv_sandbox_level)level);
		const char *const yes[] = { "yes", NULL };
		const char *const none[] = { "no-such-program", NULL };
		struct gv_sandbox_result result;
		char out[4096];

		if (box == NULL)
			continue;
		/* neither a signal that is ignored nor, where the system
		 * tells of it, a session of its own keeps a process */
		assert_int_equal(sh_in(box, out,
				     "trap '' TERM HUP; setsid sleep 77 & "
				     "while :; do sleep 1; done",
				     300),
		    -1);
#ifdef GV_LINUX
		assert_int_not_equal(
		    sh_in(box, out, "ps ax | grep 'sleep 7[7]'", 0), 0);
#endif
		assert_int_equal(sh_in(box, out, "setsid sleep 78 & :", 0), 0);
		if (level >= GV_SANDBOX_SPACES)
			assert_int_not_equal(
			    sh_in(box, out, "ps ax | grep 'sleep 7[8]'", 0), 0);
		assert_int_equal(
		    gv_sandbox_run(&result, box,
			&(struct gv_sandbox_job){
			    .argv = yes, .timeout_ms = 200, .most = 1000 }),
		    0);
		assert_true(result.is_timed_out);
		assert_true(result.is_cut);
		assert_int_equal(result.out.len, 1000);
		gv_sandbox_result_release(&result);
		assert_int_equal(gv_sandbox_run(&result, box,
				     &(struct gv_sandbox_job){ .argv = none }),
		    0);
		assert_true(result.is_missing);
		gv_sandbox_result_release(&result);
		assert_int_not_equal(
		    sh_in(box, out, "head -c 99000000 /dev/zero >big", 0), 0);
		assert_int_equal(sh_in(box, out, "rm big", 0), 0);
		/* a fork too many fails, and the sandbox goes on */
		if (level >= GV_SANDBOX_SPACES) {
			(void)sh_in(
			    box, out, "f () { f | f & }; f; sleep 1", 1500);
			assert_int_equal(sh_in(box, out, "echo on", 0), 0);
			assert_string_equal(out, "on\n");
		}
		gv_sandbox_stop(box);
	}
}

static void
says_what_does_not_fit(void **state)
{
	const struct place *p = *state;
	struct gv_sandbox *box = NULL;
	char big[128], area[128];
	int fd;

	(void)snprintf(area, sizeof(area), "%s/area", p->dir);
	assert_int_equal(mkdir(area, 0700), 0);
	(void)snprintf(big, sizeof(big), "%s/big", p->tree);
	fd = open(big, O_WRONLY | O_CREAT, 0644);
	assert_int_equal(ftruncate(fd, 9 << 20), 0);
	close(fd);
	assert_int_equal(
	    gv_sandbox_start(&box, p->self,
		&(struct gv_sandbox_opts){
		    .tree = p->tree, .dir = area, .space = 8 << 20 }),
	    GV_EREFUSED);
	assert_null(box);
	if (strstr(gv_err_message(), "does not fit") == NULL)
		fail_msg("%s", gv_err_message());
	assert_int_equal(gv_sandbox_start(&box, "/no/such/program",
			     &(struct gv_sandbox_opts){ .tree = p->tree }),
	    GV_ENOTFOUND);
}

/* What comes from a sandbox is anybody's. */
static void
believes_no_frame(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *words;
	} rows[] = {
		{ "J", 1, "a sandbox broke off" },
		{ "J\11\0\0\0abc", 8, "a sandbox broke off" },
		{ "J\377\377\377\377", 5, "a sandbox sent too much at once" },
	};
	struct gv_sandbox_wire w = GV_SANDBOX_WIRE_INIT;
	struct gv_buf out = GV_BUF_INIT;
	size_t i;
	int fds[2];

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(pipe(fds), 0);
		assert_int_equal(
		    gv_file_write_all(fds[1], rows[i].bytes, rows[i].len), 0);
		close(fds[1]);
		assert_int_equal(gv_sandbox_wire_read(&w, fds[0]), GV_ECORRUPT);
		assert_message(rows[i].words);
		close(fds[0]);
	}
	gv_sandbox_wire_begin(&w, 'J');
	assert_int_equal(gv_buf_grow(&w.bytes, GV_SANDBOX_FRAME + 1), 0);
	w.bytes.len = GV_SANDBOX_FRAME + 1;
	assert_int_equal(gv_sandbox_wire_end(&out, &w), GV_EREFUSED);
	assert_message("a request to a sandbox is longer than 64 MiB");
	gv_sandbox_wire_release(&w);
	gv_buf_release(&out);
}

UNIT(sandbox)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    runs_on_a_copy, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    reaches_nothing_else, setup, teardown),
#ifdef GV_LINUX
		cmocka_unit_test_setup_teardown(
		    has_no_key_of_the_session, setup, teardown),
#endif
		cmocka_unit_test_setup_teardown(
		    root_becomes_a_user_that_nobody_has, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    bounds_what_runs, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    says_what_does_not_fit, setup, teardown),
		cmocka_unit_test(believes_no_frame),
	};

	return UNIT_RUN(tests);
}
