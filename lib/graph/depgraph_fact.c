#include "graph/depgraph_fact.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "graph/depgraph_internal.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/workers.h"
#include "worktree/fact.h"

#define AT_ONCE   32 /* files that a thread takes */
#define READ_STEP ((size_t)64 * 1024)

/* The symbols of a file that were not kept. */
struct fresh {
	char *p; /* to be freed; NULL: they were, or there are none */
	struct gv_oid id;
};

struct filling {
	struct gv_depgraph *g;
	const struct gv_depgraph_blob *blobs;
	struct gv_odb *odb; /* NULL: all are in the working tree */
	int root;           /* -1: none is */
	struct gv_fact facts;
	struct gv_depgraph_bytes *all; /* of each file, kept or fresh */
	struct fresh *fresh;
	struct gv_depgraph_want *want;
	atomic_uint next;
	atomic_bool is_unsure;
};

/* ---- one file ------------------------------------------------------------ */

static bool
find(struct filling *f, uint32_t i, const struct gv_oid *id)
{
	struct gv_depgraph_bytes *bytes = &f->all[i];

	bytes->p =
	    gv_fact_get(&f->facts, id, f->g->files[i].dialect, &bytes->len);
	return bytes->p != NULL;
}

bool
gv_depgraph_read_all(struct gv_buf *out, int fd)
{
	ssize_t n;

	do {
		if (gv_buf_grow(out, READ_STEP) < 0)
			return false;
		n = gv_file_read_some(fd, out->p + out->len, READ_STEP);
		if (n < 0)
			return false;
		out->len += (size_t)n;
		out->p[out->len] = '\0';
	} while (n > 0 && out->len <= GV_DEPGRAPH_FILE_MOST);
	return true;
}

/* Read the bytes into `out`. 1; 0 where that is not possible, with the reason
 * in the file's flags; GV_ENOMEM. */
static int
read_file(struct gv_buf *out, struct filling *f, uint32_t i)
{
	struct gv_depgraph_file *file = &f->g->files[i];
	const int fd = gv_dir_open_file(f->root, file->path, file->len);
	bool ok;

	file->flags |= GV_DEPGRAPH_UNREAD;
	if (fd < 0)
		return 0;
	ok = gv_depgraph_read_all(out, fd);
	gv_file_close(fd);
	if (!ok)
		return out->failed ? gv_err_nomem() : 0;
	file->flags ^= GV_DEPGRAPH_UNREAD;
	if (out->len <= GV_DEPGRAPH_FILE_MOST)
		return 1;
	file->flags |= GV_DEPGRAPH_TOO_LARGE;
	return 0;
}

/* The same of a blob; one that is missing is no failure here, since a partial
 * clone, or one of states alone, need not have all. */
static int
read_blob(struct gv_buf *out, struct filling *f, uint32_t i)
{
	struct gv_depgraph_file *file = &f->g->files[i];
	const struct gv_oid *id = &f->blobs[file->given].id;
	struct gv_object object = { .data = NULL };
	char *before = gv_err_save();
	uint64_t size;
	int r;

	file->flags |= GV_DEPGRAPH_UNREAD;
	if ((r = gv_odb_read_size(f->odb, &size, id)) < 0)
		goto out;
	if (size > GV_DEPGRAPH_FILE_MOST) {
		file->flags ^= GV_DEPGRAPH_UNREAD | GV_DEPGRAPH_TOO_LARGE;
		goto out;
	}
	if ((r = gv_odb_read_type(f->odb, &object, id, GV_OTYPE_BLOB)) < 0)
		goto out;
	gv_buf_add(out, object.data, object.len);
	file->flags &= (uint8_t)~GV_DEPGRAPH_UNREAD;
	r = gv_buf_check(out) < 0 ? GV_ENOMEM : 1;
out:
	gv_object_release(&object);
	if (r == GV_ENOMEM) {
		free(before);
		return r;
	}
	gv_err_restore(before);
	return r < 0 ? 0 : r;
}

static int
extract(struct filling *f, uint32_t i, const struct gv_buf *text)
{
	struct gv_symbols symbols;
	struct gv_buf packed = GV_BUF_INIT;
	int r = gv_symbols_read(&symbols,
	    (enum gv_symbol_dialect)f->g->files[i].dialect, text->p, text->len);

	if (r < 0)
		return r;
	gv_symbols_pack(&packed, &symbols);
	gv_symbols_release(&symbols);
	f->all[i].len = packed.len;
	if ((f->fresh[i].p = gv_buf_take(&packed)) == NULL)
		return GV_ENOMEM;
	f->all[i].p = f->fresh[i].p;
	return 0;
}

/* Whether it is known which bytes the file has. */
static bool
has_id(const struct filling *f, uint32_t i)
{
	const struct gv_depgraph_file *file = &f->g->files[i];

	return !(file->flags & GV_DEPGRAPH_PRIVATE) &&
	    !gv_oid_is_zero(&f->blobs[file->given].id);
}

static int
fill_one(struct filling *f, uint32_t i, struct gv_buf *text)
{
	const struct gv_depgraph_file *file = &f->g->files[i];
	const struct gv_depgraph_blob *blob = &f->blobs[file->given];
	struct gv_oid *id = &f->fresh[i].id;
	int r;

	if (file->dialect == GV_SYMBOL_DIALECT_NONE || !blob->is_file)
		return 0;
	if (has_id(f, i) && find(f, i, &blob->id))
		return 0;
	gv_buf_reset(text);
	r = blob->is_stored ? read_blob(text, f, i) : read_file(text, f, i);
	if (file->flags & GV_DEPGRAPH_UNREAD)
		atomic_store(&f->is_unsure, true);
	if (r <= 0)
		return r;
	/* by the bytes that were read, whatever the walk has seen */
	gv_hash_object(id, GV_OTYPE_BLOB, text->p, text->len);
	if (!gv_oid_equal(id, &blob->id))
		atomic_store(&f->is_unsure, true);
	if (find(f, i, id))
		return 0;
	return extract(f, i, text);
}

