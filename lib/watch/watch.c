#include "watch/watch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "project/registry.h"
#include "repo/foreign.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/self.h"
#include "watch/watch_internal.h"

#define READ_EACH  60000 /* the list of projects, if nothing changed in it */
#define WAIT       500   /* between two looks at the clock */
#define GIT_RECENT 120   /* seconds: a rebase that is older waits for a user */
/* A process that asks whether one is running holds the lock for a moment. */
#define LOCK_MS 500
/* Of one processor, in percent, over the time since the start. */
#define CPU_MOST 2
/* Before that long there is nothing to tell: the first saves look at all. */
#define CPU_AFTER 600000

static int64_t
clock_of(const struct gv_watch *w)
{
	return gv_clock_tick() / 1000000 * w->opts->haste;
}

/* ---- projects ------------------------------------------------------------ */

static struct gv_watched *
find(struct gv_watch *w, const char *path)
{
	const size_t at =
	    (size_t)(uintptr_t)gv_map_get(&w->by_path, path, strlen(path));

	return at ? &w->items[at - 1] : NULL;
}

static int
add(struct gv_watch *w, const char *path)
{
	struct gv_watched p = { .saved = -1,
		.there = -GV_PACE_HOT,
		.looked = -1,
		.asked = -1,
		.changed = -1,
		.is_new = true,
		.restless = GV_MAP_INIT,
		.restless_text = GV_BUF_INIT,
		.state = "waiting" };
	int r = GV_GROW(w->items, w->n, w->cap);

	if (r < 0)
		return r;
	if ((p.path = strdup(path)) == NULL)
		return gv_err_nomem();
	w->items[w->n++] = p;
	r = gv_map_put(
	    &w->by_path, p.path, strlen(p.path), (void *)(uintptr_t)w->n);
	return r < 0 ? r : gv_watch_class_read(&w->items[w->n - 1]);
}

static int
read_list(struct gv_watch *w)
{
	struct gv_registry reg;
	size_t i;
	int r;

	/* before: what changes meanwhile is read the next time */
	w->stamp = gv_registry_stamp();
	r = gv_registry_load(&reg);
	for (i = 0; r == 0 && i < w->n; i++)
		w->items[i].is_listed = false;
	for (i = 0; r == 0 && i < reg.n; i++) {
		if (find(w, reg.items[i].path) == NULL)
			r = add(w, reg.items[i].path);
		if (r == 0)
			find(w, reg.items[i].path)->is_listed = true;
	}
	for (i = 0; r == 0 && i < w->n; i++)
		if (!w->items[i].is_listed)
			gv_notice_drop(w->notice, i);
	if (r == 0)
		gv_registry_remember(&reg);
	w->read = w->now;
	w->is_moved = true;
	gv_registry_release(&reg);
	return r;
}

/* ---- events -------------------------------------------------------------- */

void
gv_watch_changed(struct gv_watch *w, struct gv_watched *p, enum gv_class class)
{
	gv_pace_note(&p->pace, w->now, class);
	p->changed = w->now;
	p->changed_at = gv_clock_now().tv_sec;
}

/* A new folder is minded: what is made in it meanwhile, the save sees. */
static void
mind(struct gv_watch *w, size_t i, const char *path)
{
	if (!w->items[i].is_new && gv_file_is_dir(AT_FDCWD, path))
		(void)gv_notice_add(w->notice, path, i);
}

/* The class of what changed there, in a folder of the project. */
static enum gv_class
class_of(const struct gv_watched *p, const char *path)
{
	const size_t top = strlen(p->path);

	return strncmp(path, p->path, top) == 0 && path[top] == '/'
	    ? gv_watch_class(p, path + top + 1)
	    : GV_CLASS_CRITICAL;
}

void
gv_watch_told(void *ctx, size_t i, const char *dir, const char *name)
{
	struct gv_watch *w = ctx;
	struct gv_watched *p = &w->items[i];
	const bool is_git = dir && p->git_dir && strcmp(dir, p->git_dir) == 0;
	const enum gv_pace_name is =
	    name ? gv_pace_name(name, is_git) : GV_PACE_IS_GIT;
	struct gv_buf path = GV_BUF_INIT;
	enum gv_class class = GV_CLASS_NORMAL;

	if ((name == NULL && is_git) || is == GV_PACE_IS_NOTHING)
		return;
	if (name && dir && !is_git) {
		gv_buf_addf(&path, "%s/%s", dir, name);
		if (gv_buf_check(&path) == 0 && strcmp(name, ".git") != 0)
			mind(w, i, path.p);
		if (gv_buf_check(&path) == 0)
			class = class_of(p, path.p);
		gv_buf_release(&path);
	}
	if (is == GV_PACE_IS_SESSION)
		p->changed = w->now;
	else
		gv_watch_changed(w, p, class);
}

