#include <string.h>

#include "state/track_diff.h"
#include "state/track_internal.h"

struct follow {
	struct gv_repo *repo;
	const char *address;
	struct gv_track_with *with;
	int (*fn)(void *ctx, const struct gv_track_version *v,
	    const struct gv_track_change *change);
	void *ctx;
	/* the version after the one that is looked at, which what changed
	 * between them is said of */
	struct gv_track_version later;
	const struct gv_track_version *at;
	int stopped;
};

static int
pass_on(struct follow *f, const struct gv_track_change *change)
{
	if (f->stopped == 0)
		f->stopped = f->fn(f->ctx, f->at, change);
	return f->stopped < 0 ? f->stopped : 0;
}

static int
on_change(void *ctx, const struct gv_track_change *change)
{
	struct follow *f = ctx;
	const struct gv_track_item *item = change->b ? change->b : change->a;

	return strcmp(item->address, f->address) == 0 ? pass_on(f, change) : 0;
}

static int
on_item(void *ctx, const struct gv_track_item *item)
{
	struct follow *f = ctx;
	const struct gv_track_change change = { .kind = GV_TRACK_ADDED,
		.b = item };

	return strcmp(item->address, f->address) == 0 ? pass_on(f, &change) : 0;
}

static int
on_version(void *ctx, const struct gv_track_version *v)
{
	struct follow *f = ctx;
	int r = 0;

	f->at = &f->later;
	if (!gv_oid_is_zero(&f->later.commit))
		r = gv_track_diff(f->repo, v, &f->later, f->with, on_change, f);
	gv_track_version_release(&f->later);
	if (r == 0 && f->stopped == 0)
		r = gv_track_version_copy(&f->later, v);
	return r < 0 ? r : f->stopped;
}

int
gv_track_follow(struct gv_repo *repo, const struct gv_track_of *of,
    const char *address, struct gv_track_with *with,
    int (*fn)(void *ctx, const struct gv_track_version *v,
	const struct gv_track_change *change),
    void *ctx)
{
	struct follow f = { .repo = repo,
		.address = address,
		.with = with,
		.fn = fn,
		.ctx = ctx };
	int r = gv_track_log(repo, of, on_version, &f);

	f.at = &f.later;
	if (r == 0 && f.stopped == 0)
		r = gv_track_items(repo, &f.later, on_item, &f);
	gv_track_version_release(&f.later);
	return r;
}
