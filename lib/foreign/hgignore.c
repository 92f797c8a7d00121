#include "foreign/hgignore.h"

#include <stdlib.h>
#include <string.h>

#include <cre2.h>

#include "base/err.h"
#include "base/lines.h"
#include "base/map.h"
#include "base/vec.h"
#include "worktree/ignore.h"

#define MAX_FILES 100u   /* that include each other */
#define MAX_RULES 10000u /* more are nobody's honest work */
/* bytes of what a rule is compiled to, and of what all of a folder are */
#define MAX_RULE ((int64_t)1024 * 1024)
#define MAX_ALL  ((int64_t)64 * 1024 * 1024)
#define STEP     16 /* of these, bytes that a step of a rule takes */

struct gv_hgignore_rule {
	char *regex; /* searched from the beginning of the path */
	char *written, *source, *below;
	unsigned line;
	cre2_regexp_t *alone;
	/* of the first rule of a folder: it and all the others there; NULL
	 * where they are too many for one */
	cre2_regexp_t *all;
	bool is_first;
};

enum kind { RE, GLOB, ROOT_GLOB, INCLUDE, SUBINCLUDE };

static const struct {
	const char *word;
	enum kind kind;
} kinds[] = { { "relre", RE }, { "regexp", RE }, { "re", RE },
	{ "relglob", GLOB }, { "glob", GLOB }, { "rootglob", ROOT_GLOB },
	{ "include", INCLUDE }, { "subinclude", SUBINCLUDE } };

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* ---- globs --------------------------------------------------------------- */

