#include <string.h>

#include "base/err.h"
#include "merge/merge_internal.h"

/*
 * Keys that are taken as a whole: a scalar, a list, a map that only one side
 * has. Their values decide; their text is put together so that comments of both
 * sides stay.
 */

static bool
is_same(const struct gv_merge_text *a, const struct gv_merge_text *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

struct gv_merge_text
gv_merge_body(const struct gv_merge_entry *e, enum gv_merge_side side)
{
	const struct gv_merge_piece *p = e->side[side];

	if (p == NULL)
		return (struct gv_merge_text){ .p = "" };
	return (struct gv_merge_text){
		.p = e->views[side].file->text.p + p->body,
		.len = p->to - p->body,
	};
}

/* ---- choosing ------------------------------------------------------------ */

/* The value as it is written. */
static struct gv_merge_text
written(const struct gv_merge_entry *e, enum gv_merge_side side)
{
	const struct gv_merge_file *file = e->views[side].file;
	const struct gv_doc_node *n = &file->doc.nodes[e->side[side]->node];

	return (struct gv_merge_text){ file->text.p + n->at, n->len };
}

/* What YAML merges into a map by "<<" is no value of that map. */
static bool
says_same(
    const struct gv_merge_entry *e, enum gv_merge_side a, enum gv_merge_side b)
{
	struct gv_merge_text x, y;

	if (e->side[a] == NULL || e->side[b] == NULL)
		return e->side[a] == e->side[b];
	if (e->value[a] && e->value[b])
		return gv_layer_is_equal(e->value[a], e->value[b]);
	x = written(e, a);
	y = written(e, b);
	return is_same(&x, &y);
}

enum gv_merge_choice
gv_merge_choose(const struct gv_merge_entry *e)
{
	if (says_same(e, GV_MERGE_OURS, GV_MERGE_THEIRS))
		return e->side[GV_MERGE_OURS] ? GV_MERGE_TAKE_OURS
					      : GV_MERGE_TAKE_NONE;
	if (says_same(e, GV_MERGE_BASE, GV_MERGE_OURS))
		return e->side[GV_MERGE_THEIRS] ? GV_MERGE_TAKE_THEIRS
						: GV_MERGE_TAKE_NONE;
	if (says_same(e, GV_MERGE_BASE, GV_MERGE_THEIRS))
		return e->side[GV_MERGE_OURS] ? GV_MERGE_TAKE_OURS
					      : GV_MERGE_TAKE_NONE;
	return GV_MERGE_TAKE_BOTH;
}

/* ---- texts --------------------------------------------------------------- */

void
gv_merge_add_shifted(
    struct gv_buf *out, const struct gv_merge_text *text, long shift)
{
	const char *p = text->p, *end = p + text->len, *next;
	size_t cut;

	for (; p < end; p = next) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next + 1 : end;
		if (shift > 0 && *p != '\n' && *p != '\r')
			gv_buf_addf(out, "%*s", (int)shift, "");
		for (cut = 0;
		     shift < 0 && cut < (size_t)-shift && p[cut] == ' '; cut++)
			;
		gv_buf_add(out, p + cut, (size_t)(next - p) - cut);
	}
}

/* The lines of theirs that ours does not have, behind ours. */
static void
add_union(struct gv_buf *out, const struct gv_merge_text *ours,
    const struct gv_merge_text *theirs, long shift)
{
	const char *p = theirs->p, *end = p + theirs->len, *next;
	struct gv_merge_text line;

	gv_buf_add(out, ours->p, ours->len);
	for (; p < end; p = next) {
		next = memchr(p, '\n', (size_t)(end - p));
		next = next ? next + 1 : end;
		line = (struct gv_merge_text){ p, (size_t)(next - p) };
		if (memmem(ours->p, ours->len, p, line.len) == NULL)
			gv_merge_add_shifted(out, &line, shift);
	}
}

