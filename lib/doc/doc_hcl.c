#include "doc/doc_hcl_internal.h"

/*
 * Bodies: a line is an argument, whose expression ends with its line, or a
 * block, which begins a body within this one. What cannot be read ends at the
 * next line that begins, without a blank, with a word.
 */

int
gv_doc_hcl_refuse(struct gv_doc_hcl *h, const char *at, const char *what)
{
	h->wrong = what;
	h->wrong_at = at;
	return GV_EREFUSED;
}

int
gv_doc_hcl_enter(struct gv_doc_hcl *h)
{
	if (h->nested + h->b->depth >= GV_DOC_DEPTH_NESTED)
		return gv_doc_hcl_refuse(h, h->at, "it is nested too deep");
	h->nested++;
	return 0;
}

/* ---- blanks and comments ------------------------------------------------- */

static int
add_comment(struct gv_doc_hcl *h, const char *from)
{
	if (h->is_json)
		return 0;
	return gv_doc_add_comment(
	    h->b, gv_doc_hcl_offset(h, from), gv_doc_hcl_offset(h, h->at));
}

static int
skip_comment(struct gv_doc_hcl *h)
{
	const char *from = h->at;
	const char *end =
	    memmem(from + 2, (size_t)(h->end - from - 2), "*/", 2);

	if (end == NULL) {
		h->at = h->end;
		return gv_doc_hcl_refuse(h, from, "a comment does not end");
	}
	h->at = end + 2;
	return add_comment(h, from);
}

/* To the end of the line, which stays. */
static int
skip_line_comment(struct gv_doc_hcl *h)
{
	const char *from = h->at;
	const char *nl = memchr(from, '\n', (size_t)(h->end - from));

	h->at = nl ? nl : h->end;
	return add_comment(h, from);
}

int
gv_doc_hcl_skip(struct gv_doc_hcl *h)
{
	int r = 0;

	while (r == 0 && h->at < h->end) {
		const char c = *h->at;

		if (c == ' ' || c == '\t')
			h->at++;
		else if (c == '/' && GV_DOC_HCL_IS(h, "/*"))
			r = skip_comment(h);
		else if (h->is_json && c == '\\' &&
		    (GV_DOC_HCL_IS(h, "\\n") || GV_DOC_HCL_IS(h, "\\t")))
			h->at += 2;
		else if (!h->goes_on || !gv_doc_hcl_is_line_end(h))
			break;
		else if (c == '\n' || c == '\r')
			h->at++;
		else
			r = skip_line_comment(h);
	}
	return r;
}

/* To the next argument or block, whatever line it is in. */
static int
skip_to_item(struct gv_doc_hcl *h)
{
	int r;

	h->goes_on = true;
	r = gv_doc_hcl_skip(h);
	h->goes_on = false;
	return r;
}

/* ---- arguments and blocks ------------------------------------------------ */

static int
read_argument(struct gv_doc_hcl *h, const char *name, size_t len)
{
	struct gv_doc_node node = {
		.key_at = (uint32_t)gv_doc_hcl_offset(h, name),
		.key_len = (uint32_t)len,
	};
	int r;

	h->at++; /* the '=' */
	if ((r = gv_doc_hcl_skip(h)) == 0 &&
	    (gv_doc_hcl_is_line_end(h) || *h->at == '}'))
		return gv_doc_hcl_refuse(
		    h, h->at, "an argument without a value");
	return r < 0 ? r : gv_doc_hcl_value(h, &node);
}

static int
read_label(struct gv_doc_hcl *h)
{
	struct gv_doc_node node = { .kind = GV_DOC_LABEL };
	const char *from = h->at;
	int r;

	if (*from == '"') {
		node.style = GV_DOC_STYLE_DOUBLE;
		r = gv_doc_hcl_text(h);
		if (r < 0 && h->wrong == NULL)
			return r;
		if (r < 0 || h->literal != GV_DOC_HCL_TEXT)
			return gv_doc_hcl_refuse(h, from,
			    "a label that is no plain text in its line");
	} else if (gv_doc_hcl_word(h) == 0) {
		return gv_doc_hcl_refuse(
		    h, h->at, "expected an argument or a block");
	}
	node.at = (uint32_t)gv_doc_hcl_offset(h, from);
	node.len = (uint32_t)(h->at - from);
	return gv_doc_add(h->b, &node);
}

static int
read_labels(struct gv_doc_hcl *h)
{
	int r = gv_doc_hcl_skip(h);

	while (r == 0 && h->at < h->end && *h->at != '{') {
		if ((r = read_label(h)) == 0)
			r = gv_doc_hcl_skip(h);
	}
	if (r == 0 && h->at == h->end)
		r = gv_doc_hcl_refuse(h, h->at, "the file ends within a block");
	return r;
}

static int read_item(struct gv_doc_hcl *h);

/* What a block has that goes on behind its line, and its '}'. */
static int
read_lines(struct gv_doc_hcl *h, const char *from)
{
	int r = skip_to_item(h);

	while (r == 0 && h->at < h->end && *h->at != '}') {
		if ((r = read_item(h)) == 0)
			r = skip_to_item(h);
	}
	if (r == 0 && h->at == h->end)
		r = gv_doc_hcl_refuse(h, from, "a block is not closed");
	return r;
}

