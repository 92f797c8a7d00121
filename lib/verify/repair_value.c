#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "record/record_load.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "seal/withheld.h"
#include "verify/repair_sealed.h"
#include "view/revealed.h"

/*
 * A value that is sealed nowhere any more, in the file of the working tree that
 * it was taken out of. What is stored of the file is the text between the
 * placeholders: the value is what stands between the same texts now. No key
 * opens anything for that; that it is the value, its id says.
 */

static int
need_safe(struct gv_repair_sealed *w)
{
	struct gv_safe_opts opts;
	int r;

	if (w->safe)
		return 1;
	if (w->run->opts->safe == NULL || w->is_shut)
		return 0;
	opts = *w->run->opts->safe;
	opts.is_locked = !w->run->opts->dry_run;
	if ((r = gv_safe_open(&w->safe, w->run->repo, &opts)) == 0)
		r = gv_safe_prepare_names(w->safe);
	w->is_shut = r < 0;
	return r == 0 ? 1 : r == GV_ENOMEM ? r : 0;
}

/* Texts between placeholders. */
struct text {
	const char *p;
	size_t len;
};

static struct text
text_at(
    const struct gv_object *obj, const struct gv_revealed_file *file, size_t i)
{
	uint64_t from =
	    i ? file->places[i - 1].at + file->places[i - 1].len : 0;
	uint64_t to = i < file->n ? file->places[i].at : obj->len;

	/* places were held against the bytes by nobody yet */
	if (from > to || to > obj->len)
		return (struct text){ NULL, 0 };
	return (
	    struct text){ (const char *)obj->data + from, (size_t)(to - from) };
}

/* Where the i-th value may end, from `at` on: SIZE_MAX for nowhere. */
static size_t
end_of(const struct gv_buf *clear, size_t at, const struct text *next,
    bool is_last)
{
	const char *found;

	if (next->p == NULL)
		return SIZE_MAX;
	if (is_last)
		return clear->len >= at + next->len &&
			memcmp(clear->p + clear->len - next->len, next->p,
			    next->len) == 0
		    ? clear->len - next->len
		    : SIZE_MAX;
	found = next->len
	    ? memmem(clear->p + at, clear->len - at, next->p, next->len)
	    : NULL;
	return found ? (size_t)(found - clear->p) : SIZE_MAX;
}

/* What a value is sought in. */
struct seek {
	const struct gv_revealed_file *file;
	struct gv_object stored;
	struct gv_buf *clear;
	size_t at, len; /* where it stands */
};

/* The place of the value in the clear bytes: 1, 0, negative. */
static int
align(
    struct seek *s, struct gv_repair_sealed *w, const struct gv_repair_value *v)
{
	const struct gv_revealed_file *file = s->file;
	struct text text = text_at(&s->stored, file, 0);
	struct gv_digest id;
	size_t i, pos = text.len, end;
	int r;

	if (text.p == NULL || s->clear->len < pos ||
	    memcmp(s->clear->p, text.p, pos) != 0)
		return 0;
	for (i = 0; i < file->n; i++, pos = end + text.len) {
		text = text_at(&s->stored, file, i + 1);
		end = end_of(s->clear, pos, &text, i + 1 == file->n);
		if (end == SIZE_MAX || end < pos)
			return 0;
		if (!gv_digest_equal(&file->places[i].id, &v->id) ||
		    strcmp(file->entries[i].scope, v->scope->name) != 0)
			continue;
		r = gv_safe_name(
		    &id, w->safe, v->scope->name, s->clear->p + pos, end - pos);
		if (r < 0)
			return r;
		if (!gv_digest_equal(&id, &v->id))
			continue;
		s->at = pos;
		s->len = end - pos;
		return 1;
	}
	return 0;
}

static int
find_in(struct seek *s, struct gv_repair_sealed *w,
    const struct gv_repair_value *v, const struct gv_record *rec)
{
	const char *path = v->places[v->place].path;
	struct gv_revealed *given = NULL;
	struct gv_oid oid;
	unsigned mode;
	int r = gv_revealed_load(&given, w->run->odb, rec, GV_REVEALED_TREE);

	s->file = r == 0 ? gv_revealed_find(given, path, strlen(path)) : NULL;
	if (r < 0)
		goto out;
	if (s->file &&
	    (r = gv_tree_find(w->run->odb, &rec->tree, path, &mode, &oid)) < 0)
		goto out;
	if (s->file &&
	    (r = gv_odb_read_type(
		 w->run->odb, &s->stored, &oid, GV_OTYPE_BLOB)) < 0)
		goto out;
	if (s->file &&
	    (r = gv_repair_revealed_read(s->clear, w->run->repo, path)) < 0)
		goto out;
	r = s->file ? align(s, w, v) : 0;
out:
	gv_object_release(&s->stored);
	gv_revealed_free(given);
	return r;
}

int
gv_repair_value_read(struct gv_buf *out, size_t *at, size_t *len,
    struct gv_repair_sealed *w, const struct gv_repair_value *v)
{
	struct seek seek = { .clear = out };
	struct gv_record rec = { 0 };
	int r = v->n_places ? need_safe(w) : 0;

	if (r <= 0)
		return r;
	if ((r = gv_record_load(
		 &rec, w->run->repo, &v->places[v->place].commit)) == 0)
		r = find_in(&seek, w, v, &rec);
	*at = seek.at;
	*len = seek.len;
	gv_record_release(&rec);
	return r == GV_ECORRUPT || r == GV_ENOTFOUND || r == GV_EREFUSED ? 0
									 : r;
}

/* A file may have changed around the value while another one did not. */
int
gv_repair_value_find(struct gv_repair_sealed *w, struct gv_repair_value *v)
{
	struct gv_buf clear = GV_BUF_INIT;
	size_t i, at, len;
	int r = 0;

	for (i = 0; r == 0 && i < v->n_places; i++) {
		v->place = i;
		r = gv_repair_value_read(&clear, &at, &len, w, v);
		gv_buf_release(&clear);
	}
	if (r == 0)
		v->place = 0;
	return r;
}

void
gv_repair_value_close(struct gv_repair_sealed *w)
{
	gv_safe_close(w->safe);
	w->safe = NULL;
	w->is_shut = false;
}
