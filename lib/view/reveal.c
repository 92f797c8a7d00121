#include "view/reveal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "seal/withheld.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "view/diff.h"
#include "view/unseal.h"

struct side {
	const struct gv_record *rec;
	struct gv_revealed *given;
	bool is_worktree;
};

struct gv_reveal {
	struct gv_repo *repo;
	struct gv_odb *odb;
	struct side sides[2];
	struct gv_safe *safe;
	struct gv_revealed_reader *reader;
	int root; /* of the working tree; -1: not open */
};

static int
open_side(
    struct side *out, struct gv_odb *odb, const struct gv_reveal_side *side)
{
	out->rec = side->rec && *side->rec->id ? side->rec : NULL;
	out->is_worktree = side->list != NULL;
	if (out->is_worktree)
		return gv_revealed_parse(&out->given, side->list);
	return out->rec
	    ? gv_revealed_load(&out->given, odb, out->rec, GV_REVEALED_TREE)
	    : 0;
}

int
gv_reveal_open(struct gv_reveal **out, struct gv_repo *repo,
    const struct gv_reveal_side *from, const struct gv_reveal_side *to)
{
	struct gv_reveal *r = calloc(1, sizeof(*r));
	int error;

	if (r == NULL)
		return gv_err_nomem();
	r->repo = repo;
	r->root = -1;
	error = gv_repo_odb(repo, &r->odb);
	if (error == 0)
		error = open_side(&r->sides[GV_REVEAL_FROM], r->odb, from);
	if (error == 0)
		error = open_side(&r->sides[GV_REVEAL_TO], r->odb, to);
	if (error == 0)
		*out = r;
	else
		gv_reveal_close(r);
	return error;
}

void
gv_reveal_use(struct gv_reveal *r, struct gv_safe *safe)
{
	gv_revealed_reader_free(r->reader);
	r->reader = NULL;
	r->safe = safe;
}

void
gv_reveal_close(struct gv_reveal *r)
{
	if (r == NULL)
		return;
	gv_revealed_reader_free(r->reader);
	gv_revealed_free(r->sides[GV_REVEAL_FROM].given);
	gv_revealed_free(r->sides[GV_REVEAL_TO].given);
	gv_file_close(r->root);
	free(r);
}

/* ---- what is encrypted --------------------------------------------------- */

static const struct gv_revealed_file *
find(const struct gv_reveal *r, enum gv_reveal_which which,
    const struct gv_diff_change *c)
{
	const struct gv_revealed *given = r->sides[which].given;

	return which == GV_REVEAL_FROM && c->old_path
	    ? gv_revealed_find(given, c->old_path, c->old_path_len)
	    : gv_revealed_find(given, c->path, c->path_len);
}

bool
gv_reveal_has(const struct gv_reveal *r, const struct gv_diff_change *c)
{
	return r && c->status != 'm' &&
	    (find(r, GV_REVEAL_FROM, c) || find(r, GV_REVEAL_TO, c));
}

int
gv_reveal_tell(struct gv_reveal *r, struct gv_repo *repo,
    const struct gv_diff *diff, const char *reason)
{
	int which, error = 0;

	for (which = 0; error == 0 && which < 2; which++) {
		struct gv_unseal u = { .n = 0 };
		size_t i;

		if (r->sides[which].rec == NULL)
			continue;
		for (i = 0; error == 0 && i < diff->n; i++) {
			const struct gv_revealed_file *file =
			    find(r, which, &diff->changes[i]);

			if (file && diff->changes[i].status != 'm')
				error = gv_unseal_add(&u, file);
		}
		if (error == 0)
			error = gv_unseal_tell(
			    &u, repo, r->safe, r->sides[which].rec->id, reason);
		gv_unseal_release(&u);
	}
	return error;
}

/* ---- the bytes ----------------------------------------------------------- */

/* Ends the reading of what is too large. */
#define TOO_LARGE GV_EEXISTS

static int
add_bytes(void *ctx, const void *data, size_t len)
{
	struct gv_secret *s = ctx;
	int r;

	if (len > GV_REVEAL_MAX - s->len)
		return TOO_LARGE;
	if (data)
		return gv_secret_add(s, data, len);
	/* a hole */
	if ((r = gv_secret_grow(s, len)) == 0) {
		memset(s->p + s->len, 0, len);
		s->len += len;
	}
	return r;
}

