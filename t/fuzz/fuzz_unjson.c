/*
 * Any bytes as JSON: read without going astray, all nodes within the bounds
 * that are promised and within the bytes; and what was read, written in the
 * plainest form, is read as the same.
 */
#include "fuzz.h"

#include "base/err.h"
#include "base/utf8.h"
#include "format/unjson.h"

static void
write_text(struct gv_buf *out, const char *text, size_t len)
{
	size_t i;

	must(gv_utf8_is_valid(text, len) && text[len] == '\0');
	gv_buf_addch(out, '"');
	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == '"' ||
		    text[i] == '\\')
			gv_buf_addf(out, "\\u%04x", (unsigned)text[i]);
		else
			gv_buf_addch(out, text[i]);
	gv_buf_addch(out, '"');
}

static void
write_node(
    struct gv_buf *out, const struct gv_unjson_node *node, unsigned depth)
{
	const struct gv_unjson_node *n;
	bool is_map = node->kind == GV_UNJSON_MAP;

	must(depth <= GV_UNJSON_MAX_DEPTH);
	if (node->kind == GV_UNJSON_TEXT) {
		write_text(out, node->text, node->len);
	} else if (node->kind == GV_UNJSON_NUMBER) {
		must(strlen(node->text) == node->len);
		gv_buf_addstr(out, node->text);
	} else if (!is_map && node->kind != GV_UNJSON_LIST) {
		gv_buf_addstr(out,
		    node->kind == GV_UNJSON_NULL       ? "null"
			: node->kind == GV_UNJSON_TRUE ? "true"
						       : "false");
	} else {
		gv_buf_addch(out, is_map ? '{' : '[');
		for (n = node->first; n; n = n->next) {
			if (is_map) {
				write_text(out, n->key, n->key_len);
				gv_buf_addch(out, ':');
			}
			write_node(out, n, depth + 1);
			if (n->next)
				gv_buf_addch(out, ',');
		}
		gv_buf_addch(out, is_map ? '}' : ']');
	}
}

/* Whether the bytes are JSON; then in the plainest form. */
static int
rewrite(struct gv_buf *out, const void *data, size_t len)
{
	struct gv_unjson *doc;
	char *copy = malloc(len + 1);
	int r;

	must(copy != NULL);
	memcpy(copy, data, len);
	r = gv_unjson_parse(&doc, "f", copy, len);
	if (r == 0) {
		write_node(out, gv_unjson_root(doc), 1);
		gv_unjson_free(doc);
	} else {
		must(r == GV_EREFUSED && *gv_err_message());
	}
	free(copy);
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf once = GV_BUF_INIT, twice = GV_BUF_INIT;

	if (rewrite(&once, data, len) == 0) {
		must(rewrite(&twice, once.p, once.len) == 0);
		must_be(&twice, once.p, once.len);
	}
	gv_buf_release(&once);
	return 0;
}