static void
escape(struct gv_buf *out, char c)
{
	const bool is_plain = (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	    (unsigned char)c >= 0x80;

	if (!is_plain)
		gv_buf_addch(out, '\\');
	gv_buf_addch(out, c);
}

/* "[...]"; how much of the glob that was, or 0 where nothing ends it. */
static size_t
add_set(struct gv_buf *out, const char *p, const char *end)
{
	const char *from = p, *to = p;

	if (to < end && (*to == '!' || *to == ']'))
		to++;
	while (to < end && *to != ']')
		to++;
	if (to == end)
		return 0;
	gv_buf_addch(out, '[');
	if (*from == '!') {
		gv_buf_addch(out, '^');
		from++;
	} else if (*from == '^' || *from == ']') {
		gv_buf_addch(out, '\\');
	}
	for (; from < to; from++) {
		if (*from == '\\' || *from == '[')
			gv_buf_addch(out, '\\');
		gv_buf_addch(out, *from);
	}
	gv_buf_addch(out, ']');
	return (size_t)(to - p) + 1;
}

static const char *
add_stars(struct gv_buf *out, const char *p, const char *end)
{
	if (p == end || *p != '*') {
		gv_buf_addstr(out, "[^/]*");
		return p;
	}
	p++;
	if (p < end && *p == '/') {
		gv_buf_addstr(out, "(?:.*/)?");
		return p + 1;
	}
	gv_buf_addstr(out, ".*");
	return p;
}

void
gv_hgignore_glob(struct gv_buf *out, const char *glob, size_t len)
{
	const char *p = glob, *end = glob + len;
	unsigned depth = 0;
	size_t n;

	while (p < end) {
		const char c = *p++;

		if (c == '*') {
			p = add_stars(out, p, end);
		} else if (c == '?') {
			gv_buf_addch(out, '.');
		} else if (c == '[' && (n = add_set(out, p, end)) > 0) {
			p += n;
		} else if (c == '{') {
			depth++;
			gv_buf_addstr(out, "(?:");
		} else if (c == '}' && depth) {
			depth--;
			gv_buf_addch(out, ')');
		} else if (c == ',' && depth) {
			gv_buf_addch(out, '|');
		} else if (c == '\\' && p < end) {
			escape(out, *p++);
		} else {
			escape(out, c);
		}
	}
}

/* ---- lines --------------------------------------------------------------- */

/* Without a comment, and blanks at its end; "\#" is a '#'. */
static void
strip(struct gv_buf *out, const char *line, size_t len)
{
	size_t i, slashes = 0;

	for (i = 0; i < len; i++) {
		if (line[i] == '#' && slashes % 2 == 0)
			break;
		if (line[i] == '#')
			gv_buf_truncate(out, out->len - 1);
		slashes = line[i] == '\\' ? slashes + 1 : 0;
		gv_buf_addch(out, line[i]);
	}
	while (out->len && strchr(" \t\r\v\f", out->p[out->len - 1]))
		gv_buf_truncate(out, out->len - 1);
}

/* "glob:" before a pattern: how long it is, or 0. */
static size_t
take_kind(enum kind *kind, const char *line)
{
	size_t i, n;

	for (i = 0; i < KINDS; i++) {
		n = strlen(kinds[i].word);
		if (strncmp(line, kinds[i].word, n) == 0 && line[n] == ':') {
			*kind = kinds[i].kind;
			return n + 1;
		}
	}
	return 0;
}

static void
take_syntax(struct gv_hgignore *h, enum kind *kind, const char *word)
{
	size_t i;

	for (; *word == ' ' || *word == '\t'; word++)
		;
	for (i = 0; i < KINDS; i++)
		if (strcmp(kinds[i].word, word) == 0) {
			*kind = kinds[i].kind;
			return;
		}
	h->is_strange = true;
}

static int
add_rule(struct gv_hgignore *h, enum kind kind, const char *pattern,
    const struct gv_hgignore_rule *from)
{
	struct gv_buf regex = GV_BUF_INIT;
	struct gv_hgignore_rule *rule;

	if (h->n == MAX_RULES) {
		h->is_strange = true;
		return 0;
	}
	if (kind == RE) {
		/* hg matches from the beginning, with ".*" before all others */
		gv_buf_addf(
		    &regex, *pattern == '^' ? "^(?:%s)" : "(?:%s)", pattern);
	} else {
		gv_buf_addstr(&regex, kind == GLOB ? "(?:^|/)" : "^");
		gv_hgignore_glob(&regex, pattern, strlen(pattern));
		gv_buf_addstr(&regex, "(?:/|$)");
	}
	if (gv_buf_check(&regex) < 0 || GV_GROW(h->rules, h->n, h->cap) < 0) {
		gv_buf_release(&regex);
		return GV_ENOMEM;
	}
	rule = &h->rules[h->n++];
	*rule = (struct gv_hgignore_rule){ .regex = gv_buf_take(&regex),
		.written = strdup(pattern),
		.source = strdup(from->source),
		.below = strdup(from->below),
		.line = from->line };
	return rule->regex && rule->written && rule->source && rule->below
	    ? 0
	    : gv_err_nomem();
}

/* An included file is named from the top that its rules hold in; those of
 * "subinclude" hold in its own folder. A file of the working copy, which may
 * have come from anybody, names none elsewhere. */
static int
include(struct gv_hgignore *h, enum kind kind, const char *name,
    const struct gv_hgignore_rule *from)
{
	const char *above = from->below;
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	struct gv_buf below = GV_BUF_INIT;
	const char *slash;
	int r;

	if (h->n_files == MAX_FILES || (*name == '/' && *from->source != '/')) {
		h->is_strange = true;
		return 0;
	}
	if (*name != '/')
		gv_buf_addstr(&path, above);
	gv_buf_addstr(&path, name);
	slash = strrchr(path.p, '/');
	if (kind == INCLUDE)
		gv_buf_addstr(&below, above);
	else if (slash)
		gv_buf_add(&below, path.p, (size_t)(slash - path.p) + 1);
	if ((r = gv_buf_check(&path)) < 0 || (r = gv_buf_check(&below)) < 0)
		goto out;
	r = h->read ? h->read(h->ctx, &text, path.p) : GV_ENOTFOUND;
	if (r == 0)
		r = gv_hgignore_add(h, text.p, text.len, path.p, below.p);
	else if (r == GV_ENOTFOUND)
		r = 0; /* hg, too, goes on without it */
	else if (r == GV_EREFUSED) {
		h->is_strange = true;
		r = 0;
	}
out:
	gv_buf_release(&path);
	gv_buf_release(&text);
	gv_buf_release(&below);
	return r;
}

int
gv_hgignore_add(struct gv_hgignore *h, const char *text, size_t len,
    const char *source, const char *below)
{
	struct gv_hgignore_rule from = { .source = (char *)source,
		.below = (char *)below };
	struct gv_buf stripped = GV_BUF_INIT;
	const char *p = text, *line;
	enum kind syntax = RE, kind;
	size_t n;
	int r = 0;

	if (h->n_files == MAX_FILES) {
		h->is_strange = true;
		return 0;
	}
	h->n_files++;
	h->sum = gv_map_hash(text, len) ^ gv_map_hash(below, strlen(below)) ^
	    h->sum * 31;
	while (r == 0 && gv_lines_next(&line, &n, &p, text + len)) {
		from.line++;
		gv_buf_reset(&stripped);
		strip(&stripped, line, n);
		if ((r = gv_buf_check(&stripped)) < 0 || stripped.len == 0)
			continue;
		if (strncmp(stripped.p, "syntax:", 7) == 0) {
			take_syntax(h, &syntax, stripped.p + 7);
			continue;
		}
		kind = syntax;
		n = take_kind(&kind, stripped.p);
		r = kind == INCLUDE || kind == SUBINCLUDE
		    ? include(h, kind, stripped.p + n, &from)
		    : add_rule(h, kind, stripped.p + n, &from);
	}
	gv_buf_release(&stripped);
	return r;
}

/* ---- matching ------------------------------------------------------------ */

/* 0, with NULL where it is no expression that RE2 knows; or GV_ENOMEM. */
static int
compile(cre2_regexp_t **out, const char *text, size_t len, int64_t most)
{
	cre2_options_t *opt = cre2_opt_new();

	*out = NULL;
	if (opt == NULL)
		return gv_err_nomem();
	cre2_opt_set_log_errors(opt, 0);
	/* bytes, as for hg */
	cre2_opt_set_encoding(opt, CRE2_Latin1);
	cre2_opt_set_max_mem(opt, most);
	*out = cre2_new(text, (int)len, opt);
	cre2_opt_delete(opt);
	if (*out == NULL)
		return gv_err_nomem();
	if (cre2_error_code(*out)) {
		cre2_delete(*out);
		*out = NULL;
	}
	return 0;
}

static bool
is_of(const struct gv_hgignore_rule *rule, const char *below)
{
	return rule->alone && strcmp(rule->below, below) == 0;
}

/* One expression for all rules of a folder: as quick as a single one. */
static int
join(struct gv_hgignore *h, size_t first)
{
	struct gv_hgignore_rule *rule = &h->rules[first];
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r;

	for (i = 0; i < first; i++)
		if (is_of(&h->rules[i], rule->below))
			return 0;
	rule->is_first = true;
	for (i = first; i < h->n; i++)
		if (is_of(&h->rules[i], rule->below))
			gv_buf_addf(&text, "%s%s", text.len ? "|" : "",
			    h->rules[i].regex);
	if ((r = gv_buf_check(&text)) == 0)
		r = compile(&rule->all, text.p, text.len, MAX_ALL);
	gv_buf_release(&text);
	return r;
}

int
gv_hgignore_compile(struct gv_hgignore *h)
{
	int64_t left = MAX_ALL / STEP;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < h->n; i++) {
		cre2_regexp_t **re = &h->rules[i].alone;

		r = compile(
		    re, h->rules[i].regex, strlen(h->rules[i].regex), MAX_RULE);
		left -= *re ? cre2_program_size(*re) : 0;
		if (*re && left < 0) {
			cre2_delete(*re);
			*re = NULL;
		}
		h->is_strange |= *re == NULL;
	}
	for (i = 0; r == 0 && i < h->n; i++)
		if (h->rules[i].alone)
			r = join(h, i);
	return r;
}

