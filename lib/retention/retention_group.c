#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "config/policy.h"
#include "record/record_parse.h"
#include "retention/retention_internal.h"

/*
 * A line is what the keys of group-by make one (by default the host and the
 * branch), a group is one lane of a line: the rules are applied to each group
 * by itself. A place is a host and a branch, whatever group-by says: its newest
 * always stays. A snapshot's own word for its host is no proof, so those that
 * this clone took itself have lines and places of their own. CI runners often
 * have a new host name for every job, so the lines of runners that are gone
 * would never end: they are one.
 */

/* After that a CI host that took no snapshot counts as gone, in seconds. */
#define GONE_AGE ((int64_t)30 * 86400)

/* ---- lanes and names ---- */

static enum gv_policy_lane
lane_of(const struct gv_record *rec)
{
	int i;

	if (rec->trigger == NULL || *rec->trigger == '\0')
		return GV_POLICY_MANUAL;
	for (i = 0; i < GV_POLICY_OTHER; i++)
		if (strcmp(rec->trigger, gv_policy_lanes[i]) == 0)
			return (enum gv_policy_lane)i;
	return GV_POLICY_OTHER;
}

/* Programs write messages, too; only a person's says that one matters. */
static bool
is_named(const struct gv_record *rec, enum gv_policy_lane lane)
{
	return rec->n_tags > 0 ||
	    (lane == GV_POLICY_MANUAL && gv_record_has_message(rec));
}

/* ---- hosts that are gone ---- */

struct host {
	const char *name;
	int64_t seen;
};

/* When each host was last seen, by the snapshots that are not of the future.
 * `now` is the newest of these: a clock that is set forward makes no host look
 * gone. */
struct hosts {
	struct host *all;
	size_t n;
	struct gv_map by_name;
	int64_t now;
};

static int
note_host(struct hosts *h, const struct gv_retention_item *it)
{
	const char *name = it->rec->host ? it->rec->host : "";
	struct host *host = gv_map_get(&h->by_name, name, strlen(name));

	if (it->time > h->now)
		h->now = it->time;
	if (host) {
		if (it->time > host->seen)
			host->seen = it->time;
		return 0;
	}
	host = &h->all[h->n++];
	*host = (struct host){ name, it->time };
	return gv_map_put(&h->by_name, name, strlen(name), host);
}

static int
load_hosts(struct hosts *h, const struct gv_retention_job *d)
{
	bool has_ci = false;
	size_t i;
	int r = 0;

	for (i = 0; i < d->n && !has_ci; i++)
		has_ci = d->items[i].lane == GV_POLICY_CI;
	if (!has_ci)
		return 0;
	h->now = INT64_MIN;
	h->all = calloc(d->n, sizeof(*h->all));
	if (h->all == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < d->n; i++)
		if (!d->items[i].future)
			r = note_host(h, &d->items[i]);
	return r;
}

static bool
is_gone(const struct hosts *h, const struct gv_retention_item *it)
{
	const char *name = it->rec->host ? it->rec->host : "";
	const struct host *host;

	if (it->lane != GV_POLICY_CI || it->future)
		return false;
	host = gv_map_get(&h->by_name, name, strlen(name));
	return host && host->seen < h->now - GONE_AGE;
}

/* ---- keys ---- */

static void
add_key(struct gv_buf *key, const char *text)
{
	/* a length before each, so that no two lists look alike */
	gv_buf_addf(key, "%zu:%s", text ? strlen(text) : 0, text ? text : "");
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
add_environments(struct gv_buf *key, const struct gv_record *rec)
{
	size_t n = rec->n_environments, i;
	char **sorted;

	if (n == 0)
		return 0;
	sorted = calloc(n, sizeof(*sorted));
	if (sorted == NULL)
		return gv_err_nomem();
	memcpy(sorted, rec->environments, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), compare_texts);
	for (i = 0; i < n; i++)
		add_key(key, sorted[i]);
	free(sorted);
	return 0;
}

/* The key of a line, or with `by` being host and branch of a place. */
static int
make_key(struct gv_buf *key, const struct gv_retention_item *it, unsigned by,
    bool is_gone)
{
	const struct gv_record *rec = it->rec;
	int r = 0;

	gv_buf_reset(key);
	if (it->is_own)
		gv_buf_addstr(key, "own:");
	/* some files are no substitute for all of them */
	if (rec->only) {
		gv_buf_addstr(key, "only:");
		add_key(key, rec->only);
	}
	if (is_gone) {
		gv_buf_addstr(key, "gone");
		return gv_buf_check(key);
	}
	if (by & GV_POLICY_HOST)
		add_key(key, rec->host);
	if (by & GV_POLICY_BRANCH)
		add_key(key, rec->branch);
	if (by & GV_POLICY_TRIGGER)
		add_key(key, rec->trigger);
	if (by & GV_POLICY_ENV)
		r = add_environments(key, rec);
	return r < 0 ? r : gv_buf_check(key);
}

