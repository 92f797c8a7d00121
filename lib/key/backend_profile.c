#include <string.h>

#include "base/err.h"
#include "key/backend_internal.h"

/* A piece of the file. */
struct piece {
	const char *p;
	size_t len;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct piece
trim(const char *p, size_t len)
{
	while (len && is_blank(p[len - 1]))
		len--;
	while (len && is_blank(*p))
		p++, len--;
	return (struct piece){ p, len };
}

static bool
is(struct piece a, const char *text)
{
	return strlen(text) == a.len && memcmp(a.p, text, a.len) == 0;
}

/* The last one counts, as it does for Amazon's own programs. */
static int
take(struct gv_backend_profile *out, struct piece name, struct piece value)
{
	struct gv_secret *to;
	int r;

	if (is(name, "aws_access_key_id"))
		to = &out->id;
	else if (is(name, "aws_secret_access_key"))
		to = &out->key;
	else if (is(name, "aws_session_token"))
		to = &out->token;
	else
		return 0;
	/* an invalid one cannot stand in a field of a request */
	if (value.len == 0 || memchr(value.p, '\0', value.len))
		return 0;
	gv_secret_reset(to);
	r = gv_secret_add(to, value.p, value.len);
	return r < 0 ? r : gv_secret_add(to, "", 1);
}

static int
read_line(struct gv_backend_profile *out, struct piece line, bool *is_ours,
    const char *name)
{
	const char *equals;

	if (line.len == 0 || *line.p == '#' || *line.p == ';')
		return 0;
	if (*line.p == '[') {
		*is_ours = line.p[line.len - 1] == ']' &&
		    is(trim(line.p + 1, line.len - 2), name);
		return 0;
	}
	equals = memchr(line.p, '=', line.len);
	if (!*is_ours || equals == NULL)
		return 0;
	return take(out, trim(line.p, (size_t)(equals - line.p)),
	    trim(equals + 1, (size_t)(line.p + line.len - equals - 1)));
}

int
gv_backend_profile_read(struct gv_backend_profile *out, const char *name,
    const char *data, size_t len)
{
	const char *end = data + len;
	bool is_ours = false;
	int r = 0;

	while (r == 0 && data < end) {
		const char *stop = memchr(data, '\n', (size_t)(end - data));

		if (stop == NULL)
			stop = end;
		r = read_line(
		    out, trim(data, (size_t)(stop - data)), &is_ours, name);
		data = stop + (stop < end);
	}
	if (r == 0 && (out->id.len == 0 || out->key.len == 0))
		r = GV_ENOTFOUND;
	return r;
}

void
gv_backend_profile_release(struct gv_backend_profile *profile)
{
	gv_secret_release(&profile->id);
	gv_secret_release(&profile->key);
	gv_secret_release(&profile->token);
}
