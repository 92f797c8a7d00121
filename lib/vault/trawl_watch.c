#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "store/tree.h"
#include "vault/snapshot.h"
#include "vault/trawl_internal.h"

/*
 * A scan of what a snapshot reads, for which it must be no hindrance: its
 * failures end the scanning alone. What is known of a blob is not found out
 * again; of a file that comes in pieces the blob is known at its end only.
 *
 * To make the rules ready takes as long as to scan megabytes. So the first few
 * files are held, and scanned while the disk and git are waited for: of most
 * snapshots these are all.
 */
#define HOLD ((size_t)2 << 20)

struct gv_trawl_held {
	struct gv_trawl_held *next;
	struct gv_oid blob;
	bool is_new;
	size_t len;
	char bytes[]; /* and the path, NUL behind it */
};

struct view {
	struct gv_trawl_watching *seen;
	struct gv_trawl_window window;
	struct gv_trawl_facts facts;
	bool is_begun;
};

/* The first failure is the one that is told; with it all ends. */
static void
give_up(struct gv_trawl_watching *seen)
{
	const char *why = gv_err_message();

	if (seen->why == NULL)
		seen->why = strdup(*why ? why : "out of memory");
}

static void
forget_held(struct gv_trawl_watching *seen)
{
	struct gv_trawl_held *held;

	while ((held = seen->held)) {
		seen->held = held->next;
		free(held);
	}
}

static bool
ready(void *ctx, struct gv_repo *repo)
{
	struct gv_trawl_watching *seen = ctx;
	const struct gv_trawl_opts how = {
		.repo = repo, .now = seen->now, .counts = true
	};
	int r;

	gv_trawl_watching_release(seen);
	r = gv_trawl_new(&seen->trawl, &how);
	if (r == 0)
		r = gv_trawl_fact_load(seen->trawl);
	if (r < 0)
		give_up(seen);
	else /* now, and not while objects are written */
		gv_trawl_look_for_key(seen->trawl);
	return r == 0;
}

static void *
open_view(void *ctx)
{
	struct gv_trawl_watching *seen = ctx;
	struct view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		return NULL;
	view->seen = seen;
	view->window.trawl = seen->trawl;
	view->window.scan = (struct gv_scan)GV_SCAN_INIT;
	view->facts.bytes = (struct gv_buf)GV_BUF_INIT;
	return view;
}

static void
close_view(void *ctx)
{
	struct view *view = ctx;

	gv_trawl_window_release(&view->window);
	gv_buf_release(&view->facts.bytes);
	free(view);
}

static void
lock(const struct view *view, bool on)
{
	struct gv_trawl_private *p = view->seen->trawl->private;

	if (on)
		pthread_mutex_lock(&p->lock);
	else
		pthread_mutex_unlock(&p->lock);
}

/* What came of a step: the scanning goes on, or not. */
static bool
went_well(struct view *view, int r)
{
	if (r >= 0)
		return true;
	lock(view, true);
	give_up(view->seen);
	lock(view, false);
	view->is_begun = false;
	return false;
}

static bool
has_failed(const struct view *view)
{
	bool yes;

	lock(view, true);
	yes = view->seen->why != NULL;
	lock(view, false);
	return yes;
}

static void
count(const struct view *view, uint64_t n)
{
	if (n == 0)
		return;
	lock(view, true);
	view->seen->findings += n;
	lock(view, false);
}

/* --- a file in pieces --- */

static void
begin(void *ctx, const char *path)
{
	struct view *view = ctx;

	gv_trawl_window_open(&view->window, path);
	view->window.facts = gv_trawl_fact_begin(&view->facts);
	view->is_begun = !has_failed(view) &&
	    went_well(view, gv_trawl_open_rules(view->seen->trawl));
}

static void
add(void *ctx, const void *p, size_t len)
{
	struct view *view = ctx;

	if (view->is_begun)
		went_well(view, gv_trawl_window_add(&view->window, p, len));
}

static void
skip(void *ctx)
{
	((struct view *)ctx)->is_begun = false;
}

static void
end(void *ctx, const struct gv_oid *blob, bool is_new)
{
	struct view *view = ctx;

	if (view->is_begun &&
	    went_well(view, gv_trawl_window_end(&view->window))) {
		gv_trawl_fact_put(
		    view->seen->trawl, blob, view->window.path, &view->facts);
		count(view, is_new ? view->facts.open : 0);
	}
	view->is_begun = false;
}

/* --- one that is held --- */