/* { }, and { name = value } */
static int
read_one_line(struct gv_doc_hcl *h)
{
	const char *name = h->at;
	const size_t len = gv_doc_hcl_word(h);
	int r = gv_doc_hcl_skip(h);

	if (r == 0 && len) {
		if (gv_doc_hcl_peek(h) != '=' || GV_DOC_HCL_IS(h, "=="))
			return gv_doc_hcl_refuse(h, h->at,
			    "a block of one line has one argument and nothing else");
		if ((r = read_argument(h, name, len)) == 0)
			r = gv_doc_hcl_skip(h);
	}
	if (r == 0 && gv_doc_hcl_peek(h) != '}')
		r = gv_doc_hcl_refuse(h, h->at,
		    "a block that begins in its first line ends there, too");
	return r;
}

static int
read_block(struct gv_doc_hcl *h, const char *type, size_t len)
{
	struct gv_doc_node node = {
		.key_at = (uint32_t)gv_doc_hcl_offset(h, type),
		.key_len = (uint32_t)len,
		.at = (uint32_t)gv_doc_hcl_offset(h, type),
		.kind = GV_DOC_BLOCK,
	};
	int r = gv_doc_hcl_enter(h);

	if (r < 0)
		return r;
	h->nested--; /* it counts as an open node */
	if ((r = gv_doc_open(h->b, &node)) == 0)
		r = read_labels(h);
	if (r < 0)
		return r;
	h->at++; /* the '{' */
	if ((r = gv_doc_hcl_skip(h)) == 0)
		r = gv_doc_hcl_is_line_end(h) ? read_lines(h, type)
					      : read_one_line(h);
	if (r < 0)
		return r;
	h->last = ++h->at;
	gv_doc_close(h->b, gv_doc_hcl_offset(h, h->at));
	return 0;
}

/* An argument or a block, and that nothing is behind it in its line. */
static int
read_item(struct gv_doc_hcl *h)
{
	const char *name = h->at;
	const size_t len = gv_doc_hcl_word(h);
	int r;

	if (len == 0)
		return gv_doc_hcl_refuse(
		    h, h->at, "expected an argument or a block");
	r = gv_doc_hcl_skip(h);
	if (r < 0)
		return r;
	if (gv_doc_hcl_peek(h) == '=' && !GV_DOC_HCL_IS(h, "=="))
		r = read_argument(h, name, len);
	else
		r = read_block(h, name, len);
	if (r == 0 && (r = gv_doc_hcl_skip(h)) == 0 &&
	    !gv_doc_hcl_is_line_end(h))
		r = gv_doc_hcl_refuse(h, h->at, "something after the end");
	return r;
}

/* ---- the file ------------------------------------------------------------ */

/* The next line that begins with a word, behind `at`. */
static const char *
find_line(const struct gv_doc_hcl *h, const char *at)
{
	while ((at = memchr(at, '\n', (size_t)(h->end - at)))) {
		at++;
		if (at < h->end && (gv_doc_is_letter(*at) || *at == '_'))
			return at;
	}
	return h->end;
}

/* Mark what could not be read, and go on behind it. */
static int
recover(struct gv_doc_hcl *h)
{
	struct gv_doc *d = h->b->doc;
	const char *from = h->last, *at = h->wrong_at;
	size_t end;

	if (from > h->at)
		from = h->at;
	if (at < from)
		at = from;
	if (h->at > at)
		h->wasted += (size_t)(h->at - at);
	h->at = find_line(h, at);
	end = gv_doc_hcl_offset(h, h->at);
	gv_doc_close_to(h->b, 1, gv_doc_hcl_offset(h, from));
	/* what is read again has its comments again */
	while (d->n_comments && d->comments[d->n_comments - 1].at >= end)
		d->n_comments--;
	h->nested = 0;
	h->n_names = 0;
	h->goes_on = false;
	return gv_doc_add_broken(h->b, gv_doc_hcl_offset(h, from), end,
	    gv_doc_hcl_offset(h, h->wrong_at), h->wrong);
}

int
gv_doc_read_hcl(struct gv_doc_builder *b, size_t from)
{
	struct gv_doc *d = b->doc;
	struct gv_doc_node root = { .kind = GV_DOC_MAP, .at = (uint32_t)from };
	struct gv_doc_hcl h = { .b = b,
		.at = d->text + from,
		.end = d->text + d->len,
		.last = d->text + from };
	int r = gv_doc_open(b, &root);

	while (r == 0) {
		if ((r = skip_to_item(&h)) == 0 && h.at == h.end)
			break;
		if (r == 0)
			r = read_item(&h);
		if (r == GV_EREFUSED && h.wrong) {
			r = recover(&h);
			h.wrong = NULL;
		}
		if (d->n_errors == GV_DOC_ERRORS_MAX || h.wasted > d->len * 2)
			r = gv_doc_add_broken(b, gv_doc_hcl_offset(&h, h.at),
				d->len, 0, NULL) < 0
			    ? r
			    : GV_EREFUSED;
	}
	return r;
}
