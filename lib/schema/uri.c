#include "schema/uri.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
hex(char c)
{
	if (is_digit(c))
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_scheme(const char *p, size_t len)
{
	size_t i;

	if (len == 0 || !is_letter(*p))
		return false;
	for (i = 1; i < len; i++)
		if (!is_letter(p[i]) && !is_digit(p[i]) &&
		    strchr("+-.", p[i]) == NULL)
			return false;
	return true;
}

static size_t
up_to(const char *p, size_t len, const char *ends)
{
	size_t i;

	for (i = 0; i < len && (p[i] == '\0' || !strchr(ends, p[i])); i++)
		;
	return i;
}

void
gv_uri_split(struct gv_uri *out, const char *p, size_t len)
{
	const char *const end = p + len;
	size_t n;

	memset(out, 0, sizeof(*out));
	n = up_to(p, len, "#");
	if (n < len) {
		out->fragment = p + n + 1;
		out->fragment_len = len - n - 1;
	}
	len = n;
	n = up_to(p, len, "?");
	if (n < len) {
		out->query = p + n + 1;
		out->query_len = len - n - 1;
	}
	len = n;
	n = up_to(p, len, ":/");
	if (n < len && p[n] == ':' && is_scheme(p, n)) {
		out->scheme = p;
		out->scheme_len = n;
		p += n + 1;
		len -= n + 1;
	}
	if (len >= 2 && p[0] == '/' && p[1] == '/') {
		out->authority = p + 2;
		out->authority_len = up_to(p + 2, len - 2, "/");
		p += 2 + out->authority_len;
		len -= 2 + out->authority_len;
	}
	out->path = p < end || len == 0 ? p : end;
	out->path_len = len;
}

/* ---- resolving ----------------------------------------------------------- */

/* Append a path without its "." and ".." (section 5.2.4); `from` is where the
 * path began in *out. */
static void
add_path(struct gv_buf *out, size_t from, const char *p, size_t len)
{
	size_t n;

	while (len) {
		n = *p == '/' ? 1 + up_to(p + 1, len - 1, "/")
			      : up_to(p, len, "/");
		if ((n == 2 && memcmp(p, "/.", 2) == 0) ||
		    (n == 3 && memcmp(p, "/..", 3) == 0)) {
			while (n == 3 && out->len > from &&
			    out->p[--out->len] != '/')
				;
			gv_buf_truncate(out, out->len);
			if (n == len)
				gv_buf_addch(out, '/');
		} else {
			gv_buf_add(out, p, n);
		}
		p += n;
		len -= n;
	}
}

static void
add_merged(struct gv_buf *out, const struct gv_uri *b, const struct gv_uri *r)
{
	struct gv_buf path = GV_BUF_INIT;
	const size_t from = out->len;
	size_t n = b->path_len;

	while (n && b->path[n - 1] != '/')
		n--;
	if (n == 0 && b->authority)
		gv_buf_addch(&path, '/');
	gv_buf_add(&path, b->path, n);
	gv_buf_add(&path, r->path, r->path_len);
	add_path(out, from, path.p, path.len);
	out->failed = out->failed || path.failed;
	gv_buf_release(&path);
}

static void
add_part(struct gv_buf *out, const char *before, const char *p, size_t len)
{
	if (p == NULL)
		return;
	gv_buf_addstr(out, before);
	gv_buf_add(out, p, len);
}

void
gv_uri_resolve(
    struct gv_buf *out, const char *base, const char *ref, size_t len)
{
	struct gv_uri b, r;
	const struct gv_uri *top;

	gv_uri_split(&b, base, strlen(base));
	gv_uri_split(&r, ref, len);
	top = r.scheme ? &r : &b;
	if (top->scheme)
		gv_buf_add(out, top->scheme, top->scheme_len + 1);
	if (r.authority)
		top = &r;
	add_part(out, "//", top->authority, top->authority_len);
	if (top == &r) {
		add_path(out, out->len, r.path, r.path_len);
		add_part(out, "?", r.query, r.query_len);
	} else if (r.path_len == 0) {
		gv_buf_add(out, b.path, b.path_len);
		if (r.query)
			add_part(out, "?", r.query, r.query_len);
		else
			add_part(out, "?", b.query, b.query_len);
	} else {
		if (*r.path == '/')
			add_path(out, out->len, r.path, r.path_len);
		else
			add_merged(out, &b, &r);
		add_part(out, "?", r.query, r.query_len);
	}
	if (r.fragment_len)
		add_part(out, "#", r.fragment, r.fragment_len);
}

bool
gv_uri_decode(struct gv_buf *out, const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != '%') {
			gv_buf_addch(out, p[i]);
		} else if (len - i > 2 && hex(p[i + 1]) >= 0 &&
		    hex(p[i + 2]) >= 0) {
			gv_buf_addch(
			    out, (char)(hex(p[i + 1]) << 4 | hex(p[i + 2])));
			i += 2;
		} else {
			return false;
		}
	return true;
}

