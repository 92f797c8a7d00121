#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "drift/drift_source_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "view/revealed.h"

/*
 * Files of a snapshot with the secrets that a key here opens: in memory, to be
 * compared, and never to be shown.
 */

int
gv_drift_source_reveal(struct gv_drift_source_private *p,
    const struct gv_record *rec, struct gv_safe *safe)
{
	struct gv_odb *odb;
	int r;

	if (safe == NULL)
		return 0;
	if ((r = gv_repo_odb(p->repo, &odb)) < 0 ||
	    (r = gv_revealed_load(&p->revealed, odb, rec, GV_REVEALED_TREE)) <
		0)
		return r;
	return p->revealed ? gv_revealed_reader_new(&p->reader, odb, safe) : 0;
}

void
gv_drift_source_reveal_end(struct gv_drift_source_private *p)
{
	gv_revealed_reader_free(p->reader);
	gv_revealed_free(p->revealed);
}

static int
add_bytes(void *ctx, const void *data, size_t len)
{
	struct gv_buf *out = ctx;

	if (len > GV_DRIFT_SOURCE_MOST - out->len)
		return GV_EREFUSED;
	if (gv_buf_grow(out, len) < 0)
		return GV_ENOMEM;
	if (data)
		gv_buf_add(out, data, len);
	for (; data == NULL && len; len--) /* a hole */
		gv_buf_addch(out, '\0');
	return 0;
}

/* Note where secrets are in the bytes; of a placeholder nothing is to be said.
 */
static int
note_secrets(struct gv_drift_source_private *p, struct gv_drift_file *file,
    const struct gv_revealed_stood *stood, size_t n)
{
	struct gv_drift_span *spans =
	    gv_arena_alloc(&p->arena, (n + 1) * sizeof(*spans));
	size_t i;

	if (spans == NULL)
		return GV_ENOMEM;
	file->secrets = spans;
	for (i = 0; i < n; i++)
		if (!stood[i].is_left)
			spans[file->n_secrets++] =
			    (struct gv_drift_span){ (size_t)stood[i].at,
				    (size_t)stood[i].len };
	return 0;
}

static int
stream(struct gv_buf *out, struct gv_drift_source_private *p,
    struct gv_drift_file *file, struct gv_revealed_what *what)
{
	struct gv_revealed_left left;
	int r;

	what->stood = gv_arena_alloc(
	    &p->arena, (what->file->n + 1) * sizeof(*what->stood));
	if (what->stood == NULL)
		return GV_ENOMEM;
	r = gv_revealed_stream(&left, p->reader, what, add_bytes, out);
	return r < 0 ? r : note_secrets(p, file, what->stood, what->file->n);
}

int
gv_drift_source_read_revealed(struct gv_buf *out,
    struct gv_drift_source_private *p, struct gv_drift_file *file)
{
	struct gv_revealed_what what = { .file = p->reader
		    ? gv_revealed_find(
			  p->revealed, file->path, strlen(file->path))
		    : NULL };
	struct gv_odb *odb;
	char *before;
	unsigned mode;
	int r;

	if (what.file == NULL)
		return 0;
	before = gv_err_save();
	out->wipes = true;
	if ((r = gv_repo_odb(p->repo, &odb)) == 0 &&
	    (r = gv_tree_find(odb, &p->tree, file->path, &mode, &what.oid)) ==
		0)
		r = S_ISREG(mode) ? stream(out, p, file, &what) : GV_EREFUSED;
	if (r < 0) {
		gv_buf_release(out);
		*out = (struct gv_buf)GV_BUF_INIT;
	}
	/* what cannot be had stays as it is stored */
	r = r == GV_ENOMEM || r == GV_ECANCELED ? r : r == 0;
	return gv_err_settle(r, before);
}