int
gv_merge_add_around(struct gv_buf *out,
    const struct gv_merge_text sides[GV_MERGE_SIDES], long shift)
{
	const struct gv_merge_text *base = &sides[GV_MERGE_BASE];
	const struct gv_merge_text *ours = &sides[GV_MERGE_OURS];
	const struct gv_merge_text *theirs = &sides[GV_MERGE_THEIRS];
	int r;

	if (is_same(base, theirs) || is_same(ours, theirs)) {
		gv_buf_add(out, ours->p, ours->len);
		return gv_buf_check(out);
	}
	if (is_same(base, ours)) {
		gv_merge_add_shifted(out, theirs, shift);
		return gv_buf_check(out);
	}
	if ((r = gv_merge_lines(out, sides)) != 0)
		return r < 0 ? r : 0;
	add_union(out, ours, theirs, shift);
	return gv_buf_check(out);
}

/* ---- a value on one line ------------------------------------------------- */

struct parts {
	struct gv_merge_text before, value, after;
};

/* False: the value is on several lines, or nothing is written for it. */
static bool
take_parts(
    struct parts *out, const struct gv_merge_entry *e, enum gv_merge_side side)
{
	const struct gv_merge_text body = gv_merge_body(e, side);
	size_t at, end;

	if (e->side[side] == NULL)
		return false;
	out->value = written(e, side);
	if (out->value.len == 0 || out->value.p < body.p ||
	    out->value.p + out->value.len > body.p + body.len)
		return false;
	at = (size_t)(out->value.p - body.p);
	end = at + out->value.len;
	out->before = (struct gv_merge_text){ body.p, at };
	out->after = (struct gv_merge_text){ body.p + end, body.len - end };
	return memchr(body.p, '\n', end) == NULL;
}

/* Ours, unless only theirs was changed. */
static void
add_part(struct gv_buf *out, const struct gv_merge_text *base,
    const struct gv_merge_text *ours, const struct gv_merge_text *theirs)
{
	const struct gv_merge_text *from = is_same(base, ours) ? theirs : ours;

	gv_buf_add(out, from->p, from->len);
}

static bool
add_parts(struct gv_buf *out, const struct gv_merge_entry *e,
    enum gv_merge_choice choice)
{
	struct parts of[GV_MERGE_SIDES];
	const struct gv_merge_text *value;
	int i;

	for (i = 0; i < GV_MERGE_SIDES; i++)
		if (!take_parts(&of[i], e, (enum gv_merge_side)i))
			return false;
	value = &of[choice == GV_MERGE_TAKE_THEIRS ? GV_MERGE_THEIRS
						   : GV_MERGE_OURS]
		     .value;
	/* theirs may stand deeper or less deep */
	if (e->shift)
		gv_buf_add(out, of[GV_MERGE_OURS].before.p,
		    of[GV_MERGE_OURS].before.len);
	else
		add_part(out, &of[GV_MERGE_BASE].before,
		    &of[GV_MERGE_OURS].before, &of[GV_MERGE_THEIRS].before);
	gv_buf_add(out, value->p, value->len);
	add_part(out, &of[GV_MERGE_BASE].after, &of[GV_MERGE_OURS].after,
	    &of[GV_MERGE_THEIRS].after);
	return true;
}

int
gv_merge_add_leaf(struct gv_buf *out, const struct gv_merge_entry *e,
    enum gv_merge_choice choice)
{
	struct gv_merge_text bodies[GV_MERGE_SIDES], one;
	int i, r = 0;

	for (i = 0; i < GV_MERGE_SIDES; i++)
		bodies[i] = gv_merge_body(e, (enum gv_merge_side)i);
	if (e->side[0] && e->side[1] && e->side[2] && !e->is_flow &&
	    e->shift == 0)
		r = gv_merge_lines(out, bodies);
	if (r != 0 || add_parts(out, e, choice))
		return r < 0 ? r : 1;
	one = bodies[choice == GV_MERGE_TAKE_THEIRS ? GV_MERGE_THEIRS
						    : GV_MERGE_OURS];
	if (choice == GV_MERGE_TAKE_THEIRS)
		gv_merge_add_shifted(out, &one, e->shift);
	else
		gv_buf_add(out, one.p, one.len);
	r = gv_buf_check(out);
	return r < 0 ? r : 1;
}
