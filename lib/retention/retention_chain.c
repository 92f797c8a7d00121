#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "record/record.h"
#include "record/record_id.h"
#include "retention/retention_internal.h"

/*
 * A snapshot names the one that was taken before it. Where that one claims to
 * be younger, the clock was set back in between, and times alone would say that
 * the newest snapshot is the oldest.
 */

/* What it names as previous was there before it. Of one that is gone its id
 * still tells when; but not a time that has yet to come: that was a clock that
 * was ahead, and all that follows would be kept for it. */
static void
set_floor(const struct gv_retention_job *d, struct gv_retention_item *it)
{
	const struct gv_retention_item *prev = it->previous;
	int64_t time;

	it->floor = INT64_MIN;
	if (prev && prev->time >= prev->floor) {
		it->floor = prev->time;
		it->floor_id = prev->rec->id;
	} else if (prev) {
		it->floor = prev->floor;
		it->floor_id = prev->floor_id;
	} else if (it->rec->previous &&
	    gv_time_parse_compact(&time, it->rec->previous) == 0 &&
	    time <= d->clock->now) {
		it->floor = time;
		it->floor_id = it->rec->previous;
	}
}

static bool
is_set_back(const struct gv_retention_item *it)
{
	return it->time < it->floor;
}

/* Go through what follows `root`, each once, and on the way up again, too: so
 * the nearest of each line above is always known. */
static void
walk_chain(struct gv_retention_job *d, struct gv_retention_item *root)
{
	size_t n = 0, next;

	root->seen = true;
	d->stack[n++] = root;
	while (n) {
		struct gv_retention_item *it = d->stack[n - 1];

		if (it->entered) {
			d->within[it->line] = it->outer;
			n--;
			continue;
		}
		it->entered = true;
		set_floor(d, it);
		it->outer = d->within[it->line];
		if (it->outer)
			it->outer->is_followed = true;
		d->within[it->line] = it;
		for (next = it->follower; next;
		     next = d->items[next - 1].sibling) {
			if (d->items[next - 1].seen)
				continue;
			d->items[next - 1].seen = true;
			d->stack[n++] = &d->items[next - 1];
		}
	}
}

/* Keep what was taken after something younger than itself, where none of its
 * line was taken after it: in truth it may be the newest. What it follows
 * stays with it, back to the one that tells so by itself, or the next prune
 * would not know. */
void
gv_retention_keep_set_back(struct gv_retention_job *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		struct gv_retention_item *it = &d->items[i];

		d->follows |= is_set_back(it);
		if (it->is_followed)
			continue;
		for (; it && is_set_back(it) && !it->is_link;
		     it = it->previous) {
			it->is_link = true;
			gv_retention_keep(&d->why, it,
			    GV_RETENTION_LINE(
				&d->why, "taken after ", it->floor_id, "\n"));
		}
	}
}

/* The item of that id, or NULL. */
static int
find_item(
    struct gv_retention_item **out, struct gv_retention_job *d, const char *id)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && d->by_id.n < d->n && i < d->n; i++)
		r = gv_map_put(&d->by_id, d->items[i].rec->id, GV_RECORD_ID_LEN,
		    &d->items[i]);
	*out = gv_map_get(&d->by_id, id, strlen(id));
	return r;
}

static int
link_followers(struct gv_retention_job *d)
{
	struct gv_retention_item *it, *prev;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < d->n; i++) {
		it = &d->items[i];
		if (it->rec->previous == NULL)
			continue;
		/* mostly it is the next older one, and nothing is sought */
		prev = i + 1 < d->n ? it + 1 : NULL;
		if (prev == NULL ||
		    strcmp(prev->rec->id, it->rec->previous) != 0)
			r = find_item(&prev, d, it->rec->previous);
		if (prev == NULL || prev == it)
			continue;
		it->previous = prev;
		it->sibling = prev->follower;
		prev->follower = i + 1;
	}
	return r;
}

static int
walk_chains(struct gv_retention_job *d)
{
	size_t i;

	d->within = calloc(d->n_lines + 1, sizeof(*d->within));
	if (d->within == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n; i++)
		if (d->items[i].previous == NULL)
			walk_chain(d, &d->items[i]);
	/* circles, which only forged trailers make */
	for (i = 0; i < d->n; i++)
		if (!d->items[i].seen)
			walk_chain(d, &d->items[i]);
	return 0;
}

int
gv_retention_walk(struct gv_retention_job *d)
{
	int r = link_followers(d);

	return r < 0 ? r : walk_chains(d);
}
