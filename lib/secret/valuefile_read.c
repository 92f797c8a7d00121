#include <string.h>

#include "base/err.h"
#include "crypto/digits.h"
#include "format/unjson.h"
#include "secret/valuefile.h"

#define NAME_SIZE 256

/* ---- lines of an environment ---- */

/* Where reading is; what is decoded is written over what was read, which is
 * never shorter. */
struct reading {
	char *p, *end;
	unsigned line;
};

static int
refuse(const struct reading *r, const char *what)
{
	return gv_err(GV_EREFUSED, "line %u: %s", r->line, what);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
skip_blanks(struct reading *in)
{
	while (in->p < in->end && is_blank(*in->p))
		in->p++;
}

static void
skip_line(struct reading *in)
{
	while (in->p < in->end && *in->p != '\n')
		in->p++;
	if (in->p < in->end)
		in->p++;
	in->line++;
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

/* [export] NAME= */
static int
read_name(struct reading *in, char name[NAME_SIZE])
{
	size_t n = 0;

	if (in->end - in->p > 7 && memcmp(in->p, "export", 6) == 0 &&
	    is_blank(in->p[6])) {
		in->p += 6;
		skip_blanks(in);
	}
	while (in->p < in->end && is_name(*in->p) && n + 1 < NAME_SIZE)
		name[n++] = *in->p++;
	name[n] = '\0';
	if (n == 0 || in->p == in->end || *in->p != '=')
		return refuse(in, "there is no NAME=value");
	in->p++;
	return 0;
}

/* What may stand behind a backslash between double quotes. */
static char
unescape(char c)
{
	return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
}

static int
read_quoted(struct reading *in, char **to)
{
	char quote = *in->p++;

	for (;; in->p++) {
		if (in->p == in->end)
			return refuse(in, "a quote is not closed");
		if (*in->p == quote)
			break;
		if (*in->p == '\n')
			in->line++;
		if (quote == '"' && *in->p == '\\' && in->p + 1 < in->end) {
			in->p++;
			*(*to)++ = unescape(*in->p);
		} else {
			*(*to)++ = *in->p;
		}
	}
	in->p++;
	return 0;
}

/* Quoted pieces and plain ones, as a shell puts them together. */
static int
read_value(struct reading *in, char **value, size_t *len)
{
	char *to = in->p;
	int r = 0;

	*value = in->p;
	while (r == 0 && in->p < in->end && *in->p != '\n') {
		if (*in->p == '\'' || *in->p == '"') {
			r = read_quoted(in, &to);
		} else if (is_blank(*in->p)) {
			skip_blanks(in);
			if (in->p < in->end && *in->p != '\n' && *in->p != '#')
				return refuse(in,
				    "a blank is in a value that is not "
				    "quoted");
			while (in->p < in->end && *in->p != '\n')
				in->p++;
		} else {
			if (*in->p == '\\' && in->p + 1 < in->end &&
			    in->p[1] != '\n')
				in->p++;
			*to++ = *in->p++;
		}
	}
	*len = (size_t)(to - *value);
	return r;
}

static int
read_env(struct gv_valuefile *b, struct gv_secret *text)
{
	struct reading in = { .line = 1 };
	char name[NAME_SIZE], *value;
	size_t len = 0;
	int r = 0;

	in.p = (char *)text->p;
	in.end = in.p + text->len;
	while (r == 0 && in.p < in.end) {
		skip_blanks(&in);
		if (in.p < in.end && *in.p != '\n' && *in.p != '#') {
			if ((r = read_name(&in, name)) == 0 &&
			    (r = read_value(&in, &value, &len)) == 0)
				r = gv_valuefile_add(b, NULL, name, value, len);
		}
		if (r == 0)
			skip_line(&in);
	}
	return r;
}

/* ---- JSON ---- */

static int
add_base64(struct gv_valuefile *b, const char *name, const char *text)
{
	struct gv_secret bytes = GV_SECRET_INIT;
	size_t len = strlen(text), n = 0;
	int r;

	if ((r = gv_secret_grow(&bytes, len + 1)) < 0)
		goto out;
	if (gv_digits_read(
		bytes.p, bytes.cap, &n, text, len, GV_DIGITS_PADDED) < 0) {
		r = gv_err(GV_EREFUSED, "the value %s is no base64", name);
		goto out;
	}
	r = gv_valuefile_add(b, NULL, name, bytes.p, n);
out:
	if (n)
		memset(bytes.p, 0, n);
	gv_secret_release(&bytes);
	return r;
}

static int
add_node(struct gv_valuefile *b, const struct gv_unjson_node *node)
{
	const char *base64 = gv_unjson_get_text(node, "base64");

	if (strlen(node->key) != node->key_len || node->key_len == 0 ||
	    node->key_len >= NAME_SIZE)
		return gv_err(GV_EREFUSED, "a name in it can be none");
	if (node->kind == GV_UNJSON_TEXT || node->kind == GV_UNJSON_NUMBER)
		return gv_valuefile_add(
		    b, NULL, node->key, node->text, node->len);
	if (base64)
		return add_base64(b, node->key, base64);
	return gv_err(GV_EREFUSED,
	    "the value %s is neither a text nor a number", node->key);
}

static int
read_json(struct gv_valuefile *b, struct gv_secret *text)
{
	const struct gv_unjson_node *node;
	struct gv_unjson *doc = NULL;
	int r;

	/* the byte behind */
	if ((r = gv_secret_add(text, "", 1)) < 0 ||
	    (r = gv_unjson_parse(
		 &doc, "the bundle", (char *)text->p, text->len - 1)) < 0)
		goto out;
	if (gv_unjson_root(doc)->kind != GV_UNJSON_MAP) {
		r = gv_err(GV_EREFUSED, "it is no JSON object of values");
		goto out;
	}
	for (node = gv_unjson_root(doc)->first; r == 0 && node;
	     node = node->next)
		r = add_node(b, node);
out:
	gv_unjson_free(doc);
	return r;
}

int
gv_valuefile_read(struct gv_valuefile *b, enum gv_valuefile_format format,
    struct gv_secret *text)
{
	size_t n = b->n, len = b->bytes.len;
	int r = format == GV_VALUEFILE_ENV ? read_env(b, text)
	    : format == GV_VALUEFILE_JSON
	    ? read_json(b, text)
	    : gv_err(GV_EUSAGE, "a manifest of Kubernetes is not read");

	if (r < 0) {
		b->n = n;
		gv_secret_truncate(&b->bytes, len);
	}
	return r;
}
