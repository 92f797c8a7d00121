#include "record/mark.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/time.h"
#include "base/utf8.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/ref.h"
#include "repo/refs.h"
#include "repo/repo.h"

#define STAMP 17 /* YYYYMMDDTHHMMSSZ and LF */

/*
 *	pinned/ID	"20261120T071244Z\n", then the reason, if there is one
 *	tags/ID		one tag a line, sorted
 */

static int
damaged(int r)
{
	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	return gv_err_in(GV_ECORRUPT,
	    "the pins and tags of snapshots, " GV_REF_MARKS ", are damaged");
}

static int
load_ids(struct gv_marks *m, struct gv_map *map, const struct gv_oid *tree)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(m->odb, &obj, tree, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		struct gv_oid *oid;
		char *id;

		if (e.mode != GV_MODE_FILE ||
		    !gv_record_is_id(e.name, e.name_len))
			continue;
		oid = gv_arena_alloc(&m->arena, sizeof(*oid));
		id = oid ? gv_arena_copy(&m->arena, e.name, e.name_len) : NULL;
		if ((r = id ? 0 : GV_ENOMEM) == 0) {
			*oid = e.oid;
			r = gv_map_put(map, id, e.name_len, oid);
		}
		if (r < 0)
			break;
	}
	gv_object_release(&obj);
	return r;
}

static int
load_root(struct gv_marks *m)
{
	struct gv_object obj = { 0 };
	struct gv_tree_iter it;
	struct gv_tree_entry e;
	int r = gv_odb_read_type(m->odb, &obj, &m->ledger.tree, GV_OTYPE_TREE);

	if (r < 0)
		return r;
	gv_tree_iter_init(&it, obj.data, obj.len);
	while ((r = gv_tree_next(&it, &e)) > 0) {
		if (e.mode == GV_MODE_DIR && strcmp(e.name, "pinned") == 0)
			m->pinned_tree = e.oid;
		else if (e.mode == GV_MODE_DIR && strcmp(e.name, "tags") == 0)
			m->tags_tree = e.oid;
	}
	gv_object_release(&obj);
	if (r < 0)
		return r;
	if (!gv_oid_is_zero(&m->pinned_tree) &&
	    (r = load_ids(m, &m->pinned, &m->pinned_tree)) < 0)
		return r;
	if (!gv_oid_is_zero(&m->tags_tree))
		return load_ids(m, &m->tags, &m->tags_tree);
	return 0;
}

int
gv_marks_load(
    struct gv_marks *out, struct gv_odb *odb, const struct gv_oid *tip)
{
	struct gv_marks m = GV_MARKS_INIT;
	int r;

	*out = m;
	m.odb = odb;
	if ((r = gv_ledger_load(&m.ledger, odb, tip)) == 0 && tip &&
	    !gv_oid_is_zero(tip))
		r = load_root(&m);
	if (r < 0) {
		gv_marks_release(&m);
		return damaged(r);
	}
	*out = m;
	return 0;
}

void
gv_marks_release(struct gv_marks *m)
{
	if (m == NULL)
		return;
	gv_map_release(&m->pinned);
	gv_map_release(&m->tags);
	gv_arena_release(&m->arena);
	*m = (struct gv_marks)GV_MARKS_INIT;
}

bool
gv_mark_is_pinned(const struct gv_marks *m, const char *id)
{
	return gv_map_get(&m->pinned, id, strlen(id)) != NULL;
}

bool
gv_mark_is_tag(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return p > text;
}

int
gv_mark_parse_pin(int64_t *time, char **why, const void *data, size_t len)
{
	const char *text = data;

	*why = NULL;
	if (len < STAMP - 1 || gv_time_parse_compact(time, text) < 0 ||
	    (len >= STAMP && text[STAMP - 1] != '\n') ||
	    memchr(text, '\0', len))
		return gv_err(GV_ECORRUPT, "a pin does not begin with a time");
	if (len < STAMP)
		return 0;
	text += STAMP;
	len -= STAMP;
	while (len && text[len - 1] == '\n')
		len--;
	if (len == 0)
		return 0;
	*why = strndup(text, len);
	return *why ? 0 : gv_err_nomem();
}

