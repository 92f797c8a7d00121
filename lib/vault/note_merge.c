#include "vault/note_merge.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/tree.h"
#include "vault/ledger.h"
#include "vault/lineset.h"
#include "vault/note.h"

/*
 * All notes of a side are read, whatever trees they are spread over, and those
 * that come out are written in one form, so that two clones which merge the
 * same come to the same tree: by two digits in trees where there are many, else
 * side by side. What is no note stays, at the top.
 */

#define FLAT_MAX 64 /* notes that stand side by side at most */

enum { OURS, THEIRS, SIDES };

struct note {
	char hex[GV_OID_HEX + 1]; /* of the commit */
	struct gv_oid blob;
};

struct other { /* an entry that is no note */
	const char *name;
	unsigned mode;
	struct gv_oid oid;
};

struct side {
	struct note *notes; /* by commit */
	size_t n, cap;
	struct other *others;
	size_t n_others, cap_others;
	size_t depth; /* digits that the folders around a level name */
	struct gv_arena arena;
};

/* ---- read --------------------------------------------------------------- */

static bool
is_digits(const char *p, size_t len)
{
	return strspn(p, "0123456789abcdef") >= len;
}

/* The commit that a path of two digits and so on names. */
static bool
read_name(char hex[GV_OID_HEX + 1], const char *path, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len && n <= GV_OID_HEX; i++) {
		if (path[i] == '/' && i % 3 != 2)
			return false;
		if (path[i] != '/' && n == GV_OID_HEX)
			return false;
		if (path[i] != '/')
			hex[n++] = path[i];
	}
	hex[n] = '\0';
	return n == GV_OID_HEX && is_digits(hex, GV_OID_HEX);
}

/* What is no note, and stands where one or a folder of them could, is taken by
 * nobody: both together would be no tree. */
static bool
is_in_the_way(const struct gv_tree_entry *e)
{
	return (e->name_len == 2 || e->name_len == GV_OID_HEX) &&
	    is_digits(e->name, e->name_len);
}

static int
take_other(struct side *s, const struct gv_tree_entry *e)
{
	char *name = gv_arena_copy(&s->arena, e->name, e->name_len);
	int r =
	    name ? GV_GROW(s->others, s->n_others, s->cap_others) : GV_ENOMEM;

	if (r < 0)
		return r;
	s->others[s->n_others++] = (struct other){ name, e->mode, e->oid };
	return 0;
}

static int
take_entry(
    void *ctx, const char *path, size_t len, const struct gv_tree_entry *e)
{
	struct side *s = ctx;
	struct note note;
	bool is_top = memchr(path, '/', len) == NULL;
	int r;

	if (e->mode == GV_MODE_DIR && e->name_len == 2 && is_digits(e->name, 2))
		return 0;
	if (e->mode != GV_MODE_FILE || !read_name(note.hex, path, len)) {
		r = is_top && !is_in_the_way(e) ? take_other(s, e) : 0;
		return r < 0 ? r : 1;
	}
	note.blob = e->oid;
	if ((r = GV_GROW(s->notes, s->n, s->cap)) == 0)
		s->notes[s->n++] = note;
	return r;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct note *)a)->hex, ((const struct note *)b)->hex);
}

static void
sort(struct side *s)
{
	if (s->n)
		qsort(s->notes, s->n, sizeof(*s->notes), compare);
}

static int
load(struct side *s, struct gv_odb *odb, const struct gv_oid *tree)
{
	int r =
	    gv_oid_is_zero(tree) ? 0 : gv_tree_walk(odb, tree, take_entry, s);

	sort(s);
	return r;
}

static void
unload(struct side *s)
{
	free(s->notes);
	free(s->others);
	gv_arena_release(&s->arena);
}

/* ---- lines -------------------------------------------------------------- */

static int
read_text(struct gv_object *out, struct gv_odb *odb, const struct gv_oid *blob)
{
	int r = gv_odb_read_type(odb, out, blob, GV_OTYPE_BLOB);

	return r == 0 && out->len > GV_NOTE_MAX
	    ? gv_err(GV_EREFUSED, "a note has %zu bytes, more than is read",
		  out->len)
	    : r;
}

/* Of a note; they point into its text. */
struct lines {
	struct gv_object text;
	struct gv_lineset set;
};

static int
read_lines(struct lines *out, struct gv_odb *odb, const struct gv_oid *blob)
{
	int r;

	if ((r = read_text(&out->text, odb, blob)) < 0)
		return r;
	r = gv_lineset_add(&out->set, out->text.data, out->text.len);
	if (r < 0)
		return r;
	gv_lineset_sort(&out->set);
	return 0;
}

