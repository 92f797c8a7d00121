#include "net/profile.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "sys/file.h"

#define MOST (1 << 20) /* bytes of a file */

int
gv_profile_load(struct gv_secret *out, const char *path)
{
	struct stat st;
	ssize_t n;
	int fd, r = gv_file_open(&fd, &st, AT_FDCWD, path);

	if (r < 0)
		return r;
	if (st.st_size > MOST)
		r = gv_err(
		    GV_EREFUSED, "%s is too large for such a file", path);
	/* and for a NUL */
	if (r == 0 && (r = gv_secret_grow(out, (size_t)st.st_size + 1)) == 0) {
		n = gv_file_read_full(
		    fd, out->p + out->len, (size_t)st.st_size);
		if (n < 0)
			r = gv_err_sys("cannot read %s", path);
		else
			out->len += (size_t)n;
	}
	gv_file_close(fd);
	while (r == 0 && out->len &&
	    (out->p[out->len - 1] == '\n' || out->p[out->len - 1] == '\r'))
		gv_secret_truncate(out, out->len - 1);
	return r;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct gv_profile_piece
trim(const char *p, size_t len)
{
	while (len && is_blank(p[len - 1]))
		len--;
	while (len && is_blank(*p))
		p++, len--;
	return (struct gv_profile_piece){ p, len };
}

bool
gv_profile_is(struct gv_profile_piece piece, const char *text)
{
	return strlen(text) == piece.len &&
	    memcmp(piece.p, text, piece.len) == 0;
}

int
gv_profile_keep(struct gv_secret *out, struct gv_profile_piece piece)
{
	int r;

	gv_secret_reset(out);
	r = gv_secret_add(out, piece.p, piece.len);
	return r < 0 ? r : gv_secret_add(out, "", 1);
}

/* A walk through a file. */
struct walk {
	const char *section;
	bool is_ours, is_there;
	gv_profile_fn *fn;
	void *ctx;
};

static int
read_line(struct walk *w, struct gv_profile_piece line)
{
	struct gv_profile_piece value;
	const char *equals;
	size_t rest;

	if (line.len == 0 || *line.p == '#' || *line.p == ';')
		return 0;
	if (*line.p == '[') {
		w->is_ours = line.p[line.len - 1] == ']' &&
		    gv_profile_is(trim(line.p + 1, line.len - 2), w->section);
		w->is_there |= w->is_ours;
		return 0;
	}
	equals = memchr(line.p, '=', line.len);
	if (!w->is_ours || equals == NULL)
		return 0;
	rest = line.len - (size_t)(equals - line.p) - 1;
	value = trim(equals + 1, rest);
	/* an invalid one cannot stand in a field of a request */
	if (value.len == 0 || memchr(value.p, '\0', value.len))
		return 0;
	return w->fn(w->ctx, trim(line.p, (size_t)(equals - line.p)), value);
}

int
gv_profile_each(const void *data, size_t len, const char *section,
    gv_profile_fn *fn, void *ctx)
{
	struct walk w = { section, false, false, fn, ctx };
	const char *p = data;
	int r = 0;

	while (r == 0 && len) {
		const char *stop = memchr(p, '\n', len);
		size_t line = stop ? (size_t)(stop - p) : len;

		r = read_line(&w, trim(p, line));
		line += stop != NULL;
		p += line;
		len -= line;
	}
	return r ? r : w.is_there;
}
