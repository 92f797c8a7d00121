#include "base/path.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void
gv_path_quote(struct gv_buf *out, const char *path, size_t len)
{
	static const char names[] = "abtnvfr"; /* from 7 on */
	size_t i;

	for (i = 0; i < len && is_plain((unsigned char)path[i]); i++)
		;
	if (i == len) {
		gv_buf_add(out, path, len);
		return;
	}
	gv_buf_addch(out, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)path[i];

		if (is_plain(c))
			gv_buf_addch(out, (char)c);
		else if (c == '"' || c == '\\')
			gv_buf_addf(out, "\\%c", c);
		else if (c >= 7 && c <= 13)
			gv_buf_addf(out, "\\%c", names[c - 7]);
		else
			gv_buf_addf(out, "\\%03o", c);
	}
	gv_buf_addch(out, '"');
}

/* One escape behind a backslash; returns its length, 0 for no escape. */
static size_t
unescape(const char *text, size_t len, char *out)
{
	static const char from[] = "abtnvfr\"\\", to[] = "\a\b\t\n\v\f\r\"\\";
	const char *at = len && text[0] ? strchr(from, text[0]) : NULL;
	size_t i;
	unsigned v = 0;

	if (at) {
		*out = to[at - from];
		return 1;
	}
	for (i = 0; i < 3; i++) {
		if (i >= len || text[i] < '0' || text[i] > '7')
			return 0;
		v = v * 8 + (unsigned)(text[i] - '0');
	}
	*out = (char)v;
	return v < 256 ? 3 : 0;
}

int
gv_path_unquote(struct gv_buf *out, const char *text, size_t len, size_t *used)
{
	size_t before = out->len, i, n;
	char c;

	if (len == 0 || text[0] != '"')
		goto bad;
	for (i = 1; i < len && text[i] != '"'; i++) {
		c = text[i];
		if (c == '\\') {
			n = unescape(text + i + 1, len - i - 1, &c);
			if (n == 0)
				goto bad;
			i += n;
		}
		gv_buf_addch(out, c);
	}
	if (i == len)
		goto bad;
	*used = i + 1;
	return gv_buf_check(out);
bad:
	gv_buf_truncate(out, before);
	return gv_err(GV_ECORRUPT, "a quoted path name is damaged");
}

/* Code points of three bytes that HFS+ ignores in names: U+200C–200F,
 * U+202A–202E, U+206A–206F, U+FEFF. */
static bool
is_hfs_ignored(const unsigned char *q)
{
	unsigned v = (unsigned)q[0] << 16 | (unsigned)q[1] << 8 | q[2];

	return (v >= 0xe2808c && v <= 0xe2808f) ||
	    (v >= 0xe280aa && v <= 0xe280ae) ||
	    (v >= 0xe281aa && v <= 0xe281af) || v == 0xefbbbf;
}

/* The next character as HFS+ would compare it: ASCII is folded; 0 at the end
 * and 0x80 for anything else. */
static int
hfs_next(const unsigned char **p, const unsigned char *end)
{
	while (*p < end) {
		const unsigned char *q = *p;

		if (*q < 0x80) {
			*p = q + 1;
			return *q >= 'A' && *q <= 'Z' ? *q + 32 : *q;
		}
		if (end - q < 3 || !is_hfs_ignored(q))
			return 0x80;
		*p = q + 3;
	}
	return 0;
}

static bool
is_hfs_dotgit(const char *name, size_t len)
{
	const unsigned char *p = (const unsigned char *)name, *end = p + len;
	const char *want = ".git";

	for (; *want; want++)
		if (hfs_next(&p, end) != *want)
			return false;
	return hfs_next(&p, end) == 0;
}

static bool
is_ntfs_dotgit(const char *name, size_t len)
{
	size_t n;

	if (len >= 4 && strncasecmp(name, ".git", 4) == 0)
		n = 4;
	else if (len >= 5 && strncasecmp(name, "git~1", 5) == 0)
		n = 5;
	else
		return false;
	while (n < len && (name[n] == '.' || name[n] == ' '))
		n++;
	return n == len || name[n] == ':' || name[n] == '\\';
}

bool
gv_path_is_safe(const char *name, size_t len)
{
	if (len == 0 || memchr(name, '/', len) || memchr(name, '\0', len))
		return false;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return false;
	return !is_hfs_dotgit(name, len) && !is_ntfs_dotgit(name, len);
}

bool
gv_path_is_all_safe(const char *path)
{
	size_t n;

	for (;; path += n + 1) {
		n = strcspn(path, "/");
		if (!gv_path_is_safe(path, n))
			return false;
		if (path[n] == '\0')
			return true;
	}
}

bool
gv_path_is_below(const char *path, size_t len, const char *dir, size_t dir_len)
{
	if (dir_len == 0)
		return true;
	return len >= dir_len && memcmp(path, dir, dir_len) == 0 &&
	    (len == dir_len || path[dir_len] == '/');
}

int
gv_path_compare(const char *a, size_t a_len, bool a_dir, const char *b,
    size_t b_len, bool b_dir)
{
	size_t n = a_len < b_len ? a_len : b_len;
	int c = n ? memcmp(a, b, n) : 0, x, y;

	if (c)
		return c;
	x = a_len > n ? (unsigned char)a[n] : (a_dir ? '/' : 0);
	y = b_len > n ? (unsigned char)b[n] : (b_dir ? '/' : 0);
	return x - y;
}