static int
add_tag(struct gv_record *rec, struct gv_map *seen, const char *tag, size_t len)
{
	char **more, *copy;

	if (len == 0 || gv_map_get(seen, tag, len))
		return 0;
	copy = strndup(tag, len);
	more = copy
	    ? reallocarray(rec->tags, rec->n_tags + 1, sizeof(*rec->tags))
	    : NULL;
	if (more == NULL) {
		free(copy);
		return gv_err_nomem();
	}
	rec->tags = more;
	rec->tags[rec->n_tags++] = copy;
	return gv_map_put(seen, copy, len, copy);
}

/* Whoever writes them by hand may leave out the last LF. */
static bool
are_tags(const void *data, size_t len)
{
	return len == 0 || !memchr(data, '\0', len);
}

bool
gv_mark_is_said(const char *folder, const void *data, size_t len)
{
	int64_t time;
	char *why = NULL;
	int r;

	if (strcmp(folder, "pinned") != 0)
		return strcmp(folder, "tags") != 0 || are_tags(data, len);
	r = gv_mark_parse_pin(&time, &why, data, len);
	free(why);
	return r != GV_ECORRUPT;
}

static int
apply_tags(
    const struct gv_marks *m, struct gv_record *rec, const struct gv_oid *oid)
{
	struct gv_object obj = { 0 };
	struct gv_map seen = GV_MAP_INIT;
	const char *p, *nl;
	size_t i, left, n;
	int r = gv_odb_read_type(m->odb, &obj, oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	if (!are_tags(obj.data, obj.len))
		r = gv_err(GV_ECORRUPT, "its tags are no lines");
	for (i = 0; r == 0 && i < rec->n_tags; i++)
		r = gv_map_put(
		    &seen, rec->tags[i], strlen(rec->tags[i]), rec->tags[i]);
	p = (const char *)obj.data;
	for (left = obj.len; r == 0 && left > 0; left -= n, p += n) {
		nl = memchr(p, '\n', left);
		n = nl ? (size_t)(nl - p) : left;
		r = add_tag(rec, &seen, p, n);
		n += nl != NULL;
	}
	gv_map_release(&seen);
	gv_object_release(&obj);
	return r;
}

int
gv_mark_apply(const struct gv_marks *m, struct gv_record *rec)
{
	size_t len = strlen(rec->id);
	const struct gv_oid *oid = gv_map_get(&m->pinned, rec->id, len);
	struct gv_object obj = { 0 };
	int r = 0, tags;

	if (oid) {
		rec->pinned = true;
		if ((r = gv_odb_read_type(m->odb, &obj, oid, GV_OTYPE_BLOB)) ==
		    0)
			r = gv_mark_parse_pin(&rec->pin_time, &rec->pin_reason,
			    obj.data, obj.len);
		gv_object_release(&obj);
	}
	oid = gv_map_get(&m->tags, rec->id, len);
	if (oid && r != GV_ENOMEM && r != GV_ECANCELED) {
		tags = apply_tags(m, rec, oid);
		r = tags < 0 ? tags : r;
	}
	r = r < 0 ? damaged(r) : 0;
	rec->unmarked = r == GV_ECORRUPT;
	return r;
}

void
gv_mark_tell(struct gv_buf *damaged, const struct gv_record *rec)
{
	if (rec->unmarked)
		gv_buf_addf(damaged,
		    "pins and tags of snapshot %s cannot be read; 'git vault "
		    "repair' brings them back, or lets go of them\n",
		    rec->id);
}

int
gv_mark_look(struct gv_repo *repo)
{
	struct gv_marks marks = GV_MARKS_INIT;
	struct gv_oid tip;
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb);

	if (r == 0 && (r = gv_ref_find(&tip, repo, GV_REF_MARKS)) == 0 &&
	    !gv_oid_is_zero(&tip))
		r = gv_marks_load(&marks, odb, &tip);
	gv_marks_release(&marks);
	return r;
}