static void
release(struct lines *l)
{
	gv_lineset_release(&l->set);
	gv_object_release(&l->text);
}

static bool
has_all(const struct lines *of, const struct lines *in)
{
	size_t i;

	for (i = 0; i < of->set.n; i++)
		if (!gv_lineset_has(&in->set, &of->set.lines[i]))
			return false;
	return true;
}

static int
write_both(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct lines *a, const struct lines *b)
{
	struct gv_lineset both = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if ((r = gv_lineset_add(&both, a->text.data, a->text.len)) < 0 ||
	    (r = gv_lineset_add(&both, b->text.data, b->text.len)) < 0)
		goto out;
	gv_lineset_sort(&both);
	gv_lineset_write(&text, &both);
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	r = gv_ledger_blob(edit, out, text.p, text.len);
out:
	gv_lineset_release(&both);
	gv_buf_release(&text);
	return r;
}

/* The one that has all lines of the other, as somebody wrote it; else those of
 * both, sorted, each once. */
static int
join(struct gv_ledger_edit *edit, struct gv_oid *out, const struct gv_oid *ours,
    const struct gv_oid *theirs)
{
	struct lines a = { .set = { .n = 0 } }, b = { .set = { .n = 0 } };
	bool in_ours, in_theirs;
	int r = read_lines(&a, edit->odb, ours);

	if (r == 0 && (r = read_lines(&b, edit->odb, theirs)) == 0) {
		in_ours = has_all(&b, &a);
		in_theirs = has_all(&a, &b);
		if (in_ours == in_theirs)
			r = write_both(edit, out, &a, &b);
		else
			*out = in_ours ? *ours : *theirs;
	}
	release(&a);
	release(&b);
	return r;
}

/* ---- looked at ---------------------------------------------------------- */

/* Whether the note `of` is in `in`, which has the same commit or is NULL. */
static int
is_in(
    bool *out, struct gv_odb *odb, const struct note *of, const struct note *in)
{
	struct lines a = { .set = { .n = 0 } }, b = { .set = { .n = 0 } };
	int r;

	*out = in && gv_oid_equal(&of->blob, &in->blob);
	if (in == NULL || *out)
		return 0;
	if ((r = read_lines(&a, odb, &of->blob)) == 0 &&
	    (r = read_lines(&b, odb, &in->blob)) == 0)
		*out = has_all(&a, &b);
	release(&a);
	release(&b);
	return r;
}

static int
take_both(void *ctx, const char *path, size_t len,
    const struct gv_tree_entry *of, const struct gv_tree_entry *in)
{
	struct side *sides = ctx;
	int r = of ? take_entry(&sides[0], path, len, of) : 0;

	if (r >= 0 && in)
		r = take_entry(&sides[1], path, len, in);
	return r < 0 ? r : 0;
}

/* Of what differs alone, most of which is not there yet in the other: trees of
 * another form differ in more, and are read as they are. */
int
gv_note_merge_is_in(bool *out, struct gv_odb *odb, const struct gv_oid *of,
    const struct gv_oid *in)
{
	struct side sides[2];
	struct side *a = &sides[0], *b = &sides[1];
	size_t i, k = 0;
	int r;

	memset(sides, 0, sizeof(sides));
	*out = true;
	r = gv_tree_diff(odb, gv_oid_is_zero(of) ? NULL : of,
	    gv_oid_is_zero(in) ? NULL : in, take_both, sides);
	sort(a);
	sort(b);
	for (i = 0; r == 0 && *out && i < a->n; i++) {
		while (k < b->n && compare(&b->notes[k], &a->notes[i]) < 0)
			k++;
		r = is_in(out, odb, &a->notes[i],
		    k < b->n && compare(&b->notes[k], &a->notes[i]) == 0
			? &b->notes[k]
			: NULL);
	}
	unload(a);
	unload(b);
	return r;
}

/* ---- merged ------------------------------------------------------------- */

static int
merge_note(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid blobs[SIDES])
{
	const struct gv_oid *ours = &blobs[OURS], *theirs = &blobs[THEIRS];

	if (!gv_oid_is_zero(ours) && !gv_oid_is_zero(theirs) &&
	    !gv_oid_equal(ours, theirs))
		return join(edit, out, ours, theirs);
	*out = gv_oid_is_zero(ours) ? *theirs : *ours;
	return 0;
}

/* The note of a side that comes next; NULL at the end. */
static const struct note *
peek(const struct side *s, size_t at)
{
	return s->notes && at < s->n ? &s->notes[at] : NULL;
}

