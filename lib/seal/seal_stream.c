#include <string.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "seal/seal_internal.h"

/*
 * Bytes go through a window in locked memory. What is in it is cut as long as
 * there is as much as a chunk may have, or nothing follows; these chunks are
 * sealed together, what is left moves to the front.
 */
#define WINDOW ((size_t)16 * GV_CHUNK_MAX)

struct stream {
	const struct gv_seal *how;
	int64_t (*read)(void *ctx, void *data, size_t len);
	void *ctx;
	struct gv_secret window;
	bool is_end;
	struct gv_seal_batch batch;
	struct gv_seal_list list;
};

static int
fill(struct stream *s)
{
	struct gv_secret *w = &s->window;
	int64_t n;

	while (!s->is_end && w->len < WINDOW) {
		n = s->read(s->ctx, w->p + w->len, WINDOW - w->len);
		if (n < 0)
			return (int)n;
		w->len += (size_t)n;
		s->is_end = n == 0;
	}
	return 0;
}

static int
seal_window(struct stream *s)
{
	const unsigned char *p = s->window.p;
	size_t left = s->window.len, n, i;
	int r = 0;

	s->batch.n = 0;
	while (r == 0 && left > 0 && (s->is_end || left >= GV_CHUNK_MAX)) {
		n = gv_chunk_cut(p, left);
		r = gv_seal_batch_add(&s->batch, p, n);
		p += n;
		left -= n;
	}
	if (r == 0)
		r = gv_seal_batch_run(&s->batch);
	for (i = 0; r == 0 && i < s->batch.n; i++)
		r = gv_seal_list_add(&s->list, &s->batch.pieces[i]);
	gv_secret_drop(&s->window, s->window.len - left);
	return r;
}

static int
seal_all(struct stream *s, struct gv_seal_value *value)
{
	int r = gv_secret_grow(&s->window, WINDOW);

	if (r == 0)
		r = fill(s);
	value->len = s->window.len;
	if (r == 0 && s->is_end && value->len <= GV_SEAL_WHOLE) {
		value->p = s->window.p;
		r = gv_seal_run(s->how, value, 1);
		value->p = NULL;
		return r;
	}
	while (r == 0 && s->window.len > 0) {
		size_t before;

		r = seal_window(s);
		before = s->window.len;
		if (r == 0)
			r = fill(s);
		value->len += s->window.len - before;
	}
	return r < 0 ? r : gv_seal_list_finish(&s->list, value);
}

int
gv_seal_stream(const struct gv_seal *seal, struct gv_seal_value *value,
    int64_t (*read)(void *ctx, void *data, size_t len), void *ctx)
{
	struct stream s = { .how = seal, .read = read, .ctx = ctx };
	int r = gv_seal_check(seal);

	memset(value, 0, sizeof(*value));
	s.batch.how = s.list.how = seal;
	s.list.ids = (struct gv_buf)GV_BUF_INIT;
	s.list.tree = (struct gv_chunk_tree)GV_CHUNK_TREE_INIT;
	if (r == 0)
		r = seal_all(&s, value);
	gv_seal_batch_release(&s.batch);
	gv_seal_list_release(&s.list);
	gv_secret_release(&s.window);
	return r;
}
