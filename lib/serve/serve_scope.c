#include "serve/serve_scope.h"

#include <string.h>

#include "base/buf.h"

static bool
has(const struct gv_buf *scope, const char *env, size_t len)
{
	const char *p = scope->p, *end = p + scope->len;
	size_t n;

	for (; p && p < end; p += n + 1) {
		n = strlen(p);
		if (strcmp(p, "*") == 0 || (n == len && memcmp(p, env, n) == 0))
			return true;
	}
	return false;
}

bool
gv_serve_scope_has(const struct gv_buf *scope, const char *env)
{
	return scope == NULL || env == NULL || *env == '\0' ||
	    has(scope, env, strlen(env));
}

/* The end of a label's value, which begins behind its quote: at the next one
 * that no backslash is in front of. */
static const char *
value_end(const char *p, const char *end)
{
	for (; p < end && *p != '"'; p++)
		if (*p == '\\' && p + 1 < end)
			p++;
	return p;
}

/* Whether a line is about no environment, or one of the scope. No environment
 * has a name with a sign that has to be escaped. */
static bool
is_for(const struct gv_buf *scope, const char *line, const char *end)
{
	static const char label[] = "environment";
	const char *p = memchr(line, '{', (size_t)(end - line)), *name, *value;

	if (*line == '#' || p == NULL)
		return true;
	for (p++; p < end && *p != '}'; p += p < end && *p == ',') {
		name = p;
		while (p < end && *p != '=')
			p++;
		if (end - p < 2)
			return false;
		value = p + 2;
		if ((size_t)(p - name) == strlen(label) &&
		    memcmp(name, label, strlen(label)) == 0) {
			p = value_end(value, end);
			return p == value ||
			    has(scope, value, (size_t)(p - value));
		}
		p = value_end(value, end);
		p += p < end;
	}
	return true;
}

int
gv_serve_scope_cut(struct gv_buf *text, const struct gv_buf *scope)
{
	struct gv_buf out = GV_BUF_INIT;
	const char *p = text->p, *all = p + text->len, *end;
	int r = gv_buf_check(text);

	if (r < 0 || scope == NULL || text->len == 0)
		return r;
	for (; p < all; p = end) {
		end = memchr(p, '\n', (size_t)(all - p));
		end = end ? end + 1 : all;
		if (is_for(scope, p, end))
			gv_buf_add(&out, p, (size_t)(end - p));
	}
	if ((r = gv_buf_check(&out)) < 0) {
		gv_buf_release(&out);
		return r;
	}
	gv_buf_release(text);
	*text = out;
	return 0;
}
