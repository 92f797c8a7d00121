#include "search/search_index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "repo/repo.h"
#include "search/search_internal.h"
#include "textindex/shelf.h"

/* Of a content that is no text, or lacks what is searched for, all that a
 * search would say is known without reading it. One that is missing is left to
 * be counted as such. */
static void
take_doc(struct gv_search *s, const struct gv_segment_doc *doc, bool may_have)
{
	struct gv_search_private *p = s->private;
	uint32_t version;

	if ((doc->is_text && may_have) ||
	    !gv_search_find_version(&version, s, &doc->oid) ||
	    p->is_known[version] || !gv_odb_has(p->odb, &doc->oid))
		return;
	p->is_known[version] = true;
	if (!doc->is_text) {
		s->binary++;
		return;
	}
	s->blobs++;
	s->bytes += doc->len;
}

static bool
may_have(const bool *pieces, const struct gv_segment *seg,
    const struct gv_segment_doc *doc)
{
	uint32_t i;

	for (i = doc->first; i < doc->end; i++)
		if (pieces[gv_segment_piece(seg, i)])
			return true;
	return false;
}

static int
ask(struct gv_search *s, const struct gv_segment *seg,
    const struct gv_grams *grams)
{
	bool *pieces = calloc((size_t)seg->pieces + 1, sizeof(*pieces));
	struct gv_segment_doc doc;
	uint32_t i;
	int r;

	if (pieces == NULL)
		return gv_err_nomem();
	r = gv_segment_find(pieces, seg, grams);
	for (i = 0; r == 0 && i < seg->docs; i++) {
		gv_segment_doc(&doc, seg, i);
		take_doc(s, &doc, may_have(pieces, seg, &doc));
	}
	free(pieces);
	return r;
}

/* What an earlier search has read. */
static void
take_lacking(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	const struct gv_search *after = p->opts->after;
	uint32_t at;
	size_t i;

	if (after == NULL || after->private->found == NULL)
		return;
	for (i = 0; i < p->n_versions; i++)
		p->is_known[i] =
		    gv_search_find_version(&at, after, &p->versions[i]) &&
		    after->private->is_known[at] &&
		    after->private->found[at].lines == 0;
}

int
gv_search_index_ask(struct gv_search *s)
{
	struct gv_search_private *p = s->private;
	struct gv_grams grams;
	struct gv_shelf shelf;
	size_t i;
	int r;

	p->is_known = calloc(p->n_versions + 1, sizeof(*p->is_known));
	if (p->is_known == NULL)
		return gv_err_nomem();
	take_lacking(s);
	if (p->opts->flags & GV_SOUGHT_REGEX)
		gv_gram_of_regex(&grams, p->opts->pattern);
	else
		gv_gram_of_string(
		    &grams, p->opts->pattern, strlen(p->opts->pattern));
	if ((r = gv_odb_gather(p->odb)) < 0)
		return r;
	r = gv_shelf_open(&shelf, p->repo);
	for (i = 0; r == 0 && i < shelf.n; i++)
		if (!shelf.books[i].is_damaged)
			r = ask(s, &shelf.books[i].segment, &grams);
	gv_shelf_close(&shelf);
	return r;
}

void
gv_search_index_remove(const struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;

	if (gv_shelf_path(&path, repo) == 0)
		(void)gv_file_remove_tree(AT_FDCWD, path.p);
	gv_buf_release(&path);
}
