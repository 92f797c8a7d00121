#include "job/job_running.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/self.h"

/*
 * vault/running/ID in the common folder: one line, fields with a tab between:
 * WHAT JOB BEGUN WAITS PID START HOST. Once somebody has asked the run to stop,
 * ID.cancel is next to it.
 */

#define FIELDS 7
#define LIMIT  ((size_t)4096)
#define STOP   ".cancel"
#define PAUSE  50 /* ms */
#define TRIES  10
/* where its process cannot be looked at */
#define STALE ((int64_t)7 * 86400)

static int
find_dir(struct gv_buf *out, const struct gv_repo *repo)
{
	gv_buf_addf(out, "%s/vault/running", repo->common_dir);
	return gv_buf_check(out);
}

static int
put(struct gv_job_running *at, const struct gv_repo *repo, const char *id,
    const struct gv_buf *text)
{
	int r;

	gv_buf_reset(&at->path);
	if ((r = find_dir(&at->path, repo)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, at->path.p, 0777)) < 0)
		return r;
	gv_buf_addf(&at->path, "/%s", id);
	if ((r = gv_buf_check(&at->path)) < 0)
		return r;
	/* nothing beside it, which a kill would leave */
	return gv_file_write_over(
	    AT_FDCWD, at->path.p, text->p, text->len, 0666);
}

int
gv_job_running_begin(struct gv_job_running *at, const struct gv_repo *repo,
    const struct gv_job_run *run, long pid, bool waits)
{
	struct gv_session s = { .id = 0 };
	struct gv_buf text = GV_BUF_INIT;
	unsigned mask;
	int r, tries = 0;

	if ((r = gv_session_of_process(&s, pid)) < 0)
		return r;
	gv_buf_addf(&text, "%s\t%s\t%" PRId64 "\t%d\t%ld\t%llu\t%s\n",
	    run->what, run->job ? run->job : "", run->begun, waits, s.id,
	    s.start, s.host);
	r = gv_buf_check(&text);
	mask = gv_repo_share(repo);
	/* the last of the others may just have removed the folder */
	while (r == 0 && (r = put(at, repo, run->id, &text)) == GV_ENOTFOUND &&
	    ++tries < TRIES)
		r = 0;
	gv_repo_unshare(mask);
	if (r < 0)
		gv_buf_release(&at->path);
	gv_buf_release(&text);
	return r;
}

static int
stop_file(struct gv_buf *out, const char *path)
{
	gv_buf_addf(out, "%s" STOP, path);
	return gv_buf_check(out);
}

bool
gv_job_running_is_canceled(const struct gv_job_running *at)
{
	struct gv_buf path = GV_BUF_INIT;
	const bool is = at->path.len && stop_file(&path, at->path.p) == 0 &&
	    gv_file_exists(AT_FDCWD, path.p);

	gv_buf_release(&path);
	return is;
}

static void
remove_both(const char *path)
{
	struct gv_buf stop = GV_BUF_INIT;
	char *saved = gv_err_save();

	(void)gv_file_remove_tree(AT_FDCWD, path);
	if (stop_file(&stop, path) == 0)
		(void)gv_file_remove_tree(AT_FDCWD, stop.p);
	gv_buf_release(&stop);
	gv_err_restore(saved);
}

void
gv_job_running_end(struct gv_job_running *at)
{
	if (at == NULL)
		return;
	if (at->path.len) {
		remove_both(at->path.p);
		/* the last one leaves no folder */
		gv_buf_truncate(&at->path, at->path.len - GV_JOB_ID_LEN - 1);
		(void)gv_entry_rmdir(AT_FDCWD, at->path.p);
	}
	gv_buf_release(&at->path);
}

/* ---- those that run ------------------------------------------------------ */

static bool
is_id(const char *name)
{
	return strlen(name) == GV_JOB_ID_LEN &&
	    strspn(name, "0123456789TZ-abcdef") == GV_JOB_ID_LEN;
}

static bool
read_line(struct gv_job_runner *out, char *line)
{
	char *f[FIELDS], *p = line;
	size_t n;

	line[strcspn(line, "\n")] = '\0';
	for (n = 0; n < FIELDS; n++) {
		f[n] = p;
		if ((p = strchr(p, '\t')) == NULL)
			break;
		*p++ = '\0';
	}
	if (n != FIELDS - 1 || p || strlen(f[6]) >= GV_SESSION_HOST)
		return false;
	out->what = f[0];
	out->job = *f[1] ? f[1] : NULL;
	out->begun = strtoll(f[2], NULL, 10);
	out->waits = strcmp(f[3], "1") == 0;
	out->process.id = strtol(f[4], NULL, 10);
	out->process.start = strtoull(f[5], NULL, 10);
	memcpy(out->process.host, f[6], strlen(f[6]) + 1);
	return out->process.id > 0;
}

