#include "view/pick.h"

#include <limits.h>
#include <string.h>

#include <cre2.h>

#include "base/err.h"
#include "base/linediff.h"

/* Of these a NUL makes a file binary, as for git. */
#define LOOKED_AT 8000

static int
compile(struct gv_pick *p, const char *regex)
{
	cre2_options_t *opt = cre2_opt_new();
	int r = 0;

	if (opt == NULL)
		return gv_err_nomem();
	cre2_opt_set_log_errors(opt, 0);
	/* bytes, since a file may be in any encoding */
	cre2_opt_set_encoding(opt, CRE2_Latin1);
	p->regex = cre2_new(regex, (int)strlen(regex), opt);
	cre2_opt_delete(opt);
	if (p->regex == NULL)
		return gv_err_nomem();
	if (cre2_error_code(p->regex)) {
		r = gv_err(GV_EUSAGE, "-G needs a regular expression: %s",
		    cre2_error_string(p->regex));
		gv_pick_release(p);
	}
	return r;
}

int
gv_pick_init(struct gv_pick *p, const char *string, const char *regex)
{
	memset(p, 0, sizeof(*p));
	if (string) {
		p->string = string;
		p->len = strlen(string);
		return p->len
		    ? 0
		    : gv_err(GV_EUSAGE, "-S needs a string that is not empty");
	}
	return compile(p, regex);
}

void
gv_pick_release(struct gv_pick *p)
{
	if (p->regex)
		cre2_delete(p->regex);
	memset(p, 0, sizeof(*p));
}

/* ---- a string ------------------------------------------------------------ */

static size_t
count(const struct gv_pick *p, const char *text, size_t len)
{
	const char *end = text + len, *at = text;
	size_t n = 0;

	while (at < end &&
	    (at = memmem(at, (size_t)(end - at), p->string, p->len)) != NULL) {
		at += p->len;
		n++;
	}
	return n;
}

/* ---- changed lines ------------------------------------------------------- */

struct lines {
	const struct gv_pick *pick;
	bool came, went;
};

static int
skip_hunk(void *ctx, const struct gv_linediff_hunk *h)
{
	(void)ctx, (void)h;
	return 0;
}

static bool
matches(const struct gv_pick *p, const char *line, size_t len)
{
	const int n = len < INT_MAX ? (int)len : INT_MAX;

	/* without a copy, so that there is none of a secret */
	return cre2_match(p->regex, line, n, 0, n, CRE2_UNANCHORED, NULL, 0) ==
	    1;
}

static int
look_at(void *ctx, char sign, const char *line, size_t len, bool is_cut)
{
	struct lines *l = ctx;

	(void)is_cut;
	if (sign == '+' && !l->came)
		l->came = matches(l->pick, line, len);
	else if (sign == '-' && !l->went)
		l->went = matches(l->pick, line, len);
	/* enough is known */
	return l->came && l->went ? GV_EEXISTS : 0;
}

static bool
is_binary(const char *text, size_t len)
{
	len = len < LOOKED_AT ? len : LOOKED_AT;
	return len && memchr(text, '\0', len) != NULL;
}

static int
judge_lines(enum gv_pick_found *out, const struct gv_pick *p, const char *old,
    size_t old_len, const char *new, size_t new_len)
{
	struct lines l = { .pick = p };
	const struct gv_linediff_to to = { skip_hunk, look_at, &l };
	int r;

	if (is_binary(old, old_len) || is_binary(new, new_len))
		return 0;
	r = gv_linediff(&to, old, old_len, new, new_len, 0);
	if (r < 0 && r != GV_EEXISTS)
		return r;
	*out = l.came && l.went ? GV_PICK_BOTH
	    : l.came            ? GV_PICK_MORE
	    : l.went            ? GV_PICK_LESS
				: GV_PICK_NO;
	return 0;
}

int
gv_pick_judge(enum gv_pick_found *out, const struct gv_pick *p, const char *old,
    size_t old_len, const char *new, size_t new_len)
{
	size_t before, now;

	*out = GV_PICK_NO;
	if (p->string == NULL)
		return judge_lines(out, p, old, old_len, new, new_len);
	before = count(p, old, old_len);
	now = count(p, new, new_len);
	if (before != now)
		*out = now > before ? GV_PICK_MORE : GV_PICK_LESS;
	return 0;
}