/* The same of all sides, by commit. */
static const struct note *
peek_all(const struct side sides[SIDES], const size_t at[SIDES])
{
	const struct note *first = NULL, *note;
	size_t i;

	for (i = 0; i < SIDES; i++) {
		note = peek(&sides[i], at[i]);
		if (note && (first == NULL || compare(note, first) < 0))
			first = note;
	}
	return first;
}

static int
merge(struct gv_ledger_edit *edit, struct side *out,
    const struct side sides[SIDES])
{
	size_t at[SIDES] = { 0 }, i;
	struct gv_oid blobs[SIDES];
	const struct note *next;
	struct note note;
	/* there is an array also where nothing will be in it */
	int r = gv_vec_grow(
	    (void **)&out->notes, &out->cap, 1, sizeof(*out->notes));

	while (r == 0 && (next = peek_all(sides, at))) {
		note = *next;
		memset(blobs, 0, sizeof(blobs));
		for (i = 0; i < SIDES; i++) {
			next = peek(&sides[i], at[i]);
			if (next && compare(next, &note) == 0) {
				blobs[i] = next->blob;
				at[i]++;
			}
		}
		if ((r = merge_note(edit, &note.blob, blobs)) == 0)
			r = GV_GROW(out->notes, out->n, out->cap);
		if (r == 0)
			out->notes[out->n++] = note;
	}
	return r;
}

/* What is no note: this clone's, and what only the other has. */
static int
merge_others(struct side *out, const struct side sides[SIDES])
{
	const struct side *ours = &sides[OURS], *theirs = &sides[THEIRS];
	size_t i, k, n = ours->n_others + theirs->n_others;
	int r = GV_GROW(out->others, n, out->cap_others);

	for (i = 0; r == 0 && i < ours->n_others; i++)
		out->others[out->n_others++] = ours->others[i];
	for (i = 0; r == 0 && i < theirs->n_others; i++) {
		for (k = 0; k < ours->n_others; k++)
			if (strcmp(ours->others[k].name,
				theirs->others[i].name) == 0)
				break;
		if (k == ours->n_others)
			out->others[out->n_others++] = theirs->others[i];
	}
	return r;
}

/* ---- written ------------------------------------------------------------ */

static int write_level(struct gv_ledger_edit *edit, struct gv_oid *out,
    struct side *s, const struct note *from, const struct note *to);

/* Notes that have their next two digits in common. */
static int
write_folder(struct gv_ledger_edit *edit, struct gv_ledger_change *c,
    struct side *s, const struct note *from, const struct note *to)
{
	char *name = gv_arena_copy(&s->arena, from->hex + s->depth, 2);
	int r = name ? 0 : GV_ENOMEM;

	c->name = name;
	c->mode = GV_MODE_DIR;
	s->depth += 2;
	if (r == 0)
		r = write_level(edit, &c->oid, s, from, to);
	s->depth -= 2;
	return r;
}

static int
write_level(struct gv_ledger_edit *edit, struct gv_oid *out, struct side *s,
    const struct note *from, const struct note *to)
{
	size_t room = (size_t)(to - from) + s->n_others, i, n = 0;
	struct gv_ledger_change *c = calloc(room + 1, sizeof(*c));
	bool is_flat = to - from <= FLAT_MAX || s->depth + 2 >= GV_OID_HEX;
	const struct note *end;
	int r = c ? 0 : gv_err_nomem();

	for (i = 0; r == 0 && s->depth == 0 && i < s->n_others; i++)
		c[n++] = (struct gv_ledger_change){ s->others[i].name,
			s->others[i].mode, s->others[i].oid };
	for (; r == 0 && from < to; from = end, n++) {
		end = from + 1;
		c[n] = (struct gv_ledger_change){ from->hex + s->depth,
			GV_MODE_FILE, from->blob };
		while (!is_flat && end < to &&
		    memcmp(end->hex, from->hex, s->depth + 2) == 0)
			end++;
		if (!is_flat)
			r = write_folder(edit, &c[n], s, from, end);
	}
	if (r == 0)
		r = gv_ledger_tree(edit, out, NULL, c, n);
	free(c);
	return r;
}

int
gv_note_merge(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *ours, const struct gv_oid *theirs)
{
	struct side sides[SIDES], merged;
	int r;

	memset(sides, 0, sizeof(sides));
	memset(&merged, 0, sizeof(merged));
	if ((r = load(&sides[OURS], edit->odb, ours)) == 0 &&
	    (r = load(&sides[THEIRS], edit->odb, theirs)) == 0 &&
	    (r = merge(edit, &merged, sides)) == 0 &&
	    (r = merge_others(&merged, sides)) == 0)
		r = write_level(
		    edit, out, &merged, merged.notes, merged.notes + merged.n);
	unload(&sides[OURS]);
	unload(&sides[THEIRS]);
	unload(&merged);
	return r;
}
