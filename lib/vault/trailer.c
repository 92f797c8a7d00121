#include "vault/trailer.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"

static bool
has_control(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			return true;
	return false;
}

/* A value that would not come back as it is when read from its line. */
static bool
needs_quotes(const char *v, size_t len)
{
	return len == 0 || v[0] == '"' || v[0] == ' ' || v[len - 1] == ' ' ||
	    has_control(v, len);
}

void
gv_trailer_add(struct gv_buf *out, const char *key, const char *v)
{
	size_t len = strlen(v);

	gv_buf_addstr(out, key);
	gv_buf_add(out, ": ", 2);
	if (!needs_quotes(v, len)) {
		gv_buf_add(out, v, len);
		gv_buf_addch(out, '\n');
		return;
	}
	gv_buf_addch(out, '"');
	for (; *v; v++) {
		unsigned char ch = (unsigned char)*v;

		if (ch < 0x20 || ch == 0x7f)
			gv_buf_addf(out, "\\%03o", ch);
		else if (ch == '"' || ch == '\\')
			gv_buf_addf(out, "\\%c", ch);
		else
			gv_buf_addch(out, *v);
	}
	gv_buf_addstr(out, "\"\n");
}

void
gv_trailer_begin(struct gv_trailer_iter *it, const char *message, size_t len)
{
	size_t at;

	while (len && message[len - 1] == '\n')
		len--;
	for (at = len; at > 1; at--)
		if (message[at - 1] == '\n' && message[at - 2] == '\n')
			break;
	it->end = message + len;
	it->p = at > 1 ? message + at : it->end;
}

bool
gv_trailer_is_key(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!((p[i] >= 'a' && p[i] <= 'z') ||
			(p[i] >= 'A' && p[i] <= 'Z') ||
			(p[i] >= '0' && p[i] <= '9') || p[i] == '-'))
			return false;
	return n > 0;
}

int
gv_trailer_next(struct gv_trailer_iter *it, struct gv_trailer *t)
{
	const char *lf, *colon;
	size_t len;

	if (it->p >= it->end)
		return 0;
	lf = memchr(it->p, '\n', (size_t)(it->end - it->p));
	len = (size_t)((lf ? lf : it->end) - it->p);
	colon = memmem(it->p, len, ": ", 2);
	if (colon == NULL || !gv_trailer_is_key(it->p, (size_t)(colon - it->p)))
		return gv_err(GV_ECORRUPT,
		    "the last paragraph of its commit message holds a line "
		    "that is no trailer");
	t->key = it->p;
	t->key_len = (size_t)(colon - it->p);
	t->value = colon + 2;
	t->value_len = len - t->key_len - 2;
	it->p = lf ? lf + 1 : it->end;
	return 1;
}

bool
gv_trailer_is(const struct gv_trailer *t, const char *key)
{
	return strlen(key) == t->key_len &&
	    memcmp(key, t->key, t->key_len) == 0;
}

int
gv_trailer_read(char **out, const char *key, const char *value, size_t len)
{
	struct gv_buf plain = GV_BUF_INIT;
	size_t used = len;
	int r = 0;

	*out = NULL;
	if (len == 0 || has_control(value, len))
		return gv_err(GV_ECORRUPT,
		    "its trailer %s is empty or holds a control character",
		    key);
	if (value[0] == '"')
		r = gv_path_unquote(&plain, value, len, &used);
	else
		gv_buf_add(&plain, value, len);
	if (r == 0)
		r = gv_buf_check(&plain);
	if (r == GV_ECORRUPT ||
	    (r == 0 && (used != len || strlen(plain.p) != plain.len)))
		r = gv_err(GV_ECORRUPT, "its trailer %s is badly quoted", key);
	if (r == 0) {
		*out = gv_buf_take(&plain);
		r = *out ? 0 : GV_ENOMEM;
	}
	gv_buf_release(&plain);
	return r;
}