/* ---- what is one --------------------------------------------------------- */

bool
gv_uri_is_v4(const char *p, size_t len)
{
	size_t i = 0, parts = 0, n;
	unsigned value;

	for (;;) {
		for (n = value = 0; i < len && is_digit(p[i]) && n < 4;
		     i++, n++)
			value = value * 10 + (unsigned)(p[i] - '0');
		if (n == 0 || n > 3 || value > 255 ||
		    (n > 1 && p[i - n] == '0'))
			return false;
		if (++parts == 4)
			return i == len;
		if (i == len || p[i++] != '.')
			return false;
	}
}

bool
gv_uri_is_v6(const char *p, size_t len)
{
	size_t i = 0, groups = 0, n;
	bool has_gap = false;

	if (len >= 2 && p[0] == ':' && p[1] == ':') {
		has_gap = true;
		i = 2;
	}
	while (i < len) {
		for (n = 0; i + n < len && hex(p[i + n]) >= 0; n++)
			;
		if (i + n < len && p[i + n] == '.') {
			groups += 2;
			if (!gv_uri_is_v4(p + i, len - i))
				return false;
			break;
		}
		if (n == 0 || n > 4 || ++groups > 8)
			return false;
		i += n;
		if (i == len)
			break;
		if (p[i++] != ':' || i == len)
			return false;
		if (p[i] == ':') {
			if (has_gap)
				return false;
			has_gap = true;
			i++;
		}
	}
	return has_gap ? groups < 8 : groups == 8;
}

/* Whether each byte is an unreserved or reserved one of these, a %XX, or with
 * `iri` a letter of another script. */
static bool
is_made_of(const char *p, size_t len, const char *others, bool iri)
{
	size_t i, n;
	uint32_t c;

	for (i = 0; i < len; i += n) {
		n = 1;
		if (p[i] == '%') {
			if (len - i < 3 || hex(p[i + 1]) < 0 ||
			    hex(p[i + 2]) < 0)
				return false;
			n = 3;
		} else if ((unsigned char)p[i] >= 0x80) {
			n = iri ? gv_utf8_next(&c, p + i, len - i) : 0;
			if (n == 0 || c < 0xa0)
				return false;
		} else if (!is_letter(p[i]) && !is_digit(p[i]) &&
		    (p[i] == '\0' ||
			(strchr("-._~!$&'()*+,;=", p[i]) == NULL &&
			    strchr(others, p[i]) == NULL))) {
			return false;
		}
	}
	return true;
}

/* An address in brackets: of version 6, or of a later one. */
static bool
is_bracketed(const char *p, size_t len)
{
	size_t i;

	if (len && (*p == 'v' || *p == 'V')) {
		for (i = 1; i < len && hex(p[i]) >= 0; i++)
			;
		return i > 1 && i + 1 < len && p[i] == '.' &&
		    is_made_of(p + i + 1, len - i - 1, ":", false);
	}
	return gv_uri_is_v6(p, len);
}

static bool
is_authority(const char *p, size_t len, bool iri)
{
	const char *at = len ? memchr(p, '@', len) : NULL;
	size_t n;

	if (at) {
		n = (size_t)(at - p);
		if (!is_made_of(p, n, ":", iri))
			return false;
		p += n + 1;
		len -= n + 1;
	}
	n = up_to(p, len, ":");
	if (len && *p == '[') {
		n = up_to(p, len, "]");
		if (n == len || !is_bracketed(p + 1, n - 1))
			return false;
		n++;
	} else if (!is_made_of(p, n, "", iri)) {
		return false;
	}
	if (n == len)
		return true;
	if (p[n++] != ':')
		return false;
	for (; n < len; n++)
		if (!is_digit(p[n]))
			return false;
	return true;
}

bool
gv_uri_is_valid(const char *p, size_t len, bool relative, bool iri)
{
	struct gv_uri u;

	gv_uri_split(&u, p, len);
	if (u.scheme == NULL &&
	    (!relative ||
		/* the first step of a path has no colon */
		(u.authority == NULL &&
		    memchr(u.path, ':', up_to(u.path, u.path_len, "/")))))
		return false;
	return is_authority(
		   u.authority ? u.authority : "", u.authority_len, iri) &&
	    is_made_of(u.path, u.path_len, ":@/", iri) &&
	    is_made_of(u.query ? u.query : "", u.query_len, ":@/?", iri) &&
	    is_made_of(
		u.fragment ? u.fragment : "", u.fragment_len, ":@/?", iri);
}
