#include "audit/receipt_commit.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"

static bool
begins(const char *line, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - line) >= n && memcmp(line, word, n) == 0;
}

/* One of several is the first, as git has it. */
static int
read_oid(struct gv_oid *out, const char *line, const char *end)
{
	char hex[GV_OID_HEX + 1];

	if (!gv_oid_is_zero(out))
		return 0;
	if (end - line != GV_OID_HEX + 1)
		return GV_ECORRUPT;
	memcpy(hex, line, GV_OID_HEX);
	hex[GV_OID_HEX] = '\0';
	return gv_oid_parse(out, hex) < 0 ? GV_ECORRUPT : 0;
}

/* git has a signature in a header whose further lines begin with a blank, and
 * signs the commit without that header. */
static int
read_header(struct gv_receipt_commit *c, const char *line, const char *end,
    bool *inside)
{
	int r = 0;

	if (*inside && *line == ' ') {
		gv_buf_add(&c->signature, line + 1, (size_t)(end - line - 1));
		return 0;
	}
	*inside = begins(line, end, "gpgsig ");
	if (*inside) {
		gv_buf_add(&c->signature, line + 7, (size_t)(end - line - 7));
		return 0;
	}
	if (begins(line, end, "tree "))
		r = read_oid(&c->tree, line + 5, end);
	else if (begins(line, end, "parent ") && c->n_parents++ == 0)
		r = read_oid(&c->parent, line + 7, end);
	gv_buf_add(&c->bytes, line, (size_t)(end - line));
	return r;
}

int
gv_receipt_commit_parse(
    struct gv_receipt_commit *out, const char *text, size_t len)
{
	const char *line = text, *end = text + len, *nl = NULL;
	bool inside = false;
	int r = 0;

	for (; r == 0 && line < end && *line != '\n'; line = nl + 1) {
		nl = memchr(line, '\n', (size_t)(end - line));
		if (nl == NULL)
			break;
		r = read_header(out, line, nl + 1, &inside);
	}
	/* a line that does not end, or no message behind the headers */
	if (r == GV_ECORRUPT || line == end || *line != '\n' ||
	    gv_oid_is_zero(&out->tree))
		return gv_err(GV_ECORRUPT, "this is no commit of receipts");
	gv_buf_add(&out->bytes, line, (size_t)(end - line));
	r = gv_buf_check(&out->bytes);
	return r < 0 ? r : gv_buf_check(&out->signature);
}

void
gv_receipt_commit_release(struct gv_receipt_commit *c)
{
	if (c == NULL)
		return;
	gv_buf_release(&c->bytes);
	gv_buf_release(&c->signature);
}
