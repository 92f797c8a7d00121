#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/audit_internal.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"

/*
 * A file each: its name begins with the time, so that names sort as they came;
 * in it is what gv_audit_text_say() says. An event that is recorded twice,
 * after a kill between the ref and the file, is one too many, and harmless.
 */
#define NAME_MAX_LEN 128
#define STALE        60 /* seconds */

#define REFUSALS_MOST 1000

static int
folder(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/" GV_AUDIT_QUEUE, repo->common_dir);
	return gv_buf_check(out);
}

/* Of one second there may be several, by several processes. */
static void
add_name(struct gv_buf *out, int64_t time)
{
	struct timespec now = gv_clock_now();
	char when[GV_TIME_MAX];

	gv_time_compact(when, time);
	gv_buf_addf(out, "/%s-%lld%09ld-%ld", when, (long long)now.tv_sec,
	    now.tv_nsec, (long)getpid());
}

static int
put(struct gv_repo *repo, const struct gv_audit_event *event)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	unsigned mask = gv_repo_share(repo);
	int r;

	if ((r = folder(&path, repo)) == 0 &&
	    (r = gv_audit_text_say(&text, repo, event)) == 0 &&
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) == 0)
		add_name(&path, event->time);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0666, true);
	gv_repo_unshare(mask);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_audit_queue(struct gv_repo *repo, const struct gv_audit_event *event)
{
	int r = gv_repo_check_writable(repo);

	return r < 0 ? r : put(repo, event);
}

/* Whoever can push can have refusals written; not without end. */
int
gv_audit_wait_refusal(struct gv_repo *repo, const struct gv_audit_event *event)
{
	uint64_t n;
	int r = gv_audit_waiting(&n, repo);

	return r < 0 || n >= REFUSALS_MOST ? r : put(repo, event);
}

static int
compare(const void *a, const void *b)
{
	const struct gv_dir_name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Not what a writer that was killed has left under its temporary name. */
static bool
is_name(const struct gv_dir_name *n)
{
	int64_t time;

	return n->len > 17 && n->len < NAME_MAX_LEN && n->name[16] == '-' &&
	    gv_time_parse_compact(&time, n->name) == 0 &&
	    strspn(n->name + 16, "0123456789-") == n->len - 16;
}

/* That of a writer who was killed. */
static void
sweep(int fd, const struct gv_dir_name *n)
{
	if (n->len > 4 && strcmp(n->name + n->len - 4, ".tmp") == 0 &&
	    gv_file_is_stale(fd, n->name, STALE))
		(void)gv_entry_unlink(fd, n->name);
}

int
gv_audit_queue_list(struct gv_buf *out, const struct gv_repo *repo)
{
	struct gv_dir_names names = { 0 };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd = -1, r;

	if ((r = folder(&path, repo)) < 0)
		goto out;
	fd = gv_dir_open_root(path.p);
	if (fd < 0 && errno != ENOENT) {
		r = gv_err_sys("cannot open %s", path.p);
		goto out;
	}
	if (fd >= 0 && gv_dir_list(&names, fd) < 0) {
		r = gv_err_sys("cannot list %s", path.p);
		goto out;
	}
	if (names.n)
		qsort(names.names, names.n, sizeof(*names.names), compare);
	for (i = 0; i < names.n; i++)
		if (is_name(&names.names[i]))
			gv_buf_add(
			    out, names.names[i].name, names.names[i].len + 1);
		else
			sweep(fd, &names.names[i]);
out:
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&path);
	return r < 0 ? r : gv_buf_check(out);
}

/* Begins an event that says `said`, as far as its reader asks. */
#define BEFORE "\nauthor a <a> 0 +0000\n\nevent\n\nVault-Format: 1\n"

/* Whether an event counts for others by who has signed it. */
static bool
is_voice(const char *what)
{
	static const char *const all[] = { GV_AUDIT_APPROVE,
		GV_AUDIT_PLAN_APPROVE, GV_AUDIT_DELETE_APPROVE,
		GV_AUDIT_PRUNE_APPROVE, GV_AUDIT_CONFIG_APPROVE,
		GV_AUDIT_APPROVAL_USE };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(what, all[i]) == 0)
			return true;
	return false;
}

/* Whoever can write here can have an event wait, and the next one signs it. So
 * what counts by its signature does not come from here: it never waits. What it
 * is goes by what its reader takes it for, who undoes quotes and looks at the
 * last paragraph alone; nor does it say what is said by who signs. 0;
 * GV_ECORRUPT where it cannot be told; GV_ENOMEM. */
static int
check_said(const char *said, size_t len)
{
	struct gv_audit_entry e = { .time = 0 };
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	bool is_forged, may_wait = false;
	int r;

	gv_oid_format(hex, &gv_oid_empty_tree);
	gv_buf_addf(&text, "tree %s" BEFORE, hex);
	gv_buf_add(&text, said, len);
	if ((r = gv_buf_check(&text)) == 0 &&
	    (r = gv_audit_read(&e, &is_forged, text.p, text.len)) == 0)
		may_wait = !is_voice(e.what) && !e.is_signed && !is_forged &&
		    e.number == 0 && memmem(said, len, "\n\n", 2) == NULL;
	gv_audit_entry_release(&e);
	gv_buf_release(&text);
	return r == GV_ENOMEM || may_wait ? r : GV_ECORRUPT;
}

int
gv_audit_queue_load(
    struct gv_buf *out, const struct gv_repo *repo, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	size_t before = out->len;
	int r = folder(&path, repo);

	gv_buf_addf(&path, "/%s", name);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_read(out, AT_FDCWD, path.p, GV_AUDIT_MAX);
	if (r == 0 &&
	    (strncmp(out->p + before, GV_AUDIT_SAID, strlen(GV_AUDIT_SAID)) !=
		    0 ||
		out->p[out->len - 1] != '\n'))
		r = GV_ECORRUPT;
	if (r == 0)
		r = check_said(out->p + before, out->len - before);
	if (r < 0)
		gv_buf_truncate(out, before);
	if (r == GV_ECORRUPT)
		r = gv_err(GV_ECORRUPT,
		    "%s, an event waiting to be recorded, is damaged; look at "
		    "it and remove it",
		    path.p);
	gv_buf_release(&path);
	return r;
}

void
gv_audit_queue_drop(const struct gv_repo *repo, const struct gv_buf *names)
{
	const char *p = names->p, *end = names->p + names->len;
	struct gv_buf path = GV_BUF_INIT;

	for (; p < end; p += strlen(p) + 1) {
		gv_buf_reset(&path);
		if (folder(&path, repo) < 0)
			break;
		gv_buf_addf(&path, "/%s", p);
		if (gv_buf_check(&path) == 0)
			(void)gv_entry_unlink(AT_FDCWD, path.p);
	}
	gv_buf_release(&path);
}

int
gv_audit_waiting(uint64_t *n, const struct gv_repo *repo)
{
	struct gv_buf names = GV_BUF_INIT;
	size_t at;
	int r = gv_audit_queue_list(&names, repo);

	*n = 0;
	for (at = 0; r == 0 && at < names.len; at += strlen(names.p + at) + 1)
		++*n;
	gv_buf_release(&names);
	return r;
}