/* A rule may match a folder above the path, and need not match the path. */
static bool
matches(const cre2_regexp_t *re, const char *path, size_t len)
{
	size_t n;

	for (n = 1; n <= len; n++)
		if ((n == len || path[n] == '/') &&
		    cre2_match(
			re, path, (int)n, 0, (int)n, CRE2_UNANCHORED, NULL, 0))
			return true;
	return false;
}

static const struct gv_hgignore_rule *
find(const struct gv_hgignore *h, const struct gv_hgignore_rule *first,
    const char *path, size_t len)
{
	const struct gv_hgignore_rule *rule = first;

	for (; rule < h->rules + h->n; rule++)
		if (is_of(rule, first->below) &&
		    matches(rule->alone, path, len))
			return rule;
	return NULL;
}

bool
gv_hgignore_match(const struct gv_hgignore *h, const char *path, size_t len,
    struct gv_ignore_why *why)
{
	const struct gv_hgignore_rule *rule, *found;
	size_t i, n;

	for (i = 0; i < h->n; i++) {
		rule = &h->rules[i];
		n = rule->is_first ? strlen(rule->below) : 0;
		if (!rule->is_first || len <= n ||
		    memcmp(path, rule->below, n) != 0 ||
		    (rule->all && !matches(rule->all, path + n, len - n)))
			continue;
		found = why || rule->all == NULL
		    ? find(h, rule, path + n, len - n)
		    : rule;
		if (found == NULL)
			continue;
		if (why)
			*why = (struct gv_ignore_why){ found->source,
				found->line, found->written };
		return true;
	}
	return false;
}

void
gv_hgignore_release(struct gv_hgignore *h)
{
	size_t i;

	for (i = 0; i < h->n; i++) {
		struct gv_hgignore_rule *rule = &h->rules[i];

		free(rule->regex);
		free(rule->written);
		free(rule->source);
		free(rule->below);
		if (rule->alone)
			cre2_delete(rule->alone);
		if (rule->all)
			cre2_delete(rule->all);
	}
	free(h->rules);
	memset(h, 0, sizeof(*h));
}