static int
read_worktree(struct gv_reveal_text *out, struct gv_reveal *r, const char *path,
    size_t len)
{
	struct gv_secret *s = &out->bytes;
	struct stat st;
	ssize_t n = -1;
	int fd, error = 0;

	if (r->root < 0)
		r->root = gv_dir_open_root(r->repo->worktree);
	if (r->root < 0)
		return gv_err_sys("cannot open %s", r->repo->worktree);
	fd = gv_dir_open_file(r->root, path, len);
	if (fd < 0 || gv_dir_stat_fd(fd, &st) < 0)
		error = gv_err_sys("cannot read a changed file");
	else if (st.st_size < 0 || (uint64_t)st.st_size > GV_REVEAL_MAX)
		error = TOO_LARGE;
	else
		error = gv_secret_grow(s, (size_t)st.st_size + 1);
	if (error == 0) {
		n = gv_file_read_full(fd, s->p, (size_t)st.st_size);
		if (n < 0)
			error = gv_err_sys("cannot read a changed file");
		else
			s->len = (size_t)n;
	}
	gv_file_close(fd);
	return error;
}

static int
read_stored(struct gv_reveal_text *out, struct gv_reveal *r,
    const struct gv_oid *oid, bool is_chunked)
{
	const struct gv_revealed_file *file = out->file;
	size_t i;
	int error = is_chunked
	    ? gv_chunk_stream(r->odb, oid, add_bytes, &out->bytes)
	    : gv_odb_stream(r->odb, oid, add_bytes, &out->bytes);

	for (i = 0; error == 0 && file && i < out->n; i++)
		out->stood[i] =
		    (struct gv_revealed_stood){ .at = file->places[i].at,
			    .len = file->places[i].len };
	return error;
}

static int
read_clear(struct gv_reveal_text *out, struct gv_reveal *r,
    const struct gv_oid *oid, bool is_chunked)
{
	struct gv_revealed_what what = { .file = out->file,
		.oid = *oid,
		.is_chunked = is_chunked,
		.stood = out->stood };
	int error = 0;

	if (r->reader == NULL)
		error = gv_revealed_reader_new(&r->reader, r->odb, r->safe);
	if (error == 0)
		error = gv_revealed_stream(
		    &out->left, r->reader, &what, add_bytes, &out->bytes);
	/* a value that broke off: the same once more, with its placeholder */
	if (error < 0 && error != TOO_LARGE && out->left.damaged) {
		gv_secret_reset(&out->bytes);
		error = read_stored(out, r, oid, is_chunked);
	}
	return error;
}

/* Whether one secret is all of the file. */
static bool
is_whole(const struct gv_reveal_text *t)
{
	const struct gv_revealed_file *f = t->file;

	return f &&
	    (f->entries->kind != GV_WITHHELD_SPAN ||
		(f->n == 1 && t->n == 1 && t->stood->at == 0 &&
		    t->stood->len == t->bytes.len));
}

int
gv_reveal_read(struct gv_reveal_text *out, struct gv_reveal *r,
    enum gv_reveal_which which, const struct gv_diff_change *c,
    enum gv_reveal_how how)
{
	const bool is_from = which == GV_REVEAL_FROM;
	const struct gv_oid *oid = is_from ? &c->old_oid : &c->new_oid;
	unsigned mode = is_from ? c->old_mode : c->new_mode;
	bool is_chunked = is_from ? c->old_chunked : c->new_chunked;
	int error = 0;

	*out = (struct gv_reveal_text){ .is_missing =
					    mode == 0 || mode == GV_MODE_GIT };
	if (out->is_missing)
		return 0;
	out->file = mode == GV_MODE_LINK ? NULL : find(r, which, c);
	out->n = out->file ? out->file->n : 0;
	out->stood = calloc(out->n + 1, sizeof(*out->stood));
	if (out->stood == NULL)
		return gv_err_nomem();
	if (out->file && how == GV_REVEAL_CLEAR &&
	    r->sides[which].is_worktree) {
		out->n = 0;
		error = read_worktree(out, r, c->path, c->path_len);
	} else if (out->file && how == GV_REVEAL_CLEAR) {
		error = read_clear(out, r, oid, is_chunked);
	} else {
		error = read_stored(out, r, oid, is_chunked);
	}
	if (error == TOO_LARGE) {
		gv_secret_release(&out->bytes);
		out->is_large = true;
		error = 0;
	}
	out->is_whole = is_whole(out);
	return error;
}

void
gv_reveal_text_release(struct gv_reveal_text *t)
{
	gv_secret_release(&t->bytes);
	free(t->stood);
	memset(t, 0, sizeof(*t));
}
