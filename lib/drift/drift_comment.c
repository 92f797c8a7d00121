#include "base/err.h"
#include "drift/drift_internal.h"

/*
 * Comments of a key: the lines directly above it, and what is behind its value.
 * None of them is ever printed, since there may be a secret in it.
 */

/* Whether a comment begins there. */
static bool
is_comment(enum gv_doc_format format, const char *p, const char *end)
{
	if (p == end)
		return false;
	switch (format) {
	case GV_DOC_FORMAT_HCL:
		return *p == '#' || (end - p > 1 && p[0] == '/' && p[1] == '/');
	case GV_DOC_FORMAT_INI:
	case GV_DOC_FORMAT_PROPERTIES:
		return *p == '#' || *p == ';' || *p == '!';
	case GV_DOC_FORMAT_JSON:
	case GV_DOC_FORMAT_XML:
		return false;
	default:
		return *p == '#';
	}
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static const char *
line_of(const char *text, const char *p)
{
	while (p > text && p[-1] != '\n')
		p--;
	return p;
}

static const char *
end_of(const char *p, const char *end)
{
	const char *eol = memchr(p, '\n', (size_t)(end - p));

	return eol ? eol : end;
}

/* Append a comment without the blanks around it. */
static void
add(struct gv_buf *out, const char *p, const char *end)
{
	while (
	    end > p && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	gv_buf_add(out, p, (size_t)(end - p));
	gv_buf_addch(out, '\n');
}

static void
add_above(struct gv_buf *out, enum gv_doc_format format, const char *text,
    const char *line)
{
	const char *from = line, *p;

	while (from > text) {
		p = line_of(text, from - 1);
		if (!is_comment(format, skip_blanks(p, from), from))
			break;
		from = p;
	}
	for (; from < line; from = end_of(from, line) + 1)
		add(out, skip_blanks(from, line), end_of(from, line));
}

static void
add_behind(struct gv_buf *out, enum gv_doc_format format, const char *p,
    const char *end)
{
	const char *eol = end_of(p, end);

	/* a quote, a comma or a bracket may stand between them */
	for (; p < eol; p++)
		if ((*p == ' ' || *p == '\t') &&
		    is_comment(format, skip_blanks(p, eol), eol)) {
			add(out, skip_blanks(p, eol), eol);
			return;
		}
}

static void
find_comments(struct gv_buf *out, const struct gv_drift *d,
    const struct gv_drift_key *key)
{
	const struct gv_doc *doc = &key->of->doc;
	const struct gv_doc_node *n = &doc->nodes[key->node];
	const char *text = key->of->file.text, *end = text + key->of->file.len;
	const char *at = text + (n->key_len ? n->key_at : n->at);
	struct gv_buf raw = GV_BUF_INIT;

	add_above(&raw, doc->format, text, line_of(text, at));
	add_behind(&raw, doc->format, text + n->at + n->len, end);
	if (raw.len && key->of->file.env != GV_DRIFT_SHARED)
		gv_envname_fold(
		    out, &d->opts->names, key->of->file.env, raw.p, raw.len);
	else
		gv_buf_add(out, raw.p, raw.len);
	gv_buf_release(&raw);
}

bool
gv_drift_comments_differ(const struct gv_drift *d,
    const struct gv_drift_key *low, const struct gv_drift_key *high)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT;
	bool differ = false;

	if (low->of->doc.n == 0 || high->of->doc.n == 0 ||
	    low->of->file.text == NULL || high->of->file.text == NULL)
		return false;
	find_comments(&a, d, low);
	find_comments(&b, d, high);
	if (gv_buf_check(&a) == 0 && gv_buf_check(&b) == 0)
		differ = !gv_buf_equal(&a, &b);
	gv_buf_release(&a);
	gv_buf_release(&b);
	return differ;
}
