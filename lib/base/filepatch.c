#include "base/filepatch.h"

#include "base/buf.h"
#include "base/linediff.h"
#include "base/path.h"

struct hunks {
	struct gv_buf *out;
	const struct gv_filepatch *patch;
	bool is_hidden;
};

static int
write_hunk(void *ctx, const struct gv_linediff_hunk *h)
{
	struct hunks *w = ctx;

	gv_buf_addf(w->out, "@@ -%zu,%zu +%zu,%zu @@\n", h->old_first, h->old_n,
	    h->new_first, h->new_n);
	return gv_buf_check(w->out);
}

static int
write_line(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	struct hunks *w = ctx;
	const struct gv_filepatch *p = w->patch;

	if (p->is_hidden && line >= p->old && line < p->old + p->old_len &&
	    p->is_hidden(p->ctx, (size_t)(line - p->old), len))
		w->is_hidden = true;
	gv_buf_addch(w->out, sign);
	gv_buf_add(w->out, line, len);
	gv_buf_addstr(
	    w->out, is_cut ? "\n\\ No newline at end of file\n" : "\n");
	return gv_buf_check(w->out);
}

static void
add_head(struct gv_buf *out, const char *path)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT, old = GV_BUF_INIT,
		      new = GV_BUF_INIT;

	gv_buf_addf(&a, "a/%s", path);
	gv_buf_addf(&b, "b/%s", path);
	gv_path_quote(&old, a.p, a.len);
	gv_path_quote(&new, b.p, b.len);
	gv_buf_addf(out, "diff --git %s %s\n--- %s\n+++ %s\n", old.p, new.p,
	    old.p, new.p);
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_buf_release(&old);
	gv_buf_release(&new);
}

int
gv_filepatch_add(
    struct gv_buf *out, bool *done, const struct gv_filepatch *patch)
{
	static const size_t contexts[] = { 3, 1 };
	struct hunks w = { .out = out, .patch = patch };
	const struct gv_linediff_to to = { write_hunk, write_line, &w };
	const size_t before = out->len;
	size_t i;
	int r;

	*done = false;
	for (i = 0; !*done && i < sizeof(contexts) / sizeof(contexts[0]); i++) {
		w.is_hidden = false;
		add_head(out, patch->path);
		r = gv_linediff(&to, patch->old, patch->old_len, patch->new,
		    patch->new_len, contexts[i]);
		if (r < 0)
			return r;
		*done = !w.is_hidden;
		if (!*done)
			gv_buf_truncate(out, before);
	}
	return gv_buf_check(out);
}