static void
scan_whole(struct view *view, const struct gv_snapshot_whole *file)
{
	begin(view, file->path);
	add(view, file->p, file->len);
	end(view, file->blob, file->is_new);
}

/* False: it is to be scanned now. */
static bool
hold(struct view *view, const struct gv_snapshot_whole *file)
{
	struct gv_trawl_watching *seen = view->seen;
	size_t path_len = strlen(file->path);
	struct gv_trawl_held *held;
	bool fits;

	lock(view, true);
	fits = file->len <= HOLD - seen->held_bytes &&
	    seen->trawl->private->rules == NULL;
	if (fits)
		seen->held_bytes += file->len;
	lock(view, false);
	held = fits ? malloc(sizeof(*held) + file->len + path_len + 1) : NULL;
	if (held == NULL)
		return false;
	held->blob = *file->blob;
	held->is_new = file->is_new;
	held->len = file->len;
	memcpy(held->bytes, file->p, file->len);
	memcpy(held->bytes + file->len, file->path, path_len + 1);
	lock(view, true);
	held->next = seen->held;
	seen->held = held;
	lock(view, false);
	return true;
}

static void
whole(void *ctx, const struct gv_snapshot_whole *file)
{
	struct view *view = ctx;
	const struct gv_trawl_job job = { .path = file->path,
		.blob = *file->blob };
	uint64_t open = 0;

	if (gv_trawl_fact_tell(view->seen->trawl, &job, &open) > 0) {
		count(view, file->is_new ? open : 0);
		return;
	}
	if (!hold(view, file))
		scan_whole(view, file);
}

static void
scan_held(struct gv_trawl_watching *seen)
{
	struct view *view = seen->held ? open_view(seen) : NULL;
	const struct gv_trawl_held *h;

	for (h = seen->held; view && h; h = h->next)
		scan_whole(view,
		    &(struct gv_snapshot_whole){ h->bytes + h->len, h->bytes,
			h->len, &h->blob, h->is_new });
	if (view)
		close_view(view);
	forget_held(seen);
}

/* --- what is staged --- */

struct staging {
	struct gv_trawl *trawl;
	const struct gv_snapshot_staged *what;
};

static bool
has(const struct staging *s, const struct gv_oid *tree, const char *path,
    const struct gv_oid *blob)
{
	struct gv_oid id;
	unsigned mode;

	return tree &&
	    gv_tree_find(s->what->odb, tree, path, &mode, &id) == 0 &&
	    gv_oid_equal(&id, blob);
}

/* What differs from what was staged, or from HEAD where nothing was, and is in
 * neither of the others. */
static int
add_staged(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	struct staging *s = ctx;
	struct gv_trawl_job job = { .root = -1 };

	if (b == NULL || (b->mode & S_IFMT) != S_IFREG ||
	    (a && gv_oid_equal(&a->oid, &b->oid)) ||
	    has(s, s->what->old_tree, path, &b->oid) ||
	    (s->what->old_staged && has(s, s->what->head, path, &b->oid)))
		return 0;
	job.blob = b->oid;
	job.path = gv_trawl_copy(s->trawl, path, len);
	return job.path ? gv_trawl_add_job(s->trawl, &job) : GV_ENOMEM;
}

static void
staged(void *ctx, const struct gv_snapshot_staged *what)
{
	struct gv_trawl_watching *seen = ctx;
	struct staging s = { seen->trawl, what };
	int r;

	if (seen->why)
		return;
	/* whose facts are not told again, and are saved with these */
	scan_held(seen);
	seen->trawl->private->odb = what->odb;
	r = gv_tree_diff(what->odb,
	    what->old_staged ? what->old_staged : what->head, what->staged,
	    add_staged, &s);
	if (r == 0)
		r = gv_trawl_run(seen->trawl);
	if (r < 0)
		give_up(seen);
	seen->findings += seen->trawl->open;
}

static void
done(void *ctx)
{
	struct gv_trawl_watching *seen = ctx;

	scan_held(seen);
	gv_trawl_fact_save(seen->trawl);
}

const struct gv_snapshot_watch gv_trawl_watch = { ready, open_view, close_view,
	whole, begin, add, skip, end, staged, done };

void
gv_trawl_watching_release(struct gv_trawl_watching *seen)
{
	if (seen == NULL)
		return;
	forget_held(seen);
	gv_trawl_free(seen->trawl);
	free(seen->why);
	*seen = (struct gv_trawl_watching){ .now = seen->now };
}
