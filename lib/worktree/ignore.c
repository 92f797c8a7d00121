#include "worktree/ignore.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "base/vec.h"

/*
 * Nearly every pattern that people write is a plain name, "*.ext", "name*" or
 * a plain path. Each becomes a comparison when the level is made: plain names
 * stand in a hash table, the others in a list that is walked from its end; a
 * real wildcard match is the last resort. A pattern's place in the file is
 * its index, and the highest one that matches decides.
 */
enum how {
	HOW_NAME,      /* the last component is this */
	HOW_SUFFIX,    /* it ends with this */
	HOW_PREFIX,    /* it begins with this */
	HOW_NAME_GLOB, /* it matches this */
	HOW_PATH,      /* the path below the level's directory is this */
	HOW_PATH_GLOB, /* it matches this */
};

struct pattern {
	const char *text;
	uint32_t len;
	uint32_t literal; /* HOW_PATH_GLOB: bytes before the first wildcard */
	uint32_t next;    /* 1 + an earlier HOW_NAME of the same hash, or 0 */
	unsigned line;
	const char *written;
	uint8_t how;
	bool negated, dir_only;
	char edge; /* HOW_SUFFIX: last byte, lower case */
};

struct gv_ignore_level {
	const struct gv_ignore_level *parent;
	char *source;
	char *text;   /* the file; patterns point into it */
	size_t below; /* where paths begin behind the directory's name */
	bool icase;
	struct pattern *patterns;
	size_t n, cap;
	uint32_t *others; /* the patterns that are no HOW_NAME, ascending */
	size_t n_others;
	uint32_t *heads; /* hash table: 1 + the last HOW_NAME, or 0 */
	uint32_t mask;   /* its size less one; a power of two */
};

/* The path that is judged, with what every level asks of it. */
struct question {
	const char *path, *name;
	size_t len, name_len;
	bool is_dir;
	uint32_t hash;
};

static char
fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool
is_equal(const char *a, const char *b, size_t len, bool icase)
{
	size_t i;

	if (!icase)
		return memcmp(a, b, len) == 0;
	for (i = 0; i < len; i++)
		if (fold(a[i]) != fold(b[i]))
			return false;
	return true;
}

/* Equal for names that differ in case only. */
static uint32_t
hash_name(const char *name, size_t len)
{
	uint32_t h = (uint32_t)len;
	size_t i;

	for (i = 0; i < len; i++)
		h = (h ^ ((unsigned char)name[i] | 0x20u)) * 0x01000193u;
	return h ^ (h >> 15);
}

static unsigned
glob_flags(bool icase, bool pathname)
{
	return (icase ? GV_GLOB_ICASE : 0u) |
	    (pathname ? GV_GLOB_PATHNAME : 0u);
}

/* Where the line ends once blanks are off that no backslash protects. */
static size_t
trimmed_len(const char *line, size_t len)
{
	size_t i, end = 0;

	for (i = 0; i < len; i++) {
		if (line[i] == ' ')
			continue;
		if (line[i] == '\\')
			i++;
		end = i + 1;
	}
	return end < len ? end : len;
}

/* A pattern without a slash, judged against the last component. */
static void
compile_name(struct pattern *p)
{
	size_t literal = gv_glob_literal_len(p->text, p->len);

	if (literal == p->len) {
		p->how = HOW_NAME;
	} else if (*p->text == '*' &&
	    gv_glob_literal_len(p->text + 1, p->len - 1) == p->len - 1) {
		p->how = HOW_SUFFIX;
		p->text++;
		p->len--;
		p->edge = p->len ? fold(p->text[p->len - 1]) : '\0';
	} else if (literal == p->len - 1 && p->text[literal] == '*') {
		p->how = HOW_PREFIX;
		p->len--;
	} else {
		p->how = HOW_NAME_GLOB;
	}
}

