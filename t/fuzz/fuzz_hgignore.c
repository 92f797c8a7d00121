/*
 * Rules of Mercurial of any bytes, which may include each other without end.
 * What is below a path that is ignored is ignored, too. Input: rules, two NUL,
 * the rules of each file that they include, two NUL, a path.
 */
#include "fuzz.h"

#include "foreign/hgignore.h"
#include "worktree/ignore.h"

#define MOST_READ 4096 /* files that one input may have read */

struct input {
	const char *rules, *included, *path;
	size_t len, included_len, path_len;
	unsigned n_read;
};

static int
read_included(void *ctx, struct gv_buf *out, const char *path)
{
	struct input *in = ctx;

	must(path && ++in->n_read <= MOST_READ);
	gv_buf_add(out, in->included, in->included_len);
	return gv_buf_check(out);
}

static bool
split(struct input *in, const char *p, size_t len)
{
	const char *end = p + len, *a = memmem(p, len, "\0\0", 2), *b;

	if (a == NULL ||
	    (b = memmem(a + 2, (size_t)(end - a) - 2, "\0\0", 2)) == NULL)
		return false;
	*in = (struct input){ .rules = p,
		.included = a + 2,
		.path = b + 2,
		.len = (size_t)(a - p),
		.included_len = (size_t)(b - a) - 2,
		.path_len = (size_t)(end - b) - 2 };
	return true;
}

static void
judge(const struct gv_hgignore *h, const struct input *in)
{
	struct gv_buf below = GV_BUF_INIT;
	struct gv_ignore_why why = { .line = 0 };
	const bool is = gv_hgignore_match(h, in->path, in->path_len, &why);

	must(gv_hgignore_match(h, in->path, in->path_len, NULL) == is);
	if (!is)
		return;
	must(why.source && why.pattern && why.line > 0);
	gv_buf_add(&below, in->path, in->path_len);
	gv_buf_addstr(&below, "/x");
	if (in->path_len && gv_buf_check(&below) == 0)
		must(gv_hgignore_match(h, below.p, below.len, NULL));
	gv_buf_release(&below);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf glob = GV_BUF_INIT;
	struct gv_hgignore h = { .read = read_included };
	struct input in;

	if (!split(&in, (const char *)data, len))
		return 0;
	gv_hgignore_glob(&glob, in.rules, in.len);
	must(glob.len <= 32 * in.len + 32);
	gv_buf_release(&glob);
	h.ctx = &in;
	if (gv_hgignore_add(&h, in.rules, in.len, ".hgignore", "") == 0 &&
	    gv_hgignore_compile(&h) == 0)
		judge(&h, &in);
	gv_hgignore_release(&h);
	return 0;
}
