/*
 * Any bytes as a pointer to chunks, as a level of their tree, and as a file to
 * be cut. A pointer that is read is those very bytes when written again; the
 * names of a level are counted; chunks add up, and stand within their bounds.
 */
#include "fuzz.h"

#include "object/chunk.h"

static int
count(void *ctx, const struct gv_oid *id)
{
	struct gv_chunk_tree *t = ctx;

	return gv_chunk_tree_add(t, NULL, id);
}

static void
check_level(const uint8_t *data, size_t len, bool top)
{
	struct gv_chunk_tree t = GV_CHUNK_TREE_INIT;
	struct gv_oid id;

	if (gv_chunk_level(data, len, top, count, &t) == 0) {
		must(len > 0);
		must(gv_chunk_tree_finish(&t, NULL, &id) == 0);
	}
	gv_chunk_tree_release(&t);
}

static void
check_pointer(const uint8_t *data, size_t len)
{
	struct gv_chunk_pointer p;
	struct gv_buf b = GV_BUF_INIT;

	if (gv_chunk_pointer_read(&p, data, len) < 0)
		return;
	gv_chunk_pointer_write(&b, &p);
	must(b.len == len && memcmp(b.p, data, len) == 0);
	gv_buf_release(&b);
}

/* Inputs are short, so they are repeated: at each place another way. */
static void
check_cuts(const uint8_t *data, size_t len)
{
	size_t total = 2 * GV_CHUNK_MAX + len, i, n, at = 0;
	unsigned char *p = malloc(total);

	/* it takes long, and long inputs are about the other two */
	if (p == NULL || len == 0 || len > 16) {
		free(p);
		return;
	}
	for (i = 0; i < total; i++)
		p[i] = (unsigned char)(data[i % len] + i / len);
	for (; at < total; at += n) {
		n = gv_chunk_cut(p + at, total - at);
		must(n > 0 && n <= GV_CHUNK_MAX && n <= total - at);
		must(n >= GV_CHUNK_MIN || n == total - at);
		must(gv_chunk_cut(p + at, n) == n);
	}
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_pointer(data, len);
	check_level(data, len, true);
	check_level(data, len, false);
	check_cuts(data, len);
	return 0;
}