static bool
is_same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Whether two are of one group by any rule that needs no sorting. */
static bool
is_alike(const struct gv_retention_item *x, const struct gv_retention_item *y)
{
	const struct gv_record *a = x->rec, *b = y->rec;

	return x->is_own == y->is_own && is_same(a->host, b->host) &&
	    is_same(a->branch, b->branch) && is_same(a->trigger, b->trigger) &&
	    is_same(a->only, b->only) && a->n_environments == 0 &&
	    b->n_environments == 0;
}

/* ---- numbers ---- */

/* Keys, each with a number from 0 in the order in which they came. */
struct keys {
	struct gv_map map; /* to a slot of texts[], whose index is the number */
	char **texts;
	size_t n;
};

static int
number_of(size_t *out, struct keys *k, const struct gv_buf *key)
{
	char **slot = gv_map_get(&k->map, key->p, key->len);
	int r;

	if (slot) {
		*out = (size_t)(slot - k->texts);
		return 0;
	}
	slot = &k->texts[k->n];
	*slot = strdup(key->p);
	if (*slot == NULL)
		return gv_err_nomem();
	*out = k->n++;
	r = gv_map_put(&k->map, *slot, key->len, slot);
	return r;
}

static void
keys_release(struct keys *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		free(k->texts[i]);
	free(k->texts);
	gv_map_release(&k->map);
}

static int
find_lines(struct gv_retention_job *d, const struct hosts *hosts)
{
	const unsigned by = d->rules->group_by,
		       here = GV_POLICY_HOST | GV_POLICY_BRANCH;
	struct keys lines = { .map = GV_MAP_INIT };
	struct keys places = { .map = GV_MAP_INIT };
	struct gv_buf key = GV_BUF_INIT;
	size_t i;
	int r = 0;

	lines.texts = calloc(d->n + 1, sizeof(*lines.texts));
	places.texts = calloc(d->n + 1, sizeof(*places.texts));
	if (lines.texts == NULL || places.texts == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < d->n; i++) {
		struct gv_retention_item *it = &d->items[i];
		bool gone = is_gone(hosts, it);

		/* mostly all are of one line */
		if (i && is_alike(it, it - 1) &&
		    gone == is_gone(hosts, it - 1)) {
			it->line = it[-1].line;
			it->place = it[-1].place;
			continue;
		}
		if ((r = make_key(&key, it, by, gone)) < 0 ||
		    (r = number_of(&it->line, &lines, &key)) < 0 ||
		    (r = make_key(&key, it, here, gone)) < 0)
			break;
		r = number_of(&it->place, &places, &key);
	}
	d->n_lines = lines.n;
	d->n_places = places.n;
	keys_release(&lines);
	keys_release(&places);
	gv_buf_release(&key);
	return r;
}

/* One a lane of each line, by the newest. */
static int
number_groups(struct gv_retention_job *d)
{
	size_t *numbers =
	    calloc(d->n_lines * GV_POLICY_LANES + 1, sizeof(*numbers));
	size_t i;

	if (numbers == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n; i++) {
		struct gv_retention_item *it = &d->items[i];
		size_t *number =
		    &numbers[it->line * GV_POLICY_LANES + it->lane];

		if (*number == 0)
			*number = ++d->n_groups;
		it->group = *number - 1;
	}
	free(numbers);
	return 0;
}

int
gv_retention_find_groups(struct gv_retention_job *d)
{
	struct hosts hosts = { .by_name = GV_MAP_INIT };
	size_t i;
	int r;

	for (i = 0; i < d->n; i++) {
		struct gv_retention_item *it = &d->items[i];

		it->lane = lane_of(it->rec);
		it->is_named = is_named(it->rec, it->lane);
	}
	if ((r = load_hosts(&hosts, d)) < 0 || (r = find_lines(d, &hosts)) < 0)
		goto out;
	r = number_groups(d);
out:
	free(hosts.all);
	gv_map_release(&hosts.by_name);
	return r;
}
