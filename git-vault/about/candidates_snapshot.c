#include "git-vault/about/candidates.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "git-vault/about/complete.h"
#include "git-vault/front/cmd.h"
#include "record/record_load.h"
#include "repo/repo.h"
#include "view/labels.h"

/*
 * Snapshots are offered as people name them: latest, the digits that `list`
 * prints, tag:NAME and good:ENV. Whole ids, tags without "tag:" and good:ENV
 * are offered once a letter is typed, or there would be two words for each.
 */

#define DIGITS 8 /* of the end of an id, which name a snapshot */

struct offer {
	struct gv_candidates *out;
	const struct gv_complete *asked;
	struct gv_ctx *ctx;
	const struct gv_records *recs;
};

static int
add(const struct offer *o, const char *text, const char *about)
{
	return gv_candidates_add(o->out, o->asked, text, strlen(text), about);
}

/* How old it is, what it is called, and its first tag. */
static void
describe(struct gv_buf *out, const struct offer *o, const struct gv_record *rec)
{
	char age[GV_TIME_MAX];

	gv_buf_reset(out);
	gv_time_relative(age, rec->time, o->ctx->now);
	gv_buf_addf(out, "%s, %s", age, rec->subject ? rec->subject : "");
	if (rec->n_tags)
		gv_buf_addf(out, " [%s]", rec->tags[0]);
}

static int
add_ids(const struct offer *o)
{
	const bool is_open = *o->asked->typed == '\0';
	struct gv_buf about = GV_BUF_INIT;
	size_t i;
	int r = 0;

	if (o->recs->n)
		r = add(o, "latest", "the newest of this working tree");
	for (i = 0; r == 0 && i < o->recs->n; i++) {
		const struct gv_record *rec = &o->recs->records[i];

		if (is_open && i == GV_CANDIDATES_SNAPSHOTS)
			break;
		describe(&about, o, rec);
		if ((r = gv_buf_check(&about)) < 0)
			break;
		r = add(o, rec->id + strlen(rec->id) - DIGITS, about.p);
		if (r == 0 && !is_open)
			r = add(o, rec->id, about.p);
	}
	gv_buf_release(&about);
	return r;
}

/* The snapshots that have a tag; what the map holds for one. */
struct tag {
	const struct gv_record *newest;
	size_t n;
};

static int
count_tags(struct gv_map *map, struct gv_arena *arena, const struct offer *o)
{
	size_t i, k;
	int r;

	for (i = 0; i < o->recs->n; i++)
		for (k = 0; k < o->recs->records[i].n_tags; k++) {
			const char *name = o->recs->records[i].tags[k];
			struct tag *tag = gv_map_get(map, name, strlen(name));

			if (tag) {
				tag->n++;
				continue;
			}
			tag = gv_arena_alloc(arena, sizeof(*tag));
			if (tag == NULL)
				return gv_err_nomem();
			*tag = (struct tag){ &o->recs->records[i], 1 };
			r = gv_map_put(map, name, strlen(name), tag);
			if (r < 0)
				return r;
		}
	return 0;
}

/* A tag alone names a snapshot where it has it alone. */
static int
add_tag(const struct offer *o, const char *name, const struct tag *tag)
{
	const bool is_value = o->asked->kind == GV_OPT_TAG;
	struct gv_buf about = GV_BUF_INIT, text = GV_BUF_INIT;
	int r;

	describe(&about, o, tag->newest);
	gv_buf_addf(&text, "tag:%s", name);
	if ((r = gv_buf_check(&about)) < 0 || (r = gv_buf_check(&text)) < 0)
		goto out;
	if (!is_value && (r = add(o, text.p, about.p)) < 0)
		goto out;
	if (is_value || (tag->n == 1 && *o->asked->typed))
		r = add(o, name, about.p);
out:
	gv_buf_release(&about);
	gv_buf_release(&text);
	return r;
}

static int
add_tags(const struct offer *o)
{
	struct gv_map map = GV_MAP_INIT;
	struct gv_arena arena = GV_ARENA_INIT;
	size_t i, k;
	int r = count_tags(&map, &arena, o);

	for (i = 0; r == 0 && i < o->recs->n; i++)
		for (k = 0; r == 0 && k < o->recs->records[i].n_tags; k++) {
			const char *name = o->recs->records[i].tags[k];
			const struct tag *tag =
			    gv_map_get(&map, name, strlen(name));

			if (tag->newest == &o->recs->records[i])
				r = add_tag(o, name, tag);
		}
	gv_map_release(&map);
	gv_arena_release(&arena);
	return r;
}

static int
add_good(void *ctx, const char *name, size_t len)
{
	const struct offer *o = ctx;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_addf(&text, "good:%.*s", (int)len, name);
	if ((r = gv_buf_check(&text)) == 0)
		r = add(o, text.p, "the newest known-good record");
	gv_buf_release(&text);
	return r;
}

int
gv_candidates_snapshots(struct gv_candidates *out, struct gv_ctx *ctx,
    const struct gv_complete *asked)
{
	struct gv_records recs = { .n = 0 };
	struct offer o = { out, asked, ctx, &recs };
	int r = gv_records_recall(&recs, ctx->repo, NULL);

	if (r < 0)
		return r;
	out->how = GV_CANDIDATES_ORDER;
	if (asked->kind != GV_OPT_TAG)
		r = add_ids(&o);
	if (r == 0)
		r = add_tags(&o);
	/* a process of git's, mostly: only where it can be one of these */
	if (r == 0 && asked->kind != GV_OPT_TAG && *asked->typed == 'g')
		r = gv_labels_each(
		    ctx->repo, GV_LABELS_GOOD, NULL, add_good, &o);
	gv_records_release(&recs);
	return r;
}
