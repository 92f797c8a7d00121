#include "view/diff.h"

#include <string.h>

#include "base/err.h"
#include "base/vec.h"

/* ":100644 100755 <oid> <oid> M" NUL path NUL, and for R and C a number
 * behind the letter and a second path. */
#define FIXED (1 + 6 + 1 + 6 + 1 + GV_OID_HEX + 1 + GV_OID_HEX + 1)

struct raw {
	const char *p, *end;
};

static int
broken(void)
{
	return gv_err(GV_ECORRUPT,
	    "git diff-tree printed unexpected output; is git-vault older than "
	    "this git?");
}

static int
parse_mode(unsigned *out, const char *p)
{
	int i;

	*out = 0;
	for (i = 0; i < 6; i++) {
		if (p[i] < '0' || p[i] > '7')
			return GV_ERROR;
		*out = *out * 8 + (unsigned)(p[i] - '0');
	}
	return p[6] == ' ' ? 0 : GV_ERROR;
}

static int
take_path(
    struct raw *raw, struct gv_arena *arena, const char **path, size_t *len)
{
	const char *nul = memchr(raw->p, '\0', (size_t)(raw->end - raw->p));

	if (nul == NULL || nul == raw->p)
		return broken();
	*len = (size_t)(nul - raw->p);
	*path = gv_arena_copy(arena, raw->p, *len);
	raw->p = nul + 1;
	return *path ? 0 : GV_ENOMEM;
}

/* The letter, and the two digits or three behind it. */
static int
take_status(struct raw *raw, struct gv_diff_change *c)
{
	c->status = *raw->p++;
	if (strchr("ADMTRC", c->status) == NULL || c->status == '\0')
		return broken();
	while (raw->p < raw->end && *raw->p >= '0' && *raw->p <= '9' &&
	    c->score <= 100)
		c->score = c->score * 10 + (unsigned)(*raw->p++ - '0');
	if (raw->p == raw->end || *raw->p++ != '\0')
		return broken();
	return 0;
}

static int
take_change(struct raw *raw, struct gv_diff *diff, struct gv_diff_change *c)
{
	const char *p = raw->p;
	int r;

	if (raw->end - p < FIXED + 2 || p[0] != ':' ||
	    parse_mode(&c->old_mode, p + 1) < 0 ||
	    parse_mode(&c->new_mode, p + 8) < 0 ||
	    gv_oid_parse(&c->old_oid, p + 15) < 0 || p[55] != ' ' ||
	    gv_oid_parse(&c->new_oid, p + 56) < 0 || p[96] != ' ')
		return broken();
	raw->p += FIXED;
	if ((r = take_status(raw, c)) == 0)
		r = take_path(raw, &diff->arena, &c->path, &c->path_len);
	if (r < 0 || (c->status != 'R' && c->status != 'C'))
		return r;
	c->old_path = c->path;
	c->old_path_len = c->path_len;
	return take_path(raw, &diff->arena, &c->path, &c->path_len);
}

static void
count(struct gv_diff *diff, char status)
{
	switch (status) {
	case 'A':
	case 'C':
		diff->added++;
		break;
	case 'D':
		diff->removed++;
		break;
	case 'R':
		diff->renamed++;
		break;
	default:
		diff->modified++;
	}
}

int
gv_diff_parse_raw(struct gv_diff *diff, const char *text, size_t len)
{
	struct raw raw = { text, text + len };
	int r = 0;

	while (r == 0 && raw.p < raw.end) {
		struct gv_diff_change c = { 0 };

		if ((r = take_change(&raw, diff, &c)) == 0)
			r = gv_vec_grow((void **)&diff->changes, &diff->cap,
			    diff->n + 1, sizeof(c));
		if (r < 0)
			break;
		diff->changes[diff->n++] = c;
		count(diff, c.status);
	}
	return r;
}
