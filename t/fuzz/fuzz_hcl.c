/*
 * Any bytes as a file of Terraform, of its language and as JSON: what is told
 * lies in them, in order, and what a text says by itself is none of it. The
 * language is read twice, the second time with a remark before it and another
 * behind it, which has to make no difference but to the lines.
 */
#include "fuzz.h"

#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "infra/hcl.h"

struct told {
	const char *begin, *end; /* NULL: spans may lie elsewhere */
	struct gv_buf text;
	size_t line, minus;
};

static void
must_lie_within(const struct told *t, struct gv_hcl_span s)
{
	if (s.p == NULL)
		return;
	must(gv_utf8_is_valid(s.p, s.len));
	if (t->begin)
		must(s.p >= t->begin && s.p + s.len <= t->end);
}

static void
add(struct told *t, struct gv_hcl_span s)
{
	must_lie_within(t, s);
	gv_buf_addf(&t->text, " %d:", s.p != NULL);
	if (s.p)
		gv_buf_add(&t->text, s.p, s.len);
}

static void
must_be_address(struct gv_hcl_span s)
{
	struct gv_buf b = GV_BUF_INIT;

	if (gv_hcl_address(&b, s)) {
		must(b.len > 0 && b.len <= s.len);
		must(memchr(b.p, ' ', b.len) == NULL);
	} else {
		must(b.len == 0);
	}
	gv_buf_release(&b);
}

static int
tell(void *ctx, const struct gv_hcl_block *b)
{
	struct told *t = ctx;
	size_t i, n = b->kind < GV_HCL_MODULE ? 2 : b->kind == GV_HCL_MODULE;

	must(b->line > t->minus);
	for (i = 0; i < 2; i++)
		must((b->labels[i].p != NULL) == (i < n));
	gv_buf_addf(
	    &t->text, "%d %zu %d", b->kind, b->line - t->minus, b->is_counted);
	add(t, b->labels[0]);
	add(t, b->labels[1]);
	add(t, b->source);
	add(t, b->from);
	add(t, b->to);
	must_be_address(b->from);
	must_be_address(b->to);
	gv_buf_addch(&t->text, '\n');
	return 0;
}

static int
read_hcl(struct told *t, const char *text, size_t len)
{
	int r;

	t->begin = text;
	t->end = text + len;
	r = gv_hcl_read(text, len, tell, t);
	must(r == 0 || r == GV_EREFUSED);
	must(r == 0 || strncmp(gv_err_message(), "line ", 5) == 0);
	return r;
}

static void
must_read_again(const uint8_t *data, size_t len, const struct told *first)
{
	struct told t = { .text = GV_BUF_INIT, .minus = 2 };
	struct gv_buf b = GV_BUF_INIT;

	gv_buf_addstr(&b, "/* }\n*/ # \"${\n");
	gv_buf_add(&b, data, len);
	gv_buf_addstr(&b, "\n// <<EOT");
	must(gv_buf_check(&b) == 0);
	must(read_hcl(&t, b.p, b.len) == 0);
	must_be(&t.text, first->text.p, first->text.len);
	gv_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct told t = { .text = GV_BUF_INIT };
	char *exact = calloc(1, len ? len : 1);
	int r;

	must(exact != NULL);
	if (len)
		memcpy(exact, data, len);
	r = read_hcl(&t, exact, len);
	/* a mark at the beginning is one there only */
	if (r == 0 && (len == 0 || data[0] != 0xef))
		must_read_again(data, len, &t);
	gv_buf_reset(&t.text);
	t.begin = t.end = NULL;
	r = gv_hcl_read_json(exact, len, tell, &t);
	must(r == 0 || r == GV_EREFUSED);
	gv_buf_release(&t.text);
	free(exact);
	return 0;
}