/* Whether its process is, or was, one of this machine since its start. */
static bool
is_here(const struct gv_job_runner *one)
{
	struct gv_session self;

	return gv_session_of_process(&self, gv_self_pid()) == 0 &&
	    strcmp(self.host, one->process.host) == 0;
}

/* One of another machine cannot be looked at; it counts for a time. */
static bool
is_at_work(const struct gv_job_runner *one, const char *path)
{
	struct gv_session now;

	if (!is_here(one))
		return !gv_file_is_stale(AT_FDCWD, path, STALE);
	return gv_session_of_process(&now, one->process.id) == 0 &&
	    gv_session_is(&now, &one->process);
}

static int
look(struct gv_job_runners *out, const char *dir, const char *name)
{
	struct gv_job_runner one = { .id = NULL };
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char *line;
	int r;

	gv_buf_addf(&path, "%s/%s", dir, name);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_read(&text, AT_FDCWD, path.p, LIMIT)) < 0)
		goto out;
	r = GV_ENOMEM;
	if ((line = gv_arena_copy(&out->arena, text.p, text.len)) == NULL ||
	    (one.id = gv_arena_copy(&out->arena, name, strlen(name))) == NULL)
		goto out;
	r = 0;
	if (!read_line(&one, line)) {
		/* a young one may just be written */
		if (gv_file_is_stale(AT_FDCWD, path.p, 60))
			remove_both(path.p);
	} else if (!is_at_work(&one, path.p)) {
		remove_both(path.p);
	} else if (GV_GROW(out->items, out->n, out->cap) < 0) {
		r = gv_err_nomem();
	} else {
		out->items[out->n++] = one;
	}
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	/* it has ended meanwhile, or git-vault did not write it */
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

static int
by_id(const void *a, const void *b)
{
	const struct gv_job_runner *x = a, *y = b;

	return strcmp(x->id, y->id);
}

int
gv_job_running_list(struct gv_job_runners *out, const struct gv_repo *repo)
{
	struct gv_dir_names names = { .n = 0 };
	struct gv_buf dir = GV_BUF_INIT;
	int fd = -1, r = find_dir(&dir, repo);
	size_t i;

	*out = (struct gv_job_runners){ .arena = GV_ARENA_INIT };
	if (r < 0)
		goto out;
	if ((fd = gv_dir_open_root(dir.p)) < 0 || gv_dir_list(&names, fd) < 0) {
		r = errno == ENOENT ? 0 : gv_err_sys("cannot read %s", dir.p);
		goto out;
	}
	for (i = 0; r == 0 && i < names.n; i++)
		if (is_id(names.names[i].name))
			r = look(out, dir.p, names.names[i].name);
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_id);
out:
	gv_file_close(fd);
	gv_dir_names_release(&names);
	gv_buf_release(&dir);
	return r;
}

void
gv_job_running_release(struct gv_job_runners *runners)
{
	free(runners->items);
	gv_arena_release(&runners->arena);
	memset(runners, 0, sizeof(*runners));
}

/* ---- stop ---------------------------------------------------------------- */

static int
ask(const struct gv_job_runner *one)
{
	if (one->waits)
		return 0;
	switch (gv_session_signal_below(&one->process)) {
	case 1:
		return 0;
	case 0:
		if (is_here(one))
			return 0; /* it has just ended */
		return gv_err(GV_EREFUSED,
		    "the run %s is at work on another machine, which shares "
		    "this repository; cancel it there",
		    one->id);
	default:
		return gv_err_sys(
		    "cannot ask process %ld to stop", one->process.id);
	}
}

int
gv_job_running_cancel(
    const struct gv_repo *repo, const struct gv_job_runner *one, int ms)
{
	struct gv_buf path = GV_BUF_INIT, stop = GV_BUF_INIT;
	int r = find_dir(&path, repo);

	gv_buf_addf(&path, "/%s", one->id);
	if (r < 0 || (r = gv_buf_check(&path)) < 0 ||
	    (r = stop_file(&stop, path.p)) < 0 ||
	    (r = gv_file_write_over(AT_FDCWD, stop.p, "", 0, 0666)) < 0 ||
	    (r = ask(one)) < 0)
		goto out;
	for (; ms > 0 && gv_file_exists(AT_FDCWD, path.p); ms -= PAUSE)
		gv_clock_sleep(PAUSE);
	r = !gv_file_exists(AT_FDCWD, path.p);
	/* it ended before it saw it */
	if (r == 1)
		remove_both(path.p);
out:
	gv_buf_release(&path);
	gv_buf_release(&stop);
	return r;
}
