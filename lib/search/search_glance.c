#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/odb_skim.h"
#include "repo/ref_vault.h"
#include "repo/repo.h"
#include "search/search_internal.h"
#include "textindex/extent.h"

/* As many contents are read before the trees of all snapshots are: if none has
 * the text, these are not. */
#define FEW 64

void
gv_search_grams(struct gv_grams *out, const struct gv_search_opts *opts)
{
	if (opts->flags & GV_SOUGHT_REGEX)
		gv_gram_of_regex(out, opts->pattern);
	else
		gv_gram_of_string(out, opts->pattern, strlen(opts->pattern));
}

/* Whether the index can answer. */
static bool
is_covered(const struct gv_search_opts *opts)
{
	return !opts->commits && opts->of != GV_SEARCH_OF_BOTH;
}

static void
take_sums(struct gv_search *out, const struct gv_extent *cover)
{
	out->snapshots = cover->snapshots;
	out->blobs = cover->blobs;
	out->bytes = cover->bytes;
	out->binary = cover->binary;
}

/* The candidates, where what the index covers is all there is: 1, 0 or a
 * failure. */
static int
ask(struct gv_extent_found *found, struct gv_extent *cover,
    const char *common_dir, const struct gv_search_opts *opts)
{
	struct gv_grams grams;
	int r;

	gv_search_grams(&grams, opts);
	if (grams.n == 0 || !is_covered(opts))
		return 0;
	r = gv_extent_load(cover, common_dir);
	/* without a snapshot, that is what a search says */
	if (r <= 0 || cover->snapshots == 0)
		return r < 0 ? r : 0;
	return gv_extent_find(found, cover, common_dir, &grams);
}

/* ---- without the repository ---------------------------------------------- */

int
gv_search_glance(
    struct gv_search *out, const char *dir, const struct gv_search_opts *opts)
{
	struct gv_extent_found found = { .n = 0 };
	struct gv_extent cover = { .n = 0 };
	struct gv_buf git_dir = GV_BUF_INIT;
	int r;

	memset(out, 0, sizeof(*out));
	out->damaged = (struct gv_buf)GV_BUF_INIT;
	/* what the extent counts is of all files */
	if (opts->path)
		return 0;
	gv_buf_addf(&git_dir, "%s/.git", dir);
	if ((r = gv_buf_check(&git_dir)) == 0 &&
	    gv_ref_vault_is_plain(dir, git_dir.p))
		r = ask(&found, &cover, git_dir.p, opts);
	if (r > 0 && (r = found.n == 0) > 0)
		take_sums(out, &cover);
	free(found.oids);
	gv_extent_release(&cover);
	gv_buf_release(&git_dir);
	return r;
}

/* ---- with it ------------------------------------------------------------- */

static int
has_text(const struct gv_search *s, const struct gv_object *obj)
{
	const struct gv_sought *sought = &s->private->sought;
	struct gv_sought_hit hit = { 0 };
	struct gv_sought_text text;
	int r = gv_sought_open(&text, sought, obj->data, obj->len);

	if (r > 0)
		r = gv_sought_next(&hit, sought, text.p, text.len);
	gv_sought_close(&text);
	return r;
}

/* Whether a content has the text, or cannot be read here. 1, 0 or a failure. */
static int
has(struct gv_search *s, const struct gv_oid *oid)
{
	struct gv_search_private *p = s->private;
	struct gv_object obj = { 0 };
	int r;

	if (!gv_odb_has(p->odb, oid))
		return 1;
	r = gv_odb_skim(p->odb, &obj, oid);
	if (r == 0)
		r = obj.type == GV_OTYPE_BLOB ? has_text(s, &obj) : 1;
	else if (r != GV_ENOMEM)
		r = 1;
	gv_object_release(&obj);
	s->read++;
	return r;
}

/* The index lacks the saves of another working tree than the main one, and what
 * the extent counts is of all files. */
static bool
may_be_nowhere(const struct gv_search_private *p)
{
	return strcmp(p->repo->git_dir, p->repo->common_dir) == 0 &&
	    p->opts->path == NULL && p->may_have.n <= FEW;
}

int
gv_search_nothing(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	size_t i;
	int r = ask(&p->may_have, &p->cover, p->repo->common_dir, p->opts);

	p->is_covered = r > 0;
	if (r > 0)
		r = may_be_nowhere(p);
	for (i = 0; r > 0 && i < p->may_have.n; i++) {
		const int has_it = has(s, &p->may_have.oids[i]);

		r = has_it < 0 ? has_it : !has_it;
	}
	s->is_nowhere = r > 0;
	if (r > 0)
		take_sums(s, &p->cover);
	else
		s->read = 0;
	return r;
}