/* A pattern with a slash, judged against the path below the directory. */
static void
compile_path(struct pattern *p)
{
	const char *rest;
	size_t stars = 0;

	if (*p->text == '/') {
		p->text++;
		p->len--;
	}
	while (stars < p->len && p->text[stars] == '*')
		stars++;
	rest = p->text + stars;
	if (stars >= 2 && stars + 1 < p->len && *rest == '/' &&
	    memchr(rest + 1, '/', p->len - stars - 1) == NULL) {
		/* a name at any depth: the directories do not matter */
		p->text = rest + 1;
		p->len -= (uint32_t)stars + 1;
		compile_name(p);
		return;
	}
	p->literal = (uint32_t)gv_glob_literal_len(p->text, p->len);
	p->how = p->literal == p->len ? HOW_PATH : HOW_PATH_GLOB;
}

/* Turn a line into a pattern; false where it could match nothing. */
static bool
compile(struct pattern *p, const char *line, size_t len)
{
	if (len && *line == '!') {
		p->negated = true;
		line++;
		len--;
	}
	if (len && line[len - 1] == '/') {
		p->dir_only = true;
		len--;
	}
	if (len == 0)
		return false;
	p->text = line;
	p->len = (uint32_t)len;
	if (memchr(line, '/', len))
		compile_path(p);
	else
		compile_name(p);
	return p->len > 0 || p->how == HOW_SUFFIX;
}

static int
add_line(struct gv_ignore_level *l, char *line, size_t len, unsigned number)
{
	struct pattern p = { .line = number, .written = line };
	const char *nul = memchr(line, '\0', len);

	/* as for git, a NUL ends the pattern */
	len = trimmed_len(line, nul ? (size_t)(nul - line) : len);
	if (!compile(&p, line, len))
		return 0;
	line[len] = '\0';
	if (gv_vec_grow((void **)&l->patterns, &l->cap, l->n + 1, sizeof(p)) <
	    0)
		return GV_ENOMEM;
	l->patterns[l->n++] = p;
	return 0;
}

/* `text` has one byte of room behind its `len` bytes. */
static int
add_lines(struct gv_ignore_level *l, char *text, size_t len)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };
	unsigned number = 1;
	size_t at = 0, n;
	int r = 0;

	if (len >= sizeof(mark) && memcmp(text, mark, sizeof(mark)) == 0)
		at = sizeof(mark);
	for (; r == 0 && at < len; at += n + 1, number++) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line_len;

		n = end ? (size_t)(end - text) - at : len - at;
		line_len = n && text[at + n - 1] == '\r' ? n - 1 : n;
		if (n && text[at] != '#')
			r = add_line(l, text + at, line_len, number);
	}
	return r;
}

static int
build_table(struct gv_ignore_level *l)
{
	size_t i, size = 1;

	while (size < 2 * l->n)
		size *= 2;
	l->mask = (uint32_t)size - 1;
	l->heads = calloc(size, sizeof(*l->heads));
	l->others = calloc(l->n + 1, sizeof(*l->others));
	if (l->heads == NULL || l->others == NULL)
		return gv_err_nomem();
	for (i = 0; i < l->n; i++) {
		struct pattern *p = &l->patterns[i];
		uint32_t *head;

		if (p->how != HOW_NAME) {
			l->others[l->n_others++] = (uint32_t)i;
			continue;
		}
		head = &l->heads[hash_name(p->text, p->len) & l->mask];
		p->next = *head;
		*head = (uint32_t)i + 1;
	}
	return 0;
}