/* ---- one project --------------------------------------------------------- */

static bool
is_recent(const struct gv_watched *p, const char *name)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is = false;

	gv_buf_addf(&path, "%s/%s", p->git_dir, name);
	if (gv_buf_check(&path) == 0 && gv_file_exists(AT_FDCWD, path.p))
		is = gv_file_age(AT_FDCWD, path.p) < GIT_RECENT;
	gv_buf_release(&path);
	return is;
}

/* Whether git is in the middle of something. */
static bool
is_busy(const struct gv_watched *p)
{
	return p->git_dir &&
	    (is_recent(p, "index.lock") || is_recent(p, "HEAD.lock") ||
		is_recent(p, "rebase-merge") || is_recent(p, "rebase-apply"));
}

/* Whether it is a working copy of another tool that has a vault. */
static bool
has_foreign(const char *path)
{
	struct gv_foreign of;
	const bool is = gv_foreign_look(&of, path) == 0 && of.has_vault;

	gv_foreign_release(&of);
	return is;
}

/* Its folder or the disk that it is on may go, and come back. */
static bool
is_there(struct gv_watch *w, size_t i)
{
	struct gv_watched *p = &w->items[i];
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/.git", p->path);
	is = gv_buf_check(&path) == 0 &&
	    (gv_file_exists(AT_FDCWD, path.p) || has_foreign(p->path));
	gv_buf_release(&path);
	if (!is && !p->is_gone) {
		gv_notice_drop(w->notice, i);
		gv_watch_say(p, "missing", "there is no repository there now");
		w->is_moved = true;
	}
	if (is && p->is_gone)
		p->is_new = true;
	p->is_gone = !is;
	p->there = w->now;
	if (!is)
		p->retry = w->now + GV_PACE_WARM;
	return is;
}

/* Whether it is to be saved now; *is_over: as its session is over. */
static bool
is_due(const struct gv_watch *w, const struct gv_watched *p, bool *is_over)
{
	const struct gv_pace_at at = { .now = w->now,
		.saved = p->saved,
		.is_busy = p->pace.n && is_busy(p),
		.is_open = p->is_open,
		.factor = w->factor,
		.every = p->classes.every };
	const struct gv_pace_verdict v = gv_pace_decide(&p->pace, &at);

	*is_over = !p->is_new && v.what == GV_PACE_END;
	if (p->is_new || *is_over)
		return true;
	/* what nothing told of: events are hints, and the cache is the truth */
	if (v.what == GV_PACE_REST)
		return w->now - p->asked >= (int64_t)GV_PACE_COLD * w->factor;
	return v.what == GV_PACE_SAVE;
}

/* Look now and then whether it is there, and at the folders that nothing tells
 * of. Whether it can be saved. */
static bool
look(struct gv_watch *w, size_t i)
{
	struct gv_watched *p = &w->items[i];
	size_t polled = 0;

	if (!p->is_listed || w->now < p->retry)
		return false;
	if (w->now >= p->there + GV_PACE_HOT && !is_there(w, i))
		return false;
	(void)gv_notice_count(w->notice, i, &polled);
	if (polled &&
	    w->now >= p->looked + gv_pace_tier(w->now, p->changed, w->factor)) {
		p->looked = w->now;
		gv_notice_look(w->notice, i, gv_watch_told, w);
	}
	return true;
}

static int
save(struct gv_watch *w, size_t i, bool is_over)
{
	struct gv_watched *p = &w->items[i];
	int r;

	p->is_open = p->is_open && !is_over;
	r = gv_watch_save(w, i);
	if (r >= 0 && is_over)
		gv_watch_tidy(w, i);
	/* what was made in a new folder before it was minded */
	if (r > 0 && p->failures == 0)
		gv_watch_changed(w, p, GV_CLASS_NORMAL);
	if (r == GV_ENOTFOUND) {
		gv_watch_say(p, "failed", "it has no files to save");
		p->retry = w->now + GV_PACE_COLD;
	}
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 1;
}

