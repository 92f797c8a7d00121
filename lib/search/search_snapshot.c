#include "search/search_internal.h"

#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "object/tree.h"
#include "record/record_load.h"
#include "record/record_save.h"

static int
keep(const char **out, struct gv_search *s, const char *text)
{
	text = text ? text : "";
	*out = gv_arena_copy(&s->arena, text, strlen(text));
	return *out ? 0 : GV_ENOMEM;
}

static bool
is_file(const struct gv_tree_entry *e)
{
	return e && S_ISREG(e->mode);
}

static int
add_change(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *a, const struct gv_tree_entry *b)
{
	if (is_file(a) || is_file(b))
		return gv_search_change(
		    ctx, path, len, is_file(b) ? &b->oid : NULL);
	return 0;
}

static int
add_step(struct gv_search *s, const struct gv_record *rec)
{
	struct gv_search_step step = { .time = rec->time,
		.commit = rec->commit };
	int r;

	if ((r = keep(&step.snapshot, s, rec->id)) < 0 ||
	    (r = keep(&step.author, s, rec->author)) < 0 ||
	    (r = keep(&step.subject, s, rec->subject)) < 0)
		return r;
	return gv_search_add_step(s, &step);
}

/* The snapshot before it of the same host, since hosts have working trees of
 * their own; else the one before it. NULL: it is the first. */
static const struct gv_record *
find_before(const struct gv_records *all, size_t i)
{
	const struct gv_record *rec = &all->records[i];
	size_t k;

	for (k = i + 1; k < all->n && rec->host; k++)
		if (all->records[k].only == NULL && all->records[k].host &&
		    strcmp(all->records[k].host, rec->host) == 0)
			return &all->records[k];
	for (k = i + 1; k < all->n; k++)
		if (all->records[k].only == NULL)
			return &all->records[k];
	return NULL;
}

/* One that holds some files alone says nothing of the others. One that cannot
 * be read is named, and the next is compared with what can. */
static int
add(struct gv_search *s, const struct gv_records *all, size_t i)
{
	const struct gv_record *rec = &all->records[i];
	const struct gv_record *before = find_before(all, i);
	int r;

	if (rec->only)
		return 0;
	if ((r = add_step(s, rec)) < 0)
		return r;
	s->snapshots++;
	r = gv_tree_diff(s->private->odb, before ? &before->tree : NULL,
	    &rec->tree, add_change, s);
	if (r == GV_ECORRUPT || r == GV_ENOTFOUND) {
		gv_buf_addf(&s->damaged, "snapshot %s: %s\n", rec->id,
		    gv_err_message());
		r = 0;
	}
	return r;
}

int
gv_search_snapshots(struct gv_search *s, struct gv_oid *tree, int64_t *time)
{
	struct gv_records all = { 0 };
	size_t i;
	const enum gv_search_of of = s->private->opts->of;
	struct gv_repo *repo = s->private->repo;
	int r = 0;

	if (of != GV_SEARCH_OF_SAVES)
		r = gv_records_load(&all, repo, &s->damaged);
	if (r == 0 && of != GV_SEARCH_OF_SNAPSHOTS)
		r = gv_record_save_add(&all, repo, &s->damaged);

	for (i = all.n; r == 0 && i > 0; i--)
		r = add(s, &all, i - 1);
	for (i = 0; r == 0 && i < all.n; i++)
		if (all.records[i].only == NULL) {
			*tree = all.records[i].tree;
			*time = all.records[i].time;
			break;
		}
	gv_records_release(&all);
	return r;
}
