#include "merge/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "merge/merge_internal.h"

bool
gv_merge_knows(enum gv_doc_format format)
{
	return format == GV_DOC_FORMAT_JSON || format == GV_DOC_FORMAT_YAML ||
	    format == GV_DOC_FORMAT_COMPOSE || format == GV_DOC_FORMAT_ENV ||
	    format == GV_DOC_FORMAT_HCL || format == GV_DOC_FORMAT_HCL_JSON;
}

void
gv_merge_release(struct gv_merge_out *out)
{
	gv_buf_release(&out->text);
	gv_buf_release(&out->keys);
}

/* ---- sides --------------------------------------------------------------- */

static const char *const names[] = { "the common version", "this side",
	"the other side" };

struct sides {
	const struct gv_merge_in *in;
	struct gv_merge_file files[GV_MERGE_SIDES];
	const struct gv_layer_value *values[GV_MERGE_SIDES];
};

static int
open_sides(struct sides *s, const struct gv_merge_in *in)
{
	int i, r = 0;

	memset(s, 0, sizeof(*s));
	s->in = in;
	for (i = 0; r == 0 && i < GV_MERGE_SIDES; i++) {
		r = gv_merge_file_read(&s->files[i], in->format, &in->sides[i]);
		if (r == GV_EREFUSED)
			r = gv_err(r, "%s: %s", names[i], gv_err_message());
		s->values[i] = s->files[i].layer.tree.root;
	}
	return r;
}

static void
close_sides(struct sides *s)
{
	int i;

	for (i = 0; i < GV_MERGE_SIDES; i++)
		gv_merge_file_release(&s->files[i]);
}

/* Whether a text says what it should: 1 or 0, GV_ENOMEM. */
static int
is_right(const struct sides *s, const struct gv_merge_text *text,
    const struct gv_map *conflicts, enum gv_merge_side chosen)
{
	struct gv_merge_file file = { .is_read = false };
	int r = gv_merge_file_read(&file, s->in->format, text);

	if (r == 0)
		r = gv_merge_check(
		    s->values, file.layer.tree.root, conflicts, chosen);
	else if (r == GV_EREFUSED)
		r = 0;
	gv_merge_file_release(&file);
	return r;
}

int
gv_merge_is_sound(const struct gv_merge_in *in, const char *text, size_t len)
{
	const struct gv_map none = GV_MAP_INIT;
	struct sides s;
	int r = open_sides(&s, in);

	if (r == 0)
		r = is_right(&s, &(struct gv_merge_text){ text, len }, &none,
		    GV_MERGE_OURS);
	close_sides(&s);
	return r;
}

/* ---- merging ------------------------------------------------------------- */

/* What has both sides' comments and blanks, where that is right: 1 or 0. */
static int
try_lines(struct gv_buf *out, const struct sides *s)
{
	const struct gv_map none = GV_MAP_INIT;
	int r = gv_merge_lines(out, s->in->sides);

	if (r == 1 &&
	    (r = is_right(s, &(struct gv_merge_text){ out->p, out->len }, &none,
		 GV_MERGE_OURS)) == 0)
		gv_buf_reset(out);
	return r;
}

/* Merge by key, and have a side be chosen for each conflict. */
static int
try_keys(struct gv_merge_map *m, const struct sides *s, struct gv_buf *out,
    enum gv_merge_side chosen)
{
	int r;

	gv_buf_reset(out);
	m->chosen = chosen;
	if ((r = gv_merge_root(m, out)) < 0)
		return r;
	r = r ? is_right(s, &(struct gv_merge_text){ out->p, out->len },
		    &m->conflicts, chosen)
	      : 0;
	return r < 0 ? r
	    : r      ? 0
		     : gv_err(GV_EREFUSED,
			   "its keys are not written so that each can be "
				"replaced alone");
}

static int
merge_keys(struct gv_merge_out *out, const struct sides *s)
{
	struct gv_merge_map m = { .in = s->in,
		.files = s->files,
		.path = GV_BUF_INIT,
		.keys = GV_BUF_INIT };
	int r;

	if ((r = try_keys(&m, s, &out->text, GV_MERGE_OURS)) < 0 ||
	    m.conflicts.n == 0)
		goto out;
	out->conflicts = m.conflicts.n;
	gv_buf_add(&out->keys, m.keys.p, m.keys.len);
	if ((r = gv_buf_check(&out->keys)) < 0 ||
	    (r = try_keys(&m, s, &out->text, GV_MERGE_THEIRS)) < 0)
		goto out;
	gv_buf_reset(&out->text);
	m.chosen = GV_MERGE_BASE;
	r = gv_merge_root(&m, &out->text);
	r = r < 0 ? r : 0;
out:
	gv_merge_map_release(&m);
	return r;
}

int
gv_merge_keys(struct gv_merge_out *out, const struct gv_merge_in *in)
{
	struct sides s;
	int r;

	memset(out, 0, sizeof(*out));
	out->text = out->keys = (struct gv_buf)GV_BUF_INIT;
	if (!gv_merge_knows(in->format))
		return gv_err(GV_EREFUSED, "its format is not merged by key");
	if ((r = open_sides(&s, in)) == 0)
		r = try_lines(&out->text, &s);
	if (r == 0)
		r = merge_keys(out, &s);
	close_sides(&s);
	return r > 0 ? 0 : r;
}