/* Save the project that comes first: 1; 0 where none is due. One at a time, so
 * that what changes meanwhile in another one is seen, and comes before what can
 * wait. */
static int
save_next(struct gv_watch *w)
{
	struct gv_pace_rank best = { 0 }, rank;
	size_t i, at = w->n;
	bool is_over, is_best_over = false;

	for (i = 0; i < w->n && !gv_cancel_requested(); i++) {
		struct gv_watched *p = &w->items[i];

		if (!look(w, i) || !is_due(w, p, &is_over))
			continue;
		rank =
		    gv_pace_rank(&p->pace, p->classes.every, p->asked, w->now);
		if (at < w->n && !gv_pace_is_before(&rank, &best))
			continue;
		best = rank;
		at = i;
		is_best_over = is_over;
	}
	if (at == w->n || gv_cancel_requested())
		return 0;
	return is_there(w, at) ? save(w, at, is_best_over) : 1;
}

/* ---- the process --------------------------------------------------------- */

/* On battery, and where it uses more than its share, less often. */
static void
measure(struct gv_watch *w)
{
	const int64_t ran = gv_clock_tick() / 1000000 - w->begun;

	w->factor = gv_self_is_on_battery() ? 3 : 1;
	if (ran * w->opts->haste > CPU_AFTER &&
	    gv_clock_cpu() * 100 > ran * CPU_MOST)
		w->factor *= 2;
}

/* A list that cannot be read, as one that is being written, is read later. */
static int
read_again(struct gv_watch *w)
{
	int r;

	measure(w);
	r = read_list(w);
	if (r != GV_ERROR || w->n == 0)
		return r;
	w->read = w->now;
	return 0;
}

static void
wait_for_more(struct gv_watch *w, bool is_more)
{
	const int ms = is_more ? 0 : WAIT / (int)w->opts->haste + 1;

	if (gv_notice_wait(w->notice, w->asked.fd, ms, gv_watch_told, w) == 1)
		w->asked.ready(w->asked.ctx);
}

static int
loop(struct gv_watch *w)
{
	int r = 0;

	w->begun = gv_clock_tick() / 1000000;
	while (r >= 0 && !gv_cancel_requested()) {
		r = 0;
		w->now = clock_of(w);
		if (w->read == 0 || w->now - w->read >= READ_EACH ||
		    gv_registry_stamp() != w->stamp)
			r = read_again(w);
		gv_watch_poke_read(w);
		if (r == 0)
			r = save_next(w);
		if (w->is_moved)
			gv_watch_write(w);
		w->is_moved = false;
		if (r >= 0 && !gv_cancel_requested())
			wait_for_more(w, r > 0);
	}
	return r == GV_ECANCELED || r > 0 ? 0 : r;
}

int
gv_watch_run(const struct gv_watch_opts *opts)
{
	struct gv_watch w = { .opts = opts,
		.factor = 1,
		.by_path = GV_MAP_INIT,
		.self = GV_BUF_INIT,
		.poked = -1,
		.poked_rest = GV_BUF_INIT,
		.asked = { .fd = -1 } };
	struct gv_buf path = GV_BUF_INIT;
	int lock = -1, r = gv_watch_file(&path, "lock");
	size_t i;

	if (r == 0 && (r = gv_lock_open(&lock, path.p, LOCK_MS)) == GV_ELOCKED)
		r = gv_err(GV_ELOCKED,
		    "git vault watch is running already\nhint: git vault watch "
		    "status");
	if (r == 0 && (r = gv_self_path(&w.self)) == 0 &&
	    (r = gv_notice_open(&w.notice, opts->polls)) == 0) {
		w.since = gv_clock_now().tv_sec;
		/* what an earlier one said does not count from now on */
		gv_watch_poke_open(&w);
		gv_watch_hint_open(&w);
		gv_watch_write(&w);
		r = loop(&w);
	}
	for (i = 0; i < w.n; i++) {
		free(w.items[i].path);
		free(w.items[i].git_dir);
		free(w.items[i].why);
		gv_watch_class_forget(&w.items[i]);
	}
	free(w.items);
	free(w.tops);
	gv_map_release(&w.by_path);
	gv_watch_poke_close(&w);
	gv_watch_hint_close(&w);
	gv_notice_close(w.notice);
	gv_buf_release(&w.self);
	gv_lock_close(lock);
	gv_buf_release(&path);
	return r;
}
