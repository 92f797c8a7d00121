#include "unit/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <fcntl.h>

#include <cmocka.h>

#include "base/err.h"
#include "sys/file.h"
#include "sys/proc.h"

static const char *const cleared[] = { "GIT_DIR", "GIT_WORK_TREE",
	"GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
	"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH" };

static void
set_environment(void)
{
	size_t i;

	for (i = 0; i < sizeof(cleared) / sizeof(cleared[0]); i++)
		unsetenv(cleared[i]);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
	setenv("GIT_AUTHOR_NAME", "A", 1);
	setenv("GIT_AUTHOR_EMAIL", "a@example.org", 1);
	setenv("GIT_AUTHOR_DATE", "1700000000 +0000", 1);
	setenv("GIT_COMMITTER_NAME", "A", 1);
	setenv("GIT_COMMITTER_EMAIL", "a@example.org", 1);
	setenv("GIT_COMMITTER_DATE", "1700000000 +0000", 1);
}

int
sandbox_setup(void **state)
{
	struct sandbox *s = calloc(1, sizeof(*s));
	const char *tmp = getenv("TMPDIR");
	struct gv_buf b = GV_BUF_INIT;

	if (s == NULL)
		return -1;
	set_environment();
	gv_buf_addf(&b, "%s/git-vault-unit.XXXXXX", tmp ? tmp : "/tmp");
	s->dir = gv_buf_take(&b);
	if (s->dir == NULL || mkdtemp(s->dir) == NULL) {
		free(s->dir);
		free(s);
		return -1;
	}
	gv_buf_addf(&b, "%s/.git/objects", s->dir);
	s->objects = gv_buf_take(&b);
	s->repo.objects_dir = s->objects;
	s->out = (struct gv_buf)GV_BUF_INIT;
	*state = s;
	sh(s, "git init -q . && git config gc.auto 0");
	return 0;
}

int
sandbox_teardown(void **state)
{
	struct sandbox *s = *state;

	gv_file_remove_tree(AT_FDCWD, s->dir);
	free(s->dir);
	free(s->objects);
	gv_buf_release(&s->out);
	free(s);
	return 0;
}

static int
run(struct sandbox *s, const char *line)
{
	const char *argv[] = { "sh", "-c", line, NULL };
	struct gv_proc p = GV_PROC_INIT;
	int status;

	if (gv_proc_run(
		&p, &(struct gv_proc_opts){ .argv = argv, .cwd = s->dir }) < 0)
		fail_msg("%s", gv_err_message());
	status = p.status;
	gv_buf_reset(&s->out);
	gv_buf_add(&s->out, p.out.p, p.out.len);
	if (s->out.len && s->out.p[s->out.len - 1] == '\n')
		gv_buf_truncate(&s->out, s->out.len - 1);
	if (status)
		fprintf(stderr, "# %s\n# exit %d: %s%s\n", line, status,
		    p.out.p, p.err.p);
	gv_proc_release(&p);
	return status;
}

const char *
sh(struct sandbox *s, const char *fmt, ...)
{
	struct gv_buf line = GV_BUF_INIT;
	va_list ap;
	int status;

	va_start(ap, fmt);
	gv_buf_vaddf(&line, fmt, ap);
	va_end(ap);
	status = run(s, line.p);
	gv_buf_release(&line);
	assert_int_equal(status, 0);
	return s->out.p;
}

int
sh_status(struct sandbox *s, const char *fmt, ...)
{
	struct gv_buf line = GV_BUF_INIT;
	va_list ap;
	int status;

	va_start(ap, fmt);
	gv_buf_vaddf(&line, fmt, ap);
	va_end(ap);
	status = run(s, line.p);
	gv_buf_release(&line);
	return status;
}

void
put_file(struct sandbox *s, const char *path, const void *data, size_t len)
{
	struct gv_buf full = GV_BUF_INIT;

	gv_buf_addf(&full, "%s/%s", s->dir, path);
	if (gv_file_replace(AT_FDCWD, full.p, data, len, 0666, false) < 0)
		fail_msg("%s", gv_err_message());
	gv_buf_release(&full);
}

struct gv_oid
oid_of_output(const struct sandbox *s)
{
	struct gv_oid id;

	assert_true(s->out.len >= GV_OID_HEX);
	assert_int_equal(gv_oid_parse(&id, s->out.p), 0);
	return id;
}

uint32_t
next_number(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

void
add_text(struct gv_buf *b, uint64_t *state, size_t len)
{
	static const char *const words[] = { "resource", "name", "region",
		"replicas", "image", "port", "cpu_limit", "cidr_block" };
	size_t end = b->len + len;

	while (b->len < end)
		gv_buf_addf(b, "%s: %s-%u\n", words[next_number(state) % 8],
		    words[next_number(state) % 8], next_number(state) % 10000);
	gv_buf_truncate(b, end);
}
