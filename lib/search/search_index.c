#include "search/search_index.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/repo.h"
#include "search/search_internal.h"
#include "textindex/shelf.h"

/* Of a content that is no text, or lacks what is searched for, all that a
 * search would say is known without reading it: even where it is missing. */
static void
take_doc(struct gv_search *s, const struct gv_segment_doc *doc, bool may_have)
{
	struct gv_search_private *p = s->private;
	uint32_t version;

	if ((doc->is_text && may_have) ||
	    !gv_search_find_version(&version, s, &doc->oid) ||
	    p->is_known[version])
		return;
	p->is_known[version] = true;
	if (!doc->is_text) {
		s->binary++;
		return;
	}
	s->blobs++;
	s->bytes += doc->len;
}

static int
ask(struct gv_search *s, const struct gv_segment *seg,
    const struct gv_grams *grams)
{
	struct gv_segment_found found;
	struct gv_segment_doc doc;
	size_t next = 0;
	uint32_t i;
	int r = gv_segment_find(&found, seg, grams);

	if (r == 0 && !gv_segment_has_docs(seg))
		r = GV_ECORRUPT;
	for (i = 0; r == 0 && i < seg->docs; i++) {
		const bool may_have = next < found.n && found.docs[next] == i;

		next += may_have;
		gv_segment_doc(&doc, seg, i);
		take_doc(s, &doc, may_have);
	}
	free(found.docs);
	/* of a damaged one, everything is read */
	return r == GV_ECORRUPT ? 0 : r;
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
	gv_search_grams(&grams, p->opts);
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