static int
fill_some(void *ctx, int worker)
{
	struct filling *f = ctx;
	struct gv_buf text = GV_BUF_INIT;
	uint32_t i, end;
	int r = 0;

	(void)worker;
	do {
		i = atomic_fetch_add(&f->next, AT_ONCE);
		end = i + AT_ONCE < f->g->n_files ? i + AT_ONCE : f->g->n_files;
		if (i >= f->g->n_files)
			break;
		if (gv_cancel_requested())
			r = gv_cancel_error();
		for (; r == 0 && i < end; i++) {
			r = fill_one(f, i, &text);
			if (r == 0 && f->all[i].p)
				gv_depgraph_want_add(
				    f->want, f->all[i].p, f->all[i].len);
		}
	} while (r == 0);
	gv_buf_release(&text);
	return r;
}

/* ---- all ----------------------------------------------------------------- */

/* Kept symbols of another version of who finds them are worth nothing. */
static int
load_facts(struct filling *f, const struct gv_repo *repo)
{
	const uint16_t one = 1;
	char text[64];
	struct gv_oid version;

	/* names are hashed as this processor reads them */
	snprintf(text, sizeof(text), "symbols %d%s", GV_SYMBOLS_VERSION,
	    *(const char *)&one ? "" : " big-endian");
	gv_hash_plain(&version, text, strlen(text));
	return gv_fact_load(&f->facts, repo, GV_FACT_SYMBOLS, &version);
}

/* Keep what is new; what a snapshot encrypts as a whole is kept nowhere. */
static int
keep_fresh(uint32_t *n_read, struct filling *f)
{
	const struct gv_depgraph *g = f->g;
	uint32_t i;
	int r;

	for (i = 0; i < g->n_files; i++) {
		if (f->fresh[i].p == NULL)
			continue;
		(*n_read)++;
		if (!(g->files[i].flags & GV_DEPGRAPH_PRIVATE) &&
		    (r = gv_fact_add(&f->facts, &f->fresh[i].id,
			 g->files[i].dialect, f->fresh[i].p, f->all[i].len)) <
			0)
			return r;
	}
	return 0;
}

static void
release_all(struct filling *f)
{
	uint32_t i;

	for (i = 0; f->fresh && i < f->g->n_files; i++)
		free(f->fresh[i].p);
	free(f->fresh);
	free(f->all);
	f->fresh = NULL;
	f->all = NULL;
	gv_fact_release(&f->facts);
}

/* Kept symbols and those in memory are large: the former are let go before the
 * latter are put behind each other. */
static int
put_all(uint32_t *n_read, struct filling *f, struct gv_repo *repo, int threads,
    bool keeps)
{
	struct gv_depgraph_runs *runs = NULL;
	int r;

	gv_depgraph_follow(f->all,
	    &(struct gv_depgraph_following){
		.g = f->g, .blobs = f->blobs, .root = f->root, .odb = f->odb });
	f->g->want = f->want;
	r = gv_depgraph_put_all(&runs, f->g, f->all, threads);
	f->g->want = NULL;
	if (r < 0 || (r = keep_fresh(n_read, f)) < 0)
		goto out;
	if (keeps)
		gv_fact_save(&f->facts, repo, GV_FACT_SYMBOLS);
	release_all(f);
	r = gv_depgraph_put_end(runs);
out:
	gv_depgraph_runs_free(runs);
	return r;
}

/* Open where files are read from. */
static int
open_places(struct filling *f, struct gv_repo *repo)
{
	bool is_stored = false, stands = false;
	uint32_t i;

	for (i = 0; i < f->g->n_files; i++) {
		const struct gv_depgraph_blob *blob =
		    &f->blobs[f->g->files[i].given];

		is_stored |= blob->is_stored;
		stands |= !blob->is_stored;
	}
	if (stands && (f->root = gv_dir_open_root(repo->worktree)) < 0)
		return gv_err_sys("cannot open %s", repo->worktree);
	return is_stored ? gv_repo_odb(repo, &f->odb) : 0;
}

int
gv_depgraph_fill(struct gv_depgraph_filled *out, struct gv_depgraph *g,
    struct gv_repo *repo, const struct gv_depgraph_blob *blobs, int threads,
    bool keeps)
{
	struct filling f = { .g = g, .blobs = blobs, .root = -1 };
	int r;

	atomic_init(&f.next, 0);
	atomic_init(&f.is_unsure, false);
	threads = gv_workers_count(threads);
	f.all = calloc((size_t)f.g->n_files + 1, sizeof(*f.all));
	f.fresh = calloc((size_t)f.g->n_files + 1, sizeof(*f.fresh));
	if (f.all == NULL || f.fresh == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	if ((r = open_places(&f, repo)) == 0 &&
	    (r = gv_depgraph_want_new(&f.want, g)) == 0 &&
	    (r = load_facts(&f, repo)) == 0 &&
	    (r = gv_workers_run(threads, fill_some, &f)) == 0)
		r = put_all(&out->n_read, &f, repo, threads, keeps);
	out->is_unsure = atomic_load(&f.is_unsure);
out:
	release_all(&f);
	gv_depgraph_want_free(f.want);
	gv_file_close(f.root);
	return r;
}