int
gv_ignore_level_new(struct gv_ignore_level **out,
    const struct gv_ignore_level *parent, size_t dir_len,
    const struct gv_ignore_file *file)
{
	struct gv_ignore_level *l;
	int r;

	if (file->len >= UINT32_MAX)
		return gv_err(GV_ENOMEM, "%s: %zu bytes of ignore rules",
		    file->source, file->len);
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return gv_err_nomem();
	l->parent = parent;
	l->below = dir_len ? dir_len + 1 : 0;
	l->icase = file->icase;
	l->source = strdup(file->source);
	l->text = malloc(file->len + 1);
	if (l->source == NULL || l->text == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	if (file->len)
		memcpy(l->text, file->text, file->len);
	if ((r = add_lines(l, l->text, file->len)) == 0)
		r = build_table(l);
out:
	if (r < 0)
		gv_ignore_level_free(l);
	else
		*out = l;
	return r;
}

void
gv_ignore_level_free(struct gv_ignore_level *l)
{
	if (l == NULL)
		return;
	free(l->source);
	free(l->text);
	free(l->patterns);
	free(l->others);
	free(l->heads);
	free(l);
}

/* A path pattern with wildcards. What stands before the first of them is
 * compared and cut off both, and the rest is matched as if nothing had stood
 * before it: so does git, for which "a" "**" "/b" therefore is not what
 * gitignore(5) says. */
static bool
path_matches(const struct gv_ignore_level *l, const struct pattern *p,
    const char *path, size_t len)
{
	if (len < p->literal || !is_equal(path, p->text, p->literal, l->icase))
		return false;
	return gv_glob_match(p->text + p->literal, p->len - p->literal,
	    path + p->literal, len - p->literal, glob_flags(l->icase, true));
}

static bool
matches(const struct gv_ignore_level *l, const struct pattern *p,
    const struct question *q)
{
	const char *path = q->path + l->below;
	size_t len = q->len - l->below;

	switch (p->how) {
	case HOW_NAME:
		return p->len == q->name_len &&
		    is_equal(q->name, p->text, p->len, l->icase);
	case HOW_SUFFIX:
		return p->len == 0 ||
		    (p->len <= q->name_len &&
			p->edge == fold(q->path[q->len - 1]) &&
			is_equal(q->path + q->len - p->len, p->text, p->len,
			    l->icase));
	case HOW_PREFIX:
		return p->len <= q->name_len &&
		    is_equal(q->name, p->text, p->len, l->icase);
	case HOW_NAME_GLOB:
		return gv_glob_match(p->text, p->len, q->name, q->name_len,
		    glob_flags(l->icase, false));
	case HOW_PATH:
		return p->len == len && is_equal(path, p->text, len, l->icase);
	default:
		return path_matches(l, p, path, len);
	}
}

/* The last pattern of this level that matches, or NULL. */
static const struct pattern *
find(const struct gv_ignore_level *l, const struct question *q)
{
	const struct pattern *found = NULL, *p;
	uint32_t i;
	size_t k;

	for (i = l->heads[q->hash & l->mask]; i && !found; i = p->next) {
		p = &l->patterns[i - 1];
		if ((q->is_dir || !p->dir_only) && matches(l, p, q))
			found = p;
	}
	for (k = l->n_others; k > 0; k--) {
		p = &l->patterns[l->others[k - 1]];
		if (found && p < found)
			break;
		if ((q->is_dir || !p->dir_only) && matches(l, p, q))
			return p;
	}
	return found;
}

enum gv_ignore_verdict
gv_ignore_match(const struct gv_ignore_level *level, const char *path,
    size_t len, size_t name_at, bool is_dir, struct gv_ignore_why *why)
{
	struct question q = { .path = path,
		.name = path + name_at,
		.len = len,
		.name_len = len - name_at,
		.is_dir = is_dir };
	const struct pattern *p = NULL;

	q.hash = hash_name(q.name, q.name_len);
	for (; level && !p; level = level->parent) {
		/* a path that is not below the directory is not its to judge */
		if (len <= level->below ||
		    (level->below && path[level->below - 1] != '/'))
			continue;
		p = find(level, &q);
		if (p && why)
			*why = (struct gv_ignore_why){ level->source, p->line,
				p->written };
	}
	if (p == NULL)
		return GV_IGNORE_UNDECIDED;
	return p->negated ? GV_IGNORE_INCLUDED : GV_IGNORE_IGNORED;
}

/* "a/b" may include what is below "a", and so may "a/b" with a wildcard. */
static bool
leads_below(const struct gv_ignore_level *l, const struct pattern *p,
    const char *path, size_t len)
{
	size_t literal = p->how == HOW_PATH ? p->len : p->literal;

	return p->negated && (p->how == HOW_PATH || p->how == HOW_PATH_GLOB) &&
	    literal > len && p->text[len] == '/' &&
	    is_equal(path, p->text, len, l->icase);
}

bool
gv_ignore_may_include(
    const struct gv_ignore_level *level, const char *path, size_t len)
{
	size_t k;

	for (; level; level = level->parent) {
		if (len <= level->below ||
		    (level->below && path[level->below - 1] != '/'))
			continue;
		for (k = 0; k < level->n_others; k++)
			if (leads_below(level,
				&level->patterns[level->others[k]],
				path + level->below, len - level->below))
				return true;
	}
	return false;
}
